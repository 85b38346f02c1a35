import { createInProcessEventTarget, type EventTargetOptions, type PubSubEventTarget } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { createMemoryHistory } from "@alkdev/pubsub/history";
// @ts-types="./ioredis.d.ts"
import { Redis } from "ioredis";
import type { Settings } from "./config.ts";
import type { HashClient } from "./live/neighbours.ts";

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
  const publishClient = new Redis(url, { lazyConnect: true, autoResendUnfulfilledCommands: false });
  const subscribeClient = publishClient.duplicate({ autoResendUnfulfilledCommands: true });
  const clients = [publishClient, subscribeClient];
  // Reported by the event target.
  for (const client of clients) client.on("error", () => {});
  await Promise.all(clients.map((client) => client.connect())).catch((error) => {
    for (const client of clients) client.disconnect();
    throw new Error(`Cannot connect to the Redis at ${shown(url)}`, { cause: error });
  });
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
  return URL.canParse(url) ? new URL(url).host : "the given address";
}
