// Installs redis-server, which tests start themselves.

import { installDebianPackage } from "./lib/install_debian_package.ts";

/** Installs redis-server on Debian as root. Elsewhere prints the command that does. */
export async function installRedis(): Promise<void> {
  if (await isInstalled()) return;
  await installDebianPackage("redis-server");
  if (await isInstalled()) return;
  console.error("redis-server is missing: install it (on Debian: apt-get install -y redis-server)");
}

async function isInstalled(): Promise<boolean> {
  try {
    const redis = new Deno.Command("redis-server", { args: ["--version"], stdout: "null", stderr: "null" });
    return (await redis.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
