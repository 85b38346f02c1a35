import { createForeignEventTarget } from "./foreign_event_target.ts";
import { createInProcessEventTarget } from "./in_process.ts";
import { createSubscription, type Subscription } from "./subscription.ts";
import type { SubscribeOptions } from "./subscription_state.ts";
import { EVERY_TOPIC } from "./topic.ts";
import type {
  EnvelopeListener,
  ErrorHandler,
  EventEnvelope,
  FlushOptions,
  PubSubEventMap,
  PubSubEventTarget,
} from "./types.ts";

/** What {@linkcode createPubSub} can be told. */
export interface PubSubConfig {
  /**
   * Where events travel: an event target of this library, or any other `EventTarget`.
   *
   * @default an in-process event target of its own
   */
  readonly eventTarget?: EventTarget;
  /**
   * Hears the faults of an event target that has no handler of its own: the default one, or a foreign `EventTarget`.
   *
   * @default prints one line to `console.error`, at most ten a second
   */
  readonly onError?: ErrorHandler;
}

/** The event types of a map, as strings. */
export type EventTypeOf<TEventMap extends PubSubEventMap> = Extract<keyof TEventMap, string>;

/** The envelope of one event type of a map, or of any of several. */
export type EnvelopeOf<
  TEventMap extends PubSubEventMap,
  TType extends EventTypeOf<TEventMap> = EventTypeOf<TEventMap>,
> = { [TKey in TType]: EventEnvelope<TEventMap[TKey], TKey> }[TType];

/** Publishes and subscribes to the events of a map. Its functions can be taken off it. */
export interface PubSub<TEventMap extends PubSubEventMap = PubSubEventMap> extends AsyncDisposable {
  /**
   * Sends an event to whoever is subscribed to its topic, its type or everything. Never throws for what happens on
   * the way: that goes to the event target's `onError`.
   *
   * @param type The event type.
   * @param id What the event is about.
   * @param payload The event's data; it must not be changed before the event has left.
   * @throws {TypeError} If the type or the id is not valid.
   */
  publish<TType extends EventTypeOf<TEventMap>>(type: TType, id: string, payload: TEventMap[TType]): void;
  /**
   * Subscribes to the events of one id. It listens when this returns.
   *
   * @param type The event type.
   * @param id What the events are about.
   * @param options Bounds and signal.
   * @returns An iterator for one reader.
   * @throws {TypeError} If the type or the id is not valid, or the id is `undefined`.
   */
  subscribe<TType extends EventTypeOf<TEventMap>>(
    type: TType,
    id: string,
    options?: SubscribeOptions,
  ): Subscription<EnvelopeOf<TEventMap, TType>>;
  /**
   * Subscribes to the events of every id of a type. It listens when this returns.
   *
   * @param type The event type.
   * @param options Bounds and signal.
   * @returns An iterator for one reader.
   * @throws {TypeError} If the type is not valid.
   */
  subscribe<TType extends EventTypeOf<TEventMap>>(
    type: TType,
    options?: SubscribeOptions,
  ): Subscription<EnvelopeOf<TEventMap, TType>>;
  /**
   * Subscribes to every event of every type.
   *
   * @param options Bounds and signal.
   * @returns An iterator for one reader.
   */
  subscribeAll(options?: SubscribeOptions): Subscription<EnvelopeOf<TEventMap>>;
  /** Resolves when the far end has handled everything sent before; see {@linkcode PubSubEventTarget.flush}. */
  flush(options?: FlushOptions): Promise<void>;
  /**
   * Ends the subscriptions made here, after what they have buffered, and closes the event target if it was made here.
   * A target that was given is left open.
   */
  close(): Promise<void>;
  /** Where events travel. */
  readonly eventTarget: EventTarget;
}

/**
 * Creates a typed publisher and subscriber over an event target. Which one is the only thing that changes with the
 * transport.
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
 * @param config The event target, and who hears its faults.
 * @returns Functions to publish and subscribe with.
 * @throws {TypeError} If the event target is none.
 */
export function createPubSub<TEventMap extends PubSubEventMap = PubSubEventMap>(
  config: PubSubConfig = {},
): PubSub<TEventMap> {
  const { eventTarget, onError } = config;
  const options = onError === undefined ? {} : { onError };
  const given = isPubSubEventTarget(eventTarget);
  const target = given
    ? eventTarget
    : eventTarget === undefined
    ? createInProcessEventTarget(options)
    : createForeignEventTarget(asEventTarget(eventTarget), options);
  const open = new Set<EnvelopeListener>();
  let closed = false;

  function subscribe<T extends EventEnvelope>(
    type: string,
    id: string | undefined,
    options: SubscribeOptions = {},
  ) {
    const subscription = createSubscription<T>(target, { type, id }, options, open);
    if (closed) void subscription.return();
    return subscription;
  }

  const pubsub: PubSub<TEventMap> = {
    publish: (type, id, payload) => target.publish({ type, id, payload }),
    subscribe(type: string, ...rest: [id?: string | SubscribeOptions, options?: SubscribeOptions]) {
      if (type === EVERY_TOPIC) {
        throw new TypeError(`Cannot subscribe to "${type}": use subscribeAll for everything`);
      }
      const [first, options] = rest;
      if (typeof first === "string") return subscribe(type, first, options);
      if (rest.length === 0 || (rest.length === 1 && typeof first === "object" && first !== null)) {
        return subscribe(type, undefined, first);
      }
      throw new TypeError(
        `Cannot subscribe to "${type}" with the id ${String(first)}: leave it out for every id`,
      );
    },
    subscribeAll: (options) => subscribe(EVERY_TOPIC, undefined, options),
    flush: (options) => target.flush(options),
    async close() {
      closed = true;
      for (const subscription of [...open]) subscription.onEnd?.(undefined);
      if (!given) await target.close();
    },
    eventTarget: eventTarget ?? target,
    [Symbol.asyncDispose]: () => pubsub.close(),
  };
  return pubsub;
}

/** By its methods, not its class: the library may have been loaded twice, as ESM and as CommonJS. */
function isPubSubEventTarget(target: EventTarget | undefined): target is PubSubEventTarget {
  const { publish, listen } = (target ?? {}) as Partial<PubSubEventTarget>;
  return typeof publish === "function" && typeof listen === "function";
}

function asEventTarget(target: EventTarget): EventTarget {
  if (typeof target?.addEventListener === "function" && typeof target.dispatchEvent === "function") {
    return target;
  }
  throw new TypeError(`Cannot create a PubSub over ${String(target)}: it is not an EventTarget`);
}
