/**
 * The types of events, of event targets, and of their status and faults.
 *
 * @module
 */

import type { EnvelopeListener, EventEnvelope } from "./event.ts";
import type { HistorySource } from "./history_source.ts";
import type { ErrorStage, EventTargetStats } from "./stats.ts";
import type { EventTracing } from "./tracing.ts";
import type {
  ListenerOptions,
  TypedEvent,
  TypedEventListenerOrEventListenerObject,
  TypedEventTarget,
} from "./typed_event_target.ts";
import type { EventOn, TopicOf } from "./typed_topics.ts";

export type * from "./event.ts";
export type * from "./stats.ts";
export type * from "./tracing.ts";
export type * from "./typed_event_target.ts";

/** The status of an event target. */
export interface EventTargetStatus {
  /** `connecting` before the first connection, `reconnecting` after a loss, `closed` after the end. */
  readonly state: "connecting" | "open" | "reconnecting" | "closed";
  /** With `open`: events may have been lost. Every lost event was published before this report. */
  readonly gap?: boolean;
  /**
   * With `open`, on a target with a history: after a loss, every missed event was delivered. It follows the `open` that says
   * that the connection is back; in its place, `gap` follows if events were lost.
   */
  readonly recovered?: boolean;
  /**
   * With `open`: whether the hub's upstream is away. Until it is back, events reach neither the upstream nor, from there,
   * this target.
   */
  readonly degraded?: boolean;
  /** With `connecting` or `reconnecting`: the number of the next attempt, from 1 after the last connection that lasted. */
  readonly attempt?: number;
  /** With `connecting` or `reconnecting`: the delay before that attempt, in milliseconds. */
  readonly delayMs?: number;
  /** The transport's close code. */
  readonly code?: number | undefined;
  /** The transport's close reason. */
  readonly reason?: string | undefined;
  /** With `closed`: the error that ended the target; absent after a local `close()`. */
  readonly error?: Error;
}

/** The event `statuschange`: its `detail` is the new status. */
export type StatusEvent = TypedEvent<"statuschange", EventTargetStatus>;

/** The context of a fault. */
export interface ErrorContext {
  /** The event target on which the fault occurred. On a hub, it is the spoke's target if the fault concerns one spoke. */
  readonly target: PubSubEventTarget;
  /** The operation during which the fault occurred. */
  readonly stage: ErrorStage;
  /** The topic, if it is known. Characters that act on a terminal are escaped, since a peer may have chosen it. */
  readonly topic?: string;
  /**
   * With `connect`, if an attempt to connect failed: its far end, such as a URL without its query. On a spoke of a hub: its
   * `context` if that is a text or a number, such as a user or an address, or the id of its endpoint over Iroh.
   */
  readonly peer?: string;
  /**
   * With `connect`, if an attempt of a link that connects again failed: its number, from 1 for the first attempt of the link
   * and for the first after a connection that lasted.
   */
  readonly attempt?: number;
  /**
   * With `backpressure`: the number of events that this target has dropped for it, this one included. It is
   * `stats().published.dropped.backpressure`.
   */
  readonly dropped?: number;
}

/**
 * Handles every fault that is not a mistake of the caller. A value that was thrown and is not an `Error` is the `cause` of
 * one. An error that the handler throws is printed by default.
 */
export type ErrorHandler = (error: Error, context: ErrorContext) => void;

/** The options of every event target. */
export interface EventTargetOptions {
  /**
   * Called for every fault.
   *
   * @default one line on `console.error`, at most ten lines a second of each kind
   */
  readonly onError?: ErrorHandler;
  /** Called with each new status. An error that it throws is printed by default. */
  readonly onStatus?: (status: EventTargetStatus) => void;
  /**
   * Follows the events that pass here: `tracing()` of `@alkdev/pubsub/opentelemetry`. Every event target on the way of an
   * event needs it.
   *
   * @default events are not traced
   */
  readonly tracing?: EventTracing | undefined;
}

/** Options of {@linkcode PubSubEventTarget.flush}. */
export interface FlushOptions {
  /** When it aborts, the flush rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A transport of events. Every `create…EventTarget` function of this library returns one, and {@linkcode createPubSub}
 * publishes to one. It is also an `EventTarget`: `addEventListener` and `dispatchEvent` work on topics.
 */
export interface PubSubEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends TypedEventTarget<TEvent>, AsyncDisposable {
  /**
   * Adds a listener of the status. `statuschange` is dispatched here with each new status, after `onStatus` was called.
   * After `close()` was called, that is only `closed`.
   *
   * The events of an event type of that name reach subscriptions and the listeners of `listen` alone.
   */
  addEventListener(
    type: "statuschange",
    callback: TypedEventListenerOrEventListenerObject<StatusEvent> | null,
    options?: ListenerOptions | boolean,
  ): void;
  /**
   * Adds a listener to a topic, a bare event type or `*`. The events are those of the topic; their `type` is always the full
   * topic.
   */
  addEventListener<TTopic extends TopicOf<TEvent>>(
    type: TTopic,
    callback: TypedEventListenerOrEventListenerObject<EventOn<TEvent, TTopic>> | null,
    options?: ListenerOptions | boolean,
  ): void;
  /** Adds a listener of some of the events of the target. */
  addEventListener<TCurrentEvent extends TEvent>(
    type: TCurrentEvent["type"],
    callback: TypedEventListenerOrEventListenerObject<TCurrentEvent> | null,
    options?: ListenerOptions | boolean,
  ): void;
  /** Removes a listener of the status. */
  removeEventListener(
    type: "statuschange",
    callback: TypedEventListenerOrEventListenerObject<StatusEvent> | null,
    options?: Pick<ListenerOptions, "capture"> | boolean,
  ): void;
  /** Removes a listener from a topic, a bare event type or `*`. */
  removeEventListener<TTopic extends TopicOf<TEvent>>(
    type: TTopic,
    callback: TypedEventListenerOrEventListenerObject<EventOn<TEvent, TTopic>> | null,
    options?: Pick<ListenerOptions, "capture"> | boolean,
  ): void;
  /** Removes a listener of some of the events of the target. */
  removeEventListener<TCurrentEvent extends TEvent>(
    type: TCurrentEvent["type"],
    callback: TypedEventListenerOrEventListenerObject<TCurrentEvent> | null,
    options?: Pick<ListenerOptions, "capture"> | boolean,
  ): void;
  /**
   * Sends an event without building an `Event`. After the target has closed, the event is dropped and reported
   * (`onError`, stage `publish`).
   *
   * @throws {TypeError} If the envelope's type or id is invalid.
   */
  publish(envelope: EventEnvelope): void;
  /**
   * Listens to the envelopes of a topic, of every id of a type (`id` undefined), or of all topics (`type` `*`).
   *
   * @returns A function that removes the listener at once.
   * @throws {TypeError} If the type or the id is invalid, or the listener has no method `onEvent`.
   */
  listen(type: string, id: string | undefined, listener: EnvelopeListener): () => void;
  /** The past of the events, on a target that keeps some of them. */
  readonly history?: HistorySource<EventEnvelope> | undefined;
  /** The option `tracing`. */
  readonly tracing?: EventTracing | undefined;
  /** The kind of the target, for logs. */
  readonly [Symbol.toStringTag]: string;
  /** The current status. */
  readonly status: EventTargetStatus;
  /** Reads the counters and gauges of the target, as a new object. It costs nothing until it is called. */
  stats(): EventTargetStats;
  /**
   * Resolves when the far end has handled everything that was published before, subscriptions included. It rejects with the
   * reason of `signal` when that aborts.
   *
   * @throws {ConnectionLostError} As a rejection, if the connection ends first, or has ended for good.
   * @throws {DOMException} As a rejection, a `TimeoutError` if the far end has not answered within `flushTimeoutMs`.
   */
  flush(options?: FlushOptions): Promise<void>;
  /** Sends queued events and ends the target, within two seconds in any state. Further calls return the same promise. */
  close(): Promise<void>;
  /** Resolves when the target has ended, with the error that ended it, if any. Never rejects. */
  readonly closed: Promise<Error | undefined>;
}
