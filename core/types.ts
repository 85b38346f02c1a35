/**
 * The types that every part of the library speaks: events, event targets, their status and their faults.
 *
 * @module
 */

/**
 * What travels: an event's type, the id that scopes it, and its payload.
 *
 * @example Read an envelope
 * ```ts
 * import type { EventEnvelope } from "@alkdev/pubsub";
 *
 * const envelope: EventEnvelope<{ ok: boolean }, "call.responded"> = {
 *   type: "call.responded",
 *   id: "call_1",
 *   payload: { ok: true },
 * };
 * if (!envelope.payload.ok) throw new Error("The call failed");
 * ```
 */
export interface EventEnvelope<TPayload = unknown, TType extends string = string> {
  /** The event type: non-empty, without `:`, not `*`, not starting with `__`. */
  readonly type: TType;
  /** What the event is about; any well-formed string, `:` allowed. */
  readonly id: string;
  /** The event's data. What a transport can carry is a row of `docs/delivery.md`. */
  readonly payload: TPayload;
}

/** Maps each event type to its payload. Declare it with `type`, since an `interface` has no index signature. */
export type PubSubEventMap = { [eventType: string]: unknown };

/** A `CustomEvent` whose `type` and `detail` are known, as in `@graphql-yoga/typed-event-target`. */
export type TypedEvent<TType extends string = string, TDetail = unknown> =
  & Omit<CustomEvent<TDetail>, "detail" | "type">
  & { type: TType; detail: TDetail };

/** A function that hears a {@linkcode TypedEvent}. */
export interface TypedEventListener<TEvent extends TypedEvent> {
  /** Called with each event. */
  (event: TEvent): void;
}

/** An object that hears a {@linkcode TypedEvent} through its `handleEvent` method. */
export interface TypedEventListenerObject<TEvent extends TypedEvent> {
  /** Called with each event, with the object as `this`. */
  handleEvent(event: TEvent): void;
}

/** Either form of listener that `addEventListener` takes. */
export type TypedEventListenerOrEventListenerObject<TEvent extends TypedEvent> =
  | TypedEventListener<TEvent>
  | TypedEventListenerObject<TEvent>;

/** An `EventTarget` that knows the types of its events, as in `@graphql-yoga/typed-event-target`. */
export interface TypedEventTarget<TEvent extends TypedEvent> extends EventTarget {
  /** Starts calling `callback` with the events of a topic, a bare event type or `*`. */
  addEventListener<TCurrentEvent extends TEvent>(
    type: TCurrentEvent["type"],
    callback: TypedEventListenerOrEventListenerObject<TCurrentEvent> | null,
    options?: AddEventListenerOptions | boolean,
  ): void;
  /** Sends an event; `false` only if a cancelable event was prevented in this process. */
  dispatchEvent(event: TEvent): boolean;
  /** Stops calling `callback` with the events of a topic, a bare event type or `*`. */
  removeEventListener<TCurrentEvent extends TEvent>(
    type: TCurrentEvent["type"],
    callback: TypedEventListenerOrEventListenerObject<TCurrentEvent> | null,
    options?: EventListenerOptions | boolean,
  ): void;
}

/** What {@linkcode PubSubEventTarget.listen} calls. Each method is called on the object itself. */
export interface EnvelopeListener<TPayload = unknown, TType extends string = string> {
  /** A well-formed envelope of the topic arrived. */
  onEvent(envelope: EventEnvelope<TPayload, TType>): void;
  /** The far end has acknowledged the topic: what is published there from now on arrives. Called once at most. */
  onReady?(): void;
  /**
   * Events of the topic may have been missed, and all of those were published before this call. Without it only the
   * target's `onStatus` tells.
   */
  onGap?(): void;
  /**
   * Nothing more will come: `undefined` after a local `close()`, else the reason. The listener is already
   * removed. Not called when the listener stopped by itself.
   */
  onEnd?(error: Error | undefined): void;
}

/** Where an event target stands. */
export interface EventTargetStatus {
  /** `connecting` before the first connection, `reconnecting` after a loss, `closed` for good. */
  readonly state: "connecting" | "open" | "reconnecting" | "closed";
  /** With `open`: events may have been lost, and all of those were published before this report. */
  readonly gap?: boolean;
  /** With `connecting` or `reconnecting`: which attempt comes next, from 1 since the last connection that lasted. */
  readonly attempt?: number;
  /** With `connecting` or `reconnecting`: how long until that attempt, in milliseconds. */
  readonly delayMs?: number;
  /** The close code that the transport gave. */
  readonly code?: number | undefined;
  /** The reason that the transport gave. */
  readonly reason?: string | undefined;
  /** With `closed`: what ended it; absent after a local `close()`. */
  readonly error?: Error;
}

/** What an event target was doing when a fault happened. */
export type ErrorStage =
  | "connect"
  | "subscribe"
  | "publish"
  | "decode"
  | "encode"
  | "listener"
  | "backpressure";

/** Tells where a fault happened. */
export interface ErrorContext {
  /** The event target it happened on; on a hub, the spoke's own if one spoke was concerned. */
  readonly target: PubSubEventTarget;
  /** What was being done. */
  readonly stage: ErrorStage;
  /** The topic concerned, where it is known. */
  readonly topic?: string;
  /** With `backpressure`: how many events this target has dropped so far, this one included. */
  readonly dropped?: number;
}

/** Hears every fault that is not the caller's own mistake. What it throws goes to the default printer. */
export type ErrorHandler = (error: unknown, context: ErrorContext) => void;

/** The options that every event target takes. */
export interface EventTargetOptions {
  /**
   * Called for each occurrence of a fault.
   *
   * @default prints one line to `console.error`, at most ten a second
   */
  readonly onError?: ErrorHandler;
  /** Called with each change of the status. What it throws goes to the default printer. */
  readonly onStatus?: (status: EventTargetStatus) => void;
}

/** Options of {@linkcode PubSubEventTarget.flush}. */
export interface FlushOptions {
  /** Rejects the flush with the signal's reason once it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * A transport of events: what every `create…EventTarget` of this library returns and {@linkcode createPubSub}
 * publishes to. It is an `EventTarget` too, so `addEventListener` and `dispatchEvent` work on topics.
 */
export interface PubSubEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends TypedEventTarget<TEvent>, AsyncDisposable {
  /**
   * Sends an event without building an `Event`.
   *
   * Does nothing but report (`onError`, stage `publish`) once the target is closed.
   *
   * @throws {TypeError} If the envelope's type or id is not valid.
   */
  publish(envelope: EventEnvelope): void;
  /**
   * Hears the envelopes of a topic, of every id of a type (`id` undefined), or of everything (`type` `*`).
   *
   * @returns A function that stops listening at once.
   * @throws {TypeError} If the type or the id is not valid.
   */
  listen(type: string, id: string | undefined, listener: EnvelopeListener): () => void;
  /** What kind of target it is, for logs. */
  readonly [Symbol.toStringTag]: string;
  /** Where the target stands now. */
  readonly status: EventTargetStatus;
  /**
   * Resolves when the far end has handled everything sent before, subscriptions included.
   *
   * @throws {ConnectionLostError} If the connection ends first (the promise rejects).
   */
  flush(options?: FlushOptions): Promise<void>;
  /** Sends what is queued and ends the target; idempotent, and done within two seconds whatever the state. */
  close(): Promise<void>;
  /** Resolves, never rejects, once the target has ended: with the error that ended it, if one did. */
  readonly closed: Promise<Error | undefined>;
}
