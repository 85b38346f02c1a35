import { showOnConsole } from "./console.ts";
import type { EventChecks, UnknownTypes } from "./defined_events.ts";
import { describe } from "./describe.ts";
import type { PubSubEventMap } from "./event_map.ts";
import { ForeignEventTarget } from "./foreign_event_target.ts";
import { InProcessEventTarget } from "./in_process_event_target.ts";
import { listenWith, type OnOptions, PublishOrder } from "./on.ts";
import type { CheckedPubSub, CheckedPubSubConfig, PubSub, PubSubConfig } from "./pubsub.ts";
import { notify } from "./report.ts";
import { createSubscription } from "./subscription.ts";
import type { SubscribeOptions } from "./subscribe_options.ts";
import type { OpenListeners } from "./subscription_state.ts";
import { EVERY_TOPIC } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "./types.ts";

type Callback = EnvelopeListener["onEvent"];

/**
 * Creates a typed publisher and subscriber over an event target, whose events are checked by
 * [schemas](https://github.com/alkdev/pubsub/blob/main/docs/schemas.md). The types of payloads come from the schemas.
 *
 * @example Subscriptions get the output of a schema
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 * import { defineEvents } from "@alkdev/pubsub/schemas";
 * import { assertEquals } from "@std/assert";
 * import * as z from "zod";
 *
 * const events = defineEvents({ "build.finished": z.object({ at: z.iso.datetime().pipe(z.coerce.date()) }) });
 * await using pubsub = createPubSub({ events });
 *
 * const builds = pubsub.subscribe("build.finished", "build_1");
 * pubsub.publish("build.finished", "build_1", { at: "2026-01-01T00:00:00Z" });
 * const { value } = await builds.next();
 * assertEquals(value?.payload.at.getUTCFullYear(), 2026);
 * ```
 *
 * @param config The events, the event target, and a handler of faults.
 * @returns Functions to publish and subscribe. Its `close()` closes the event target only if none was given.
 * @throws {TypeError} If `eventTarget` is not an `EventTarget`, or an option has a wrong value.
 */
export function createPubSub<
  TInput extends { [K in keyof TInput]: unknown },
  TOutput extends { [K in keyof TOutput]: unknown },
  TUnknown extends UnknownTypes = "reject",
>(
  config: CheckedPubSubConfig<TInput, TOutput, TUnknown>,
): CheckedPubSub<TInput, TOutput, TUnknown>;
/**
 * Creates a typed publisher and subscriber over an event target. To change the transport, pass another event target.
 *
 * @example Publish and subscribe inside a process
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 * import { assertEquals } from "@std/assert";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * await using pubsub = createPubSub<Events>();
 *
 * const statuses = pubsub.subscribe("session.status", "proj_123");
 * pubsub.publish("session.status", "proj_123", { state: "running" });
 * for await (const { id, payload } of statuses) {
 *   assertEquals([id, payload.state], ["proj_123", "running"]);
 *   break;
 * }
 * ```
 *
 * @param config The event target, and a handler of its faults.
 * @returns Functions to publish and subscribe. Its `close()` closes the event target only if none was given.
 * @throws {TypeError} If `eventTarget` is not an `EventTarget`.
 */
export function createPubSub<TEventMap extends { [K in keyof TEventMap]: unknown } = PubSubEventMap>(
  config?: PubSubConfig,
): PubSub<TEventMap>;
export function createPubSub<TEventMap extends { [K in keyof TEventMap]: unknown } = PubSubEventMap>(
  config: PubSubConfig | CheckedPubSubConfig<object, object> = {},
): PubSub<TEventMap> {
  if (typeof config !== "object" || config === null || "addEventListener" in config) refuse(config);
  const { eventTarget } = config;
  const given = isPubSubEventTarget(eventTarget);
  const target = given
    ? eventTarget
    : eventTarget === undefined
    ? new InProcessEventTarget(config)
    : new ForeignEventTarget(asEventTarget(eventTarget), config);
  // Cast: defineEvents() makes all of them.
  const events = config.events as EventChecks | null | undefined;
  if (events !== undefined && !events?.over) refuse(events, "events must come from defineEvents()");
  const source = events?.over(target, config) ?? target;
  const open: OpenListeners = new Set();
  const order = new PublishOrder();
  let closed = false;

  function subscribe<T extends EventEnvelope>(
    type: string,
    id: string | undefined,
    options: SubscribeOptions = {},
  ) {
    const subscription = createSubscription<T>(source, { type, id }, options, open);
    if (closed) endAll();
    return subscription;
  }

  function endAll(): void {
    for (const listener of [...open]) notify(target, () => listener.onEnd?.(undefined));
  }

  const pubsub: PubSub<TEventMap> = {
    publish: (type: string, id: string, payload?: unknown) => source.publish({ type, id, payload }),
    subscribe(type: string, ...rest: [id?: string | SubscribeOptions, options?: SubscribeOptions]) {
      assertOneType(type);
      const [first, options] = rest;
      if (typeof first === "string") return subscribe(type, first, options);
      if (rest.length === 0 || (rest.length === 1 && typeof first === "object" && first !== null)) {
        return subscribe(type, undefined, first);
      }
      throw notAnId(type, first);
    },
    on(type: string, first: string | Callback, second?: Callback | OnOptions, third?: OnOptions) {
      assertOneType(type);
      const [id, callback] = typeof first === "string" ? [first, second] : [undefined, first];
      if (typeof callback !== "function") {
        throw typeof second === "function"
          ? notAnId(type, first)
          : cannot(type, `${describe(callback)}: it is not a function`);
      }
      const options = (typeof second === "object" ? second : third) ?? {};
      const { tracing } = target;
      const handle: Callback = tracing === undefined
        ? callback
        : (event) => tracing.process(event, () => callback(event));
      const stop = listenWith(source, { type, id }, handle, options, order, open);
      if (closed) endAll();
      return stop;
    },
    subscribeAll: (options) => subscribe(EVERY_TOPIC, undefined, options),
    stats() {
      const { size: count, dropped = 0 } = open;
      return { ...target.stats(), subscriptions: { count, dropped } };
    },
    flush: (options) => target.flush(options),
    async close() {
      closed = true;
      endAll();
      if (!given) await target.close();
    },
    eventTarget: eventTarget ?? target,
    [Symbol.asyncDispose]: () => pubsub.close(),
  };
  showOnConsole(
    { prototype: pubsub },
    () => ["PubSub", { listeners: open.size, eventTarget: pubsub.eventTarget }],
  );
  return pubsub;
}

function assertOneType(type: string): void {
  if (type !== EVERY_TOPIC) return;
  throw new TypeError(`Cannot subscribe to "${type}": use subscribeAll() for all events`);
}

function notAnId(type: string, id: unknown): TypeError {
  return cannot(type, `the id ${describe(id)}: it must be a string, or be left out`);
}

function cannot(type: string, why: string): TypeError {
  return new TypeError(`Cannot subscribe to "${type}" with ${why}`);
}

/** Checks methods, not the class: the library can be loaded twice, as ESM and as CommonJS. */
function isPubSubEventTarget(target: EventTarget | undefined): target is PubSubEventTarget {
  const { publish, listen } = (target ?? {}) as Partial<PubSubEventTarget>;
  return typeof publish === "function" && typeof listen === "function";
}

function asEventTarget(target: EventTarget): EventTarget {
  if (typeof target?.addEventListener === "function" && typeof target.dispatchEvent === "function") {
    return target;
  }
  return refuse(target);
}

function refuse(
  value: unknown,
  advice = "eventTarget must be an EventTarget, as in createPubSub({ eventTarget })",
): never {
  throw new TypeError(`Cannot create a PubSub over ${describe(value)}: ${advice}`);
}
