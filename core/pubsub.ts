import type { DefinedEvents, UnknownTypes } from "./defined_events.ts";
import type { EnvelopeOf, PayloadArguments, PubSubEventMap } from "./event_map.ts";
import type { OnOptions, StopListening } from "./on.ts";
import type { Subscription } from "./subscription.ts";
import type { PubSubStats } from "./stats.ts";
import type { SubscribeOptions } from "./subscribe_options.ts";
import type { ErrorHandler, FlushOptions } from "./types.ts";

/** Options of {@linkcode createPubSub}. */
export interface PubSubConfig {
  /**
   * The transport of the events: an event target of this library, or any other `EventTarget`.
   *
   * @default a new in-process event target
   */
  readonly eventTarget?: EventTarget | undefined;
  /**
   * Handles the faults of an event target that has no handler: of the default one, or of a foreign `EventTarget`. With
   * `events`, it handles the events that schemas refuse as well.
   *
   * @default one line on `console.error`, at most ten lines a second of each kind
   */
  readonly onError?: ErrorHandler;
  /** Absent for events that have types alone: {@linkcode CheckedPubSubConfig} has it. */
  readonly events?: undefined;
}

/** Options of {@linkcode createPubSub} with [schemas](https://github.com/alkdev/pubsub/blob/main/docs/schemas.md). */
export interface CheckedPubSubConfig<
  TInput,
  TOutput,
  TUnknown extends UnknownTypes = UnknownTypes,
> extends Omit<PubSubConfig, "events"> {
  /**
   * The events: what `defineEvents` of `@alkdev/pubsub/schemas` returned. Every subscription, and every callback of `on`,
   * gets the output of the schemas, over any event target. An event that its schema refuses is dropped and reported
   * (`decode`) with an `InvalidPayloadError`: to `onError` if it is given, else to the event target.
   */
  readonly events: DefinedEvents<TInput, TOutput>;
  /**
   * Whether `publish` checks events too. If it does, it throws an `InvalidPayloadError`. What is sent is the payload as it
   * was given, not the output.
   *
   * @default "subscribe"
   */
  readonly validate?: "subscribe" | "both";
  /**
   * Whether events of types that are not in `events` are refused, or passed on unchecked. With `"pass"`, their payloads are
   * `unknown`, and any event type can be published and subscribed to.
   *
   * @default "reject"
   */
  readonly unknownTypes?: TUnknown;
}

/**
 * Publishes and subscribes to the events of a map. Its functions can be destructured. With schemas, `TOutput` has the
 * payloads that subscriptions give.
 */
export interface PubSub<
  TEventMap extends { [K in keyof TEventMap]: unknown } = PubSubEventMap,
  TOutput extends { [K in keyof TOutput]: unknown } = TEventMap,
> extends AsyncDisposable {
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
   * @throws {InvalidPayloadError} With schemas and `validate: "both"`, if the payload does not fit its schema.
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
   * @throws {TypeError} If the type or the id is invalid, the id is `undefined`, an option has a wrong type, or the event target
   * has no history to begin `from`.
   * @throws {RangeError} If `capacity`, or the `last` of `from`, is not a whole number of at least 1.
   * @throws {NoHistoryError} If the history of the event target does not have the type. Over a link, the subscription ends
   * with that error.
   */
  subscribe<TType extends { [K in keyof TOutput & string]: K }[keyof TOutput & string]>(
    type: TType,
    id: string,
    options?: SubscribeOptions,
  ): Subscription<EnvelopeOf<TOutput, TType>>;
  /**
   * Subscribes to the events of every id of a type. The subscription is active when this returns.
   *
   * @param type The event type.
   * @param options Bounds and signal.
   * @returns An iterator for one reader.
   * @throws {TypeError} If the type is invalid, an option has a wrong type, or the event target has no history to begin `from`.
   * @throws {RangeError} If `capacity`, or the `last` of `from`, is not a whole number of at least 1.
   * @throws {NoHistoryError} If the history of the event target does not have the type. Over a link, the subscription ends
   * with that error.
   */
  subscribe<TType extends { [K in keyof TOutput & string]: K }[keyof TOutput & string]>(
    type: TType,
    options?: SubscribeOptions,
  ): Subscription<EnvelopeOf<TOutput, TType>>;
  /**
   * Subscribes to every event of every type.
   *
   * @param options Bounds and signal. All events together have no past: `from` can only be `"now"`.
   * @returns An iterator for one reader.
   * @throws {TypeError} If an option has a wrong type, or `from` is not `"now"`.
   * @throws {RangeError} If `capacity` is not a whole number of at least 1.
   */
  subscribeAll(options?: SubscribeOptions): Subscription<EnvelopeOf<TOutput>>;
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
  on<TType extends { [K in keyof TOutput & string]: K }[keyof TOutput & string]>(
    type: TType,
    id: string,
    callback: (event: EnvelopeOf<TOutput, TType>) => void,
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
  on<TType extends { [K in keyof TOutput & string]: K }[keyof TOutput & string]>(
    type: TType,
    callback: (event: EnvelopeOf<TOutput, TType>) => void,
    options?: OnOptions,
  ): StopListening;
  /** Reads the counters and gauges of the event target, and of the subscriptions of this object, as a new object. */
  stats(): PubSubStats;
  /** Resolves when the far end has handled everything that was published before; see {@linkcode PubSubEventTarget.flush}. */
  flush(options?: FlushOptions): Promise<void>;
  /**
   * Ends the subscriptions of this object, after their buffered events, and its callbacks. It closes the default event
   * target, and leaves a given one open.
   */
  close(): Promise<void>;
  /** The given event target, or the default one. */
  readonly eventTarget: EventTarget;
}

/**
 * The type that {@linkcode createPubSub} returns with schemas. With `unknownTypes: "pass"`, it has any other event type too, whose
 * payloads are `unknown`.
 */
export type CheckedPubSub<
  TInput extends { [K in keyof TInput]: unknown },
  TOutput extends { [K in keyof TOutput]: unknown },
  TUnknown extends UnknownTypes = "reject",
> = "pass" extends TUnknown
  ? [TInput & PubSubEventMap, TOutput & PubSubEventMap] extends [infer TIn, infer TOut]
    ? TIn extends { [K in keyof TIn]: unknown }
      ? TOut extends { [K in keyof TOut]: unknown } ? PubSub<TIn, TOut> : never
    : never
  : never
  : PubSub<TInput, TOutput>;
