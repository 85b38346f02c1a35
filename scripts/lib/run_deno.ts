// Starts the same Deno that runs the script, which need not be on the PATH.

/** Runs `deno` with `args`, with inherited output, and returns its exit code. */
export async function runDeno(args: readonly string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), { args: [...args] }).spawn().status;
  return code;
}
