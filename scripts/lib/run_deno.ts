// Starts the Deno that runs the script, which need not be on the PATH.

/** Runs `deno` with `args`, its output going to ours, and returns its exit code. */
export async function runDeno(args: readonly string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), { args: [...args] }).spawn().status;
  return code;
}
