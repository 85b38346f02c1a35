/** A program of a user in strict TypeScript. It is copied beside the installed package, and compiled there. */
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  filter,
  map,
  pipe,
  type PubSub,
  type Subscription,
} from "@alkdev/pubsub";
import {
  createRedisEventTarget,
  type CreateRedisEventTargetArgs,
  type RedisClient,
} from "@alkdev/pubsub/event-target-redis";

type Events = {
  "session.status": { state: "idle" | "running" };
  "call.responded": { ok: boolean };
};

export async function usePubSub(pubsub: PubSub<Events> = createPubSub<Events>()): Promise<string[]> {
  const statuses = pubsub.subscribe("session.status", "proj_123");
  // @ts-expect-error: no such state
  pubsub.publish("session.status", "proj_123", { state: "paused" });
  // @ts-expect-error: no such event type
  pubsub.subscribe("session.ended");
  const states: AsyncIterable<"idle" | "running"> = pipe(
    statuses,
    filter(({ id }) => id !== ""),
    map(({ payload }) => payload.state),
  );
  const seen: string[] = [];
  for await (const state of states) seen.push(state);
  const others: Subscription<{ readonly payload: { ok: boolean } }> = pubsub.subscribe("call.responded");
  await others[Symbol.asyncDispose]();
  return seen;
}

export function openEnds(url: string): void {
  const hub = createWebSocketServerEventTarget({ maxConnections: 1 });
  const socket = new WebSocket(url);
  hub.addConnection(socket);
  createPubSub<Events>({ eventTarget: createWebSocketClientEventTarget(socket) });
}

export function openRedis(publishClient: RedisClient, subscribeClient: RedisClient): void {
  const args: CreateRedisEventTargetArgs = {
    publishClient,
    subscribeClient,
    serializer: { stringify: (value) => JSON.stringify(value), parse: (message) => message.trim() },
  };
  createRedisEventTarget(args);
  createRedisEventTarget({
    publishClient,
    subscribeClient,
    serializer: { stringify: (value) => JSON.stringify(value), parse: (message) => message.trim() },
  });
  createRedisEventTarget({
    publishClient,
    subscribeClient,
    serializer: {
      binary: true,
      stringify: (value) => new TextEncoder().encode(JSON.stringify(value)),
      parse: (message) => message.byteLength,
    },
  });
}
