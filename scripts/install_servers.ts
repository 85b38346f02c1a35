// Installs the servers that tests start themselves.

import { installProgram } from "./lib/install_debian_package.ts";

/** Installs redis-server on Debian as root. Elsewhere prints the command that does. */
export async function installRedis(): Promise<void> {
  await install("redis-server", "--version");
}

/** Installs nginx, in the same way. */
export async function installNginx(): Promise<void> {
  await install("nginx", "-v");
}

async function install(name: string, version: string): Promise<void> {
  if (await installProgram(name, [name, version])) return;
  console.error(`${name} is missing: install it (on Debian: apt-get install -y ${name})`);
}
