/** A program of a user in strict TypeScript. It is copied beside the installed package, and compiled there. */
import {
  ConnectionLostError,
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  createWorkerHostEventTarget,
  filter,
  map,
  pipe,
  type PubSub,
  type Subscription,
  type WebSocketLike,
} from "@alkdev/pubsub";
import {
  createRedisEventTarget,
  type CreateRedisEventTargetArgs,
  type RedisClient,
} from "@alkdev/pubsub/event-target-redis";
import {
  observe,
  type OpenTelemetryApi,
  type OpenTelemetryMeter,
  type StopObserving,
  tracing,
} from "@alkdev/pubsub/opentelemetry";
import { defineEvents, type StandardSchema, type } from "@alkdev/pubsub/schemas";

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

export function openEnds(socket: WebSocketLike, signal: AbortSignal): void {
  const hub = createWebSocketServerEventTarget({ maxConnections: 1 });
  hub.addConnection(socket);
  const link = createWebSocketClientEventTarget(socket);
  link.addEventListener("call.responded:call_1", ({ detail }) => void detail, { once: true, signal });
  link.removeEventListener("call.responded:call_1", null, { capture: true });
  // @ts-expect-error: no such option
  link.addEventListener("call.responded", null, { onec: true });
  createPubSub<Events>({ eventTarget: link });
}

export function openThreads(): void {
  createWorkerHostEventTarget([], {
    transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [],
  });
}

export async function codeOfEnd(subscription: Subscription<unknown>): Promise<number | undefined> {
  try {
    await subscription.next();
  } catch (error) {
    if (error instanceof ConnectionLostError) return error.code;
  }
  return undefined;
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

/** A schema by hand: the libraries have types of their own, which this program does not test. */
const duration: StandardSchema<string, number> = {
  "~standard": { version: 1, vendor: "consumer", validate: (value) => ({ value: Number(value) }) },
};

export function useSchemas(): void {
  const events = defineEvents({ "job.done": duration, "job.log": type<string>(), "job.tick": type<void>() });
  const pubsub = createPubSub({ events, validate: "both" });
  pubsub.on("job.done", ({ payload }) => payload.toFixed());
  pubsub.publish("job.done", "1", "7");
  pubsub.publish("job.tick", "1");
  // @ts-expect-error: the output is not an input
  pubsub.publish("job.done", "1", 7);
  // @ts-expect-error: no such event type
  pubsub.publish("job.ended", "1", "7");
  createPubSub({ events, unknownTypes: "pass" }).publish("job.ended", "1", 7);
  createWebSocketServerEventTarget({ events, authorizeEvent: (_spoke, { payload }) => payload === "7" });
}

/** The package of OpenTelemetry is accepted by its shape. */
export function observeHub(api: OpenTelemetryApi, meter: OpenTelemetryMeter): StopObserving {
  const traces = tracing({ api, trustPeers: ({ context }) => context === "service", consumerSpans: "child" });
  const hub = createWebSocketServerEventTarget({ tracing: traces });
  createPubSub<Events>({ eventTarget: hub }).on("call.responded", ({ payload }) => payload.ok);
  return observe(hub, { meter, attributes: { hub: "eu-1" } });
}
