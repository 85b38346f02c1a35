// What the tests need beyond Deno and npm is installed where that takes no question: on Debian, as root.

/**
 * Installs a package of Debian's. Does nothing elsewhere, nor without root; what needs the package says then how to
 * install it.
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
