import { createInProcessEventTarget, type EventTargetOptions, type PubSubEventTarget } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { createMemoryHistory } from "@alkdev/pubsub/history";
// @ts-types="./ioredis.d.ts"
import { Redis } from "ioredis";
import type { Settings } from "./config.ts";
import type { HashClient } from "./live/neighbours.ts";

/** How long a Redis can take to answer at the start, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

/** The bus behind the hub, by which its spokes hear each other. */
export interface Bus extends AsyncDisposable {
  readonly eventTarget: PubSubEventTarget;
  /** The kind, for people. */
  readonly name: string;
  /** A client of its Redis, for other commands. */
  readonly redis?: HashClient;
}

/** Creates the bus: in this process, or in a Redis that several hubs share. */
export async function createBus(
  { redis: url, history }: Settings,
  options: EventTargetOptions,
): Promise<Bus> {
  if (url === undefined) return createOwnBus(history, options);
  const clients = createClients(url);
  await connect(clients).catch((cause) => {
    for (const client of clients) client.disconnect();
    throw new Error(`Cannot connect to the Redis at ${shown(url)}: ${messageOf(cause)}`, { cause });
  });
  const [publishClient, subscribeClient] = clients;
  const eventTarget = createRedisEventTarget({ publishClient, subscribeClient, history, ...options });
  return {
    eventTarget,
    name: `Redis at ${shown(url)}`,
    redis: publishClient,
    async [Symbol.asyncDispose]() {
      await eventTarget.close();
      for (const client of clients) client.disconnect();
    },
  };
}

function createClients(url: string): [publishClient: Redis, subscribeClient: Redis] {
  try {
    const client = new Redis(url, { lazyConnect: true, autoResendUnfulfilledCommands: false });
    return [client, client.duplicate({ autoResendUnfulfilledCommands: true })];
  } catch (cause) {
    throw new Error(`Cannot use the Redis at ${shown(url)}: ${messageOf(cause)}`, { cause });
  }
}

/** Connects. Rejects with the first error of a client, or if there is no answer. */
async function connect(clients: readonly Redis[]): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    // Later errors are reported by the event target.
    for (const client of clients) client.on("error", reject);
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`it is not ready after ${CONNECT_TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(error), CONNECT_TIMEOUT_MS);
  });
  try {
    await Promise.race([failed, late, Promise.all(clients.map((client) => client.connect()))]);
  } finally {
    clearTimeout(timer);
  }
}

function createOwnBus(history: Settings["history"], options: EventTargetOptions): Bus {
  const types = Object.keys(history);
  const eventTarget = createInProcessEventTarget({
    ...options,
    ...(types.length > 0 && { history: createMemoryHistory(history) }),
  });
  return {
    eventTarget,
    name: "in this process",
    [Symbol.asyncDispose]: () => eventTarget.close(),
  };
}

/** A URL without its password. */
function shown(url: string): string {
  return (URL.canParse(url) && new URL(url).host) || "the given address";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
