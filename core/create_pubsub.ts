import { describe } from "./describe.ts";
import { ForeignEventTarget } from "./foreign_event_target.ts";
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

/** Options of {@linkcode createPubSub}. */
export interface PubSubConfig {
  /**
   * The transport of the events: an event target of this library, or any other `EventTarget`.
   *
   * @default a new in-process event target
   */
  readonly eventTarget?: EventTarget;
  /**
   * Handles the faults of an event target that has no handler: of the default one, or of a foreign `EventTarget`.
   *
   * @default one line on `console.error`, at most ten lines a second of each kind
   */
  readonly onError?: ErrorHandler;
}

/** The names of the event types in a map. */
export type EventTypeOf<TEventMap extends PubSubEventMap> = Extract<keyof TEventMap, string>;

/** The envelope of one event type in a map, or the union of several. */
export type EnvelopeOf<
  TEventMap extends PubSubEventMap,
  TType extends EventTypeOf<TEventMap> = EventTypeOf<TEventMap>,
> = { [TKey in TType]: EventEnvelope<TEventMap[TKey], TKey> }[TType];

/** Publishes and subscribes to the events of a map. Its functions can be destructured. */
export interface PubSub<TEventMap extends PubSubEventMap = PubSubEventMap> extends AsyncDisposable {
  /**
   * Sends an event to the subscribers of its topic, of its type and of everything. It throws only for invalid arguments:
   * faults of the transport go to the event target's `onError`.
   *
   * @param type The event type.
   * @param id The id of the event's subject.
   * @param payload The event's data. It must not be changed until the event has been sent.
   * @throws {TypeError} If the type or the id is invalid.
   */
  publish<TType extends EventTypeOf<TEventMap>>(type: TType, id: string, payload: TEventMap[TType]): void;
  /**
   * Subscribes to the events of one id. The subscription is active when this returns.
   *
   * @param type The event type.
   * @param id The id of the events' subject.
   * @param options Bounds and signal.
   * @returns An iterator for one reader.
   * @throws {TypeError} If the type or the id is invalid, or the id is `undefined`.
   */
  subscribe<TType extends EventTypeOf<TEventMap>>(
    type: TType,
    id: string,
    options?: SubscribeOptions,
  ): Subscription<EnvelopeOf<TEventMap, TType>>;
  /**
   * Subscribes to the events of every id of a type. The subscription is active when this returns.
   *
   * @param type The event type.
   * @param options Bounds and signal.
   * @returns An iterator for one reader.
   * @throws {TypeError} If the type is invalid.
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
  /** Resolves when the far end has handled everything that was published before; see {@linkcode PubSubEventTarget.flush}. */
  flush(options?: FlushOptions): Promise<void>;
  /**
   * Ends the subscriptions of this object, after their buffered events. It closes the default event target, and leaves a
   * given one open.
   */
  close(): Promise<void>;
  /** The given event target, or the default one. */
  readonly eventTarget: EventTarget;
}

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
 * @returns Functions to publish and subscribe.
 * @throws {TypeError} If `eventTarget` is not an `EventTarget`.
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
    : new ForeignEventTarget(asEventTarget(eventTarget), options);
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
        throw new TypeError(`Cannot subscribe to "${type}": use subscribeAll() for all events`);
      }
      const [first, options] = rest;
      if (typeof first === "string") return subscribe(type, first, options);
      if (rest.length === 0 || (rest.length === 1 && typeof first === "object" && first !== null)) {
        return subscribe(type, undefined, first);
      }
      throw new TypeError(
        `Cannot subscribe to "${type}" with the id ${
          String(first)
        }: leave the id out to subscribe to every id`,
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

/** Checks methods, not the class: the library can be loaded twice, as ESM and as CommonJS. */
function isPubSubEventTarget(target: EventTarget | undefined): target is PubSubEventTarget {
  const { publish, listen } = (target ?? {}) as Partial<PubSubEventTarget>;
  return typeof publish === "function" && typeof listen === "function";
}

function asEventTarget(target: EventTarget): EventTarget {
  if (typeof target?.addEventListener === "function" && typeof target.dispatchEvent === "function") {
    return target;
  }
  throw new TypeError(`Cannot create a PubSub over ${describe(target)}: eventTarget must be an EventTarget`);
}
