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
import { type SharedRedis, startRedis } from "../../scripts/lib/redis_server.ts";
import { eventually } from "./eventually.ts";

export {
  type RedisServer,
  type RedisSignal,
  type SharedRedis,
  startRedis,
} from "../../scripts/lib/redis_server.ts";

/** The client libraries that the tests run on. */
export const LIBRARIES = { "ioredis 5": Redis5, "ioredis 6": Redis6, iovalkey: Valkey } as const;

/** Test options. ioredis keeps a timer for the end of a connection that has already ended, and one after long answers. */
export const LEAVES_TIMERS = { sanitizeOps: false, sanitizeResources: false } as const;

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
