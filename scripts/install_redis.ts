// The tests start servers of their own, which takes redis-server on the PATH.

/** Installs redis-server where that takes no question: on Debian, as root. Elsewhere says how to. */
export async function installRedis(): Promise<void> {
  if (await runs("redis-server", "--version")) return;
  if (Deno.uid() === 0 && await runs("apt-get", "--version")) {
    const installed = await runs("apt-get", "update") &&
      await runs("apt-get", "install", "-y", "--no-install-recommends", "redis-server");
    if (installed) return;
  }
  console.error("redis-server is missing: install it (on Debian: apt-get install -y redis-server)");
}

/** Whether a command is there and succeeds. */
async function runs(command: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, {
      args,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
