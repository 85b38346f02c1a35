// A NATS server as a process of its own.

import { lines } from "../scripts/lib/lines.ts";

/** Ends the server once the process that started it is gone. */
const GUARD = 'trap "" INT TERM HUP; "$@" & read -r _; kill -9 $!';

/** Starts `nats-server` on a free port of loopback. It ends with this process. */
export async function startNatsServer(): Promise<number> {
  const child = new Deno.Command("sh", {
    args: ["-c", GUARD, "sh", "nats-server", "-a", "127.0.0.1", "-p", "-1"],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  child.unref();
  for await (const line of lines(child.stderr)) {
    const port = /Listening for client connections on .*:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error("Cannot start nats-server: install it (on Debian: apt-get install -y nats-server)");
}
