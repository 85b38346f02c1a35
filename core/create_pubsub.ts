import { describe } from "./describe.ts";
import type { EnvelopeOf, PayloadArguments, PubSubEventMap } from "./event_map.ts";
import { ForeignEventTarget } from "./foreign_event_target.ts";
import { createInProcessEventTarget } from "./in_process.ts";
import { INSPECT, inspectAs } from "./inspect.ts";
import { listenWith, type OnOptions, PublishOrder, type StopListening } from "./on.ts";
import { callSafely, printError } from "./report.ts";
import { createSubscription, type Subscription } from "./subscription.ts";
import type { SubscribeOptions } from "./subscription_state.ts";
import { EVERY_TOPIC } from "./topic.ts";
import type {
  EnvelopeListener,
  ErrorHandler,
  EventEnvelope,
  FlushOptions,
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

type Callback = EnvelopeListener["onEvent"];

/** Publishes and subscribes to the events of a map. Its functions can be destructured. */
export interface PubSub<TEventMap extends { [K in keyof TEventMap]: unknown } = PubSubEventMap>
  extends AsyncDisposable {
  /**
   * Sends an event to the subscribers of its topic, of its type and of everything. It throws only for invalid arguments:
   * faults of the transport go to the event target's `onError`.
   *
   * Between processes a payload usually travels as JSON: a `Date` arrives as a string, a `Map` or a `Set` as `{}`, and an
   * event with a `bigint` is dropped and reported (`encode`). `Jsonified` makes the types say so.
   *
   * @param type The event type.
   * @param id The id of the event's subject; `""` for an event about nothing.
   * @param payload The event's data. It must not be changed until the event has been sent. It can be left out where
   * `undefined` is a payload, as with `void`.
   * @throws {TypeError} If the type or the id is invalid.
   */
  publish<TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string]>(
    type: TType,
    id: string,
    ...payload: PayloadArguments<TEventMap, TType>
  ): void;
  /**
   * Subscribes to the events of one id. The subscription is active when this returns.
   *
   * @param type The event type.
   * @param id The id of the events' subject.
   * @param options Bounds and signal.
   * @returns An iterator for one reader.
   * @throws {TypeError} If the type or the id is invalid, or the id is `undefined`.
   */
  subscribe<TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string]>(
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
  subscribe<TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string]>(
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
  /**
   * Calls a callback with each event of one id, in publish order over all topics. In-process, the callback is called before
   * `publish` returns; an event that a callback publishes waits for a microtask. An error of the callback goes to the event
   * target's `onError`.
   *
   * @param type The event type.
   * @param id The id of the events' subject.
   * @param callback Called with each event. Nothing is buffered: the events of a slow asynchronous callback overlap.
   * @param options Further callbacks, and a signal.
   * @returns A function that ends the callback at once. It is `Disposable` too: `using` calls it.
   * @throws {TypeError} If the type or the id is invalid, or the callback is not a function.
   */
  on<TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string]>(
    type: TType,
    id: string,
    callback: (event: EnvelopeOf<TEventMap, TType>) => void,
    options?: OnOptions,
  ): StopListening;
  /**
   * Calls a callback with each event of every id of a type.
   *
   * @param type The event type.
   * @param callback Called with each event.
   * @param options Further callbacks, and a signal.
   * @returns A function that ends the callback at once.
   * @throws {TypeError} If the type is invalid, or the callback is not a function.
   */
  on<TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string]>(
    type: TType,
    callback: (event: EnvelopeOf<TEventMap, TType>) => void,
    options?: OnOptions,
  ): StopListening;
  /** Resolves when the far end has handled everything that was published before; see {@linkcode PubSubEventTarget.flush}. */
  flush(options?: FlushOptions): Promise<void>;
  /**
   * Ends the subscriptions of this object, after their buffered events, and its callbacks. It closes the default event target, and leaves a
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
export function createPubSub<TEventMap extends { [K in keyof TEventMap]: unknown } = PubSubEventMap>(
  config: PubSubConfig = {},
): PubSub<TEventMap> {
  if (typeof config !== "object" || "addEventListener" in config) refuse(config);
  const { eventTarget, onError } = config;
  const options = onError === undefined ? {} : { onError };
  const given = isPubSubEventTarget(eventTarget);
  const target = given
    ? eventTarget
    : eventTarget === undefined
    ? createInProcessEventTarget(options)
    : new ForeignEventTarget(asEventTarget(eventTarget), options);
  const open = new Set<EnvelopeListener>();
  const order = new PublishOrder();
  let closed = false;

  function subscribe<T extends EventEnvelope>(
    type: string,
    id: string | undefined,
    options: SubscribeOptions = {},
  ) {
    const subscription = createSubscription<T>(target, { type, id }, options, open);
    if (closed) endAll();
    return subscription;
  }

  function endAll(): void {
    for (const listener of [...open]) {
      callSafely(
        () => listener.onEnd?.(undefined),
        (error) => printError(error, { target, stage: "listener" }),
      );
    }
  }

  const pubsub: PubSub<TEventMap> = {
    publish: (type: string, id: string, payload?: unknown) => target.publish({ type, id, payload }),
    subscribe(type: string, ...rest: [id?: string | SubscribeOptions, options?: SubscribeOptions]) {
      assertOneType(type);
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
    on(type: string, first: string | Callback, second?: Callback | OnOptions, third?: OnOptions) {
      assertOneType(type);
      const [id, callback] = typeof first === "string" ? [first, second] : [undefined, first];
      if (typeof callback !== "function") {
        throw new TypeError(`Cannot subscribe to "${type}" with ${describe(callback)}: it is not a function`);
      }
      const options = (typeof second === "object" ? second : third) ?? {};
      const stop = listenWith(target, { type, id }, callback, options, order, open);
      if (closed) endAll();
      return stop;
    },
    subscribeAll: (options) => subscribe(EVERY_TOPIC, undefined, options),
    flush: (options) => target.flush(options),
    async close() {
      closed = true;
      endAll();
      if (!given) await target.close();
    },
    eventTarget: eventTarget ?? target,
    [Symbol.asyncDispose]: () => pubsub.close(),
  };
  return Object.defineProperty(pubsub, INSPECT, {
    value: (...args: unknown[]) =>
      inspectAs("PubSub", { listeners: open.size, eventTarget: pubsub.eventTarget }, args),
  });
}

function assertOneType(type: string): void {
  if (type !== EVERY_TOPIC) return;
  throw new TypeError(`Cannot subscribe to "${type}": use subscribeAll() for all events`);
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

function refuse(value: unknown): never {
  const advice = "eventTarget must be an EventTarget, as in createPubSub({ eventTarget })";
  throw new TypeError(`Cannot create a PubSub over ${describe(value)}: ${advice}`);
}
