import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { lines } from "../../../examples/_shared/lines.ts";

/** Runs Redis until it is told to end, or whoever started it has. Prints its process id. */
const GUARD = `
redis-server --port 0 --save "" --appendonly no "$@" >&2 &
echo $!
read -r _
kill -9 $!
wait
`;

const INSTALL =
  "Redis did not start: is redis-server installed? (On Debian: apt-get install -y redis-server)";
const START_MS = 10_000;

/** A Redis server of our own, on a unix socket. */
export interface Redis extends AsyncDisposable {
  readonly pid: number;
}

/** Starts Redis with more options if need be, and waits until it listens at a path, beside which its files are. */
export async function startRedis(path: string, ...options: readonly string[]): Promise<Redis> {
  const guard = new Deno.Command("sh", {
    args: ["-c", GUARD, "sh", "--unixsocket", path, "--dir", dirname(path), ...options],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    // A Ctrl-C in the terminal is for whoever started it.
    detached: true,
  }).spawn();
  const output = lines(guard.stdout);
  const { value } = await output.next();
  await output.return();
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
