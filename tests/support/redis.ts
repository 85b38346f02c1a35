/** Real Redis servers on unix sockets, each in its own directory, and event targets over them. */
// @ts-types="./ioredis.d.ts"
import { Redis as Redis5 } from "ioredis";
// @ts-types="./ioredis.d.ts"
import { Redis as Redis6 } from "ioredis6";
// @ts-types="./ioredis.d.ts"
import { Redis as Valkey } from "iovalkey";
import {
  createRedisEventTarget,
  type CreateRedisEventTargetArgs,
  type RedisSerializer,
} from "@alkdev/pubsub/event-target-redis";
import type { PubSubEventTarget } from "@alkdev/pubsub";
import type { Fault } from "./conformance/mod.ts";
import { type Redis as RedisProcess, startRedis as startProcess } from "../system/scale_out/redis.ts";
import { eventually } from "./eventually.ts";

/** The client libraries that the tests run on. */
export const LIBRARIES = { "ioredis 5": Redis5, "ioredis 6": Redis6, iovalkey: Valkey } as const;

/** A Redis server that other programs may use too. */
export interface SharedRedis extends AsyncDisposable {
  /** The path of its socket, or its URL. */
  readonly path: string;
}

/** The signals that tests send to a server. */
export type RedisSignal = "SIGKILL" | "SIGSTOP" | "SIGCONT";

/** A Redis server that only one test uses. */
export interface RedisServer extends SharedRedis {
  /** Whether the process exists, stopped or not. */
  readonly alive: boolean;
  /** Sends a signal. With `SIGKILL`, waits until the process has ended. */
  kill(signal: RedisSignal): Promise<void>;
  /** Starts the server again after `SIGKILL`. */
  restart(): Promise<void>;
}

/** Starts a server for one test. */
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
      process = await startProcess(path, ...args);
    },
    async [Symbol.asyncDispose]() {
      await server.kill("SIGKILL");
      await Deno.remove(directory, { recursive: true });
    },
  };
  await server.restart();
  return server;
}

/**
 * Returns the server at `REDIS_URL`, or starts one. For tests that neither end nor configure the server, and that use
 * a prefix of their own.
 */
export async function openServer(): Promise<SharedRedis> {
  const path = Deno.env.get("REDIS_URL");
  return path ? { path, [Symbol.asyncDispose]: () => Promise.resolve() } : await startRedis();
}

/** An event target and its clients. */
export interface OpenRedis extends AsyncDisposable {
  readonly target: PubSubEventTarget;
  readonly faults: Fault[];
  readonly publishClient: Redis5;
  readonly subscribeClient: Redis5;
}

/** The options of {@linkcode openRedis}. */
export interface OpenRedisOptions extends Partial<CreateRedisEventTargetArgs<RedisSerializer>> {
  /** Whether one client both publishes and subscribes. */
  readonly oneClient?: boolean;
  /** The paths that the clients connect to, if not the server's own. */
  readonly paths?: { readonly publish?: string; readonly subscribe?: string };
}

/** Opens an event target on a server. Its disposal disconnects the clients. */
export function openRedis(
  { path }: SharedRedis,
  library: keyof typeof LIBRARIES,
  { paths = {}, oneClient = false, ...options }: OpenRedisOptions = {},
): OpenRedis {
  const Client = LIBRARIES[library];
  const publishClient = new Client(paths.publish ?? path, { autoResendUnfulfilledCommands: false });
  const subscribeClient = oneClient ? publishClient : new Client(paths.subscribe ?? path);
  return openTarget({ ...options, publishClient, subscribeClient });
}

/** Opens an event target on clients, which its disposal disconnects. */
export function openTarget(
  { publishClient, subscribeClient, ...options }: TargetArgs,
): OpenRedis {
  const faults: Fault[] = [];
  const target = createRedisEventTarget({
    publishClient,
    subscribeClient,
    onError: (error, context) => void faults.push({ error, context }),
    ...options,
  });
  return {
    target,
    faults,
    publishClient,
    subscribeClient,
    async [Symbol.asyncDispose]() {
      await target.close();
      await disconnect(publishClient, subscribeClient);
    },
  };
}

interface TargetArgs extends CreateRedisEventTargetArgs<RedisSerializer> {
  readonly publishClient: Redis5;
  readonly subscribeClient: Redis5;
}

/** Sends a command on a new connection. */
export async function ask(
  { path }: SharedRedis,
  command: string,
  ...args: string[]
): Promise<unknown> {
  const client = new Redis5(path);
  try {
    return await client.call(command, ...args);
  } finally {
    await disconnect(client);
  }
}

/** Disconnects clients and waits for their `end` events. A client that waits to reconnect emits none. */
export async function disconnect(...clients: readonly Redis5[]): Promise<void> {
  const open = [...new Set(clients)].filter(({ status }) => status !== "end");
  const left = new Set(open.filter(({ status }) => status !== "reconnecting"));
  // After its end, the status of a Cluster returns to "close".
  for (const client of left) client.on("end", () => left.delete(client));
  for (const client of open) client.disconnect();
  await eventually(() => left.size === 0);
}
