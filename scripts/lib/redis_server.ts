// Redis servers of our own, on unix sockets.

import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { lines } from "./lines.ts";

/** Runs Redis until its standard input ends, and so no longer than the process that started it. Prints its process id. */
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

/** A Redis server as a process. */
export interface RedisProcess extends AsyncDisposable {
  readonly pid: number;
}

/** Starts Redis on a unix socket, its files beside the socket, and waits until it listens. */
export async function startRedisAt(path: string, ...options: readonly string[]): Promise<RedisProcess> {
  const guard = new Deno.Command("sh", {
    args: ["-c", GUARD, "sh", "--unixsocket", path, "--dir", dirname(path), ...options],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    // A Ctrl-C in the terminal is for the program that started it.
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

/** A Redis server that other programs may use too. */
export interface SharedRedis extends AsyncDisposable {
  /** The path of its socket, or its URL. */
  readonly path: string;
}

/** The signals that a server can be sent. */
export type RedisSignal = "SIGKILL" | "SIGSTOP" | "SIGCONT";

/** A Redis server that only its starter uses. */
export interface RedisServer extends SharedRedis {
  /** Whether the process exists, stopped or not. */
  readonly alive: boolean;
  /** Sends a signal. With `SIGKILL`, waits until the process has ended. */
  kill(signal: RedisSignal): Promise<void>;
  /** Starts the server again after `SIGKILL`. */
  restart(): Promise<void>;
}

/** Starts a server in a temporary directory, which is removed with the server. */
export async function startRedis({ args = [] }: { args?: readonly string[] } = {}): Promise<RedisServer> {
  const directory = await Deno.makeTempDir({ prefix: "pubsub-redis-" });
  const path = `${directory}/redis.sock`;
  let process: RedisProcess | undefined;
  const server: RedisServer = {
    path,
    get alive() {
      return process !== undefined;
    },
    async kill(signal) {
      const killed = process;
      if (killed === undefined) return;
      if (signal !== "SIGKILL") return Deno.kill(killed.pid, signal);
      process = undefined;
      await killed[Symbol.asyncDispose]();
    },
    async restart() {
      process = await startRedisAt(path, ...args);
    },
    async [Symbol.asyncDispose]() {
      await server.kill("SIGKILL");
      await Deno.remove(directory, { recursive: true });
    },
  };
  await server.restart();
  return server;
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
