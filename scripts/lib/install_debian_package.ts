// Installs packages that tests need, where that needs no answer from the user: on Debian, as root.

/**
 * Installs a package of Debian. Does nothing on other systems or without root; the caller then prints how to install it.
 */
export async function installDebianPackage(name: string): Promise<void> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return;
  try {
    await aptGet("update");
    await aptGet("install", "-y", "--no-install-recommends", name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Installs the package of a program, unless a command that runs it succeeds. Returns whether it succeeds at the end. */
export async function installProgram(name: string, command: readonly string[]): Promise<boolean> {
  if (await succeeds(command)) return true;
  await installDebianPackage(name);
  return await succeeds(command);
}

async function succeeds([command = "", ...args]: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function aptGet(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("apt-get", {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) console.error(`apt-get ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
}
