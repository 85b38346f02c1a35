import { setTimeout as delay } from "node:timers/promises";
import { lines } from "../_shared/lines.ts";

/** Runs Redis until it is told to end, or whoever started it has. Prints its process id. */
const GUARD = `
redis-server --port 0 --unixsocket "$1" --save "" --appendonly no >&2 &
echo $!
read -r _
kill -9 $! 2>/dev/null
rm -f "$1"
`;

const INSTALL =
  "Redis did not start: is redis-server installed? (On Debian: apt-get install -y redis-server)";
const START_MS = 10_000;

/** A Redis server of our own, on a unix socket. */
export interface Redis extends AsyncDisposable {
  readonly pid: number;
}

/** Starts Redis, and waits until it listens at a path. */
export async function startRedis(path: string): Promise<Redis> {
  const guard = new Deno.Command("sh", {
    args: ["-c", GUARD, "sh", path],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    // A Ctrl-C in the terminal is for whoever started it.
    detached: true,
  }).spawn();
  const { value } = await lines(guard.stdout).next();
  const redis = {
    pid: Number(value),
    async [Symbol.asyncDispose]() {
      await guard.stdin.close();
      await guard.status;
    },
  };
  try {
    await listening(path);
    return redis;
  } catch (cause) {
    await redis[Symbol.asyncDispose]();
    throw new Error(INSTALL, { cause });
  }
}

async function listening(path: string): Promise<void> {
  const until = performance.now() + START_MS;
  for (;;) {
    try {
      return (await Deno.connect({ transport: "unix", path })).close();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await delay(20);
  }
}
