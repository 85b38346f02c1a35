import { describe } from "./describe.ts";
import type { Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope } from "./types.ts";

/** A listener as `addEventListener` takes it, without the types of its events. */
export type AnyEventListener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

/** Accepts a listener, or none. Throws a `TypeError` for anything else. */
export function asEventListener(callback: unknown): AnyEventListener | undefined {
  if (callback === null || callback === undefined || isEventListener(callback)) return callback ?? undefined;
  throw new TypeError(`Cannot listen with ${describe(callback)}: a listener must be a function or an object`);
}

/** Event types exist only in signatures, and a missing `handleEvent` is a fault of each event, as in the DOM. */
function isEventListener(callback: unknown): callback is AnyEventListener {
  return typeof callback === "function" || typeof callback === "object";
}

/** Whether the far end has acknowledged a topic, or will do so later. */
export type Readiness = "ready" | "pending";

export function assertEnvelopeListener(listener: EnvelopeListener | null | undefined): void {
  if (typeof listener?.onEvent === "function") return;
  throw new TypeError(`Cannot listen with ${describe(listener)}: it has no method onEvent`);
}

/** One registration: of an {@linkcode EnvelopeListener} by `listen`, or of an event listener by `addEventListener`. */
export interface Listener {
  /** The list that holds it; `undefined` once it is removed. */
  list: ListenerList | undefined;
  readonly envelopeListener: EnvelopeListener | undefined;
  readonly eventListener: AnyEventListener | undefined;
  /** Whether `onReady` has been called. */
  isReady: boolean;
  // A listener by `listen` takes no memory for the rest.
  readonly capture?: boolean;
  readonly once?: boolean;
  /** Stops waiting for the signal that would remove it. */
  release?: (() => void) | undefined;
}

/** A listener of envelopes that is its own registration, once: another object would take as much memory as its list. */
export abstract class ListenerRecord implements Listener {
  list: ListenerList | undefined = undefined;
  /** The table in which it is its own registration, from then on. */
  table: { readonly owner: object; remove(listener: Listener): void } | undefined = undefined;
  isReady = false;

  abstract onEvent(envelope: EventEnvelope): void;

  get envelopeListener(): EnvelopeListener {
    return this;
  }

  get eventListener(): undefined {
    return undefined;
  }
}

const MIN_COMPACTED = 16;

/**
 * The listeners of one topic, in order of registration. Adding and removing take constant time on average. A dispatch reads
 * `entries` and its length first: later listeners lie behind that length, and removed ones have no `list`.
 */
export class ListenerList implements Topic {
  /**
   * The only listener, if there is exactly one and it came by `listen`. Most topics have one such listener, and with a
   * million topics each object fewer on the way to it saves a cache miss.
   */
  only: EnvelopeListener | undefined;
  readonly type: string;
  readonly id: string | undefined;
  /** The number of listeners, without removed ones. */
  size = 0;
  /** The answer of the far end. After a refusal, the next listener asks again. */
  readiness: Readiness | "refused" = "pending";
  /** How many of them came by `addEventListener`. */
  eventListeners = 0;
  /** A list of one listener needs no array, which would take as much memory as the listener. */
  #first: Listener | undefined;
  #entries: Listener[] | undefined;
  /** The event listeners by callback: the bubbling ones, and the capturing ones. */
  #known: (Map<AnyEventListener, Listener> | undefined)[] | undefined;

  constructor({ type, id }: Topic) {
    this.type = type;
    this.id = id;
  }

  /** The listeners, including removed ones until the next compaction, which replaces the array. */
  get entries(): readonly Listener[] {
    return this.#entries ?? this.#array();
  }

  /** The listeners of this moment, one by one, without those that are removed meanwhile. */
  *[Symbol.iterator](): Iterator<Listener> {
    for (const listener of [...this.entries]) if (listener.list !== undefined) yield listener;
  }

  /** Finds the registration of an event listener. */
  find(eventListener: AnyEventListener, capture: boolean): Listener | undefined {
    return this.#known?.[Number(capture)]?.get(eventListener);
  }

  /** Appends a listener, which must be in no list. */
  add(listener: Listener): void {
    const { envelopeListener, eventListener, capture } = listener;
    if (this.size > 0 || this.#entries !== undefined) this.#array().push(listener);
    else this.#first = listener;
    this.only = this.size++ === 0 ? envelopeListener : undefined;
    if (eventListener === undefined) return;
    this.eventListeners++;
    ((this.#known ??= [])[Number(capture)] ??= new Map()).set(eventListener, listener);
  }

  /** Removes a listener, which must be in this list. */
  remove(listener: Listener): void {
    const { eventListener, capture, release } = listener;
    listener.list = undefined;
    if (eventListener !== undefined) {
      this.eventListeners--;
      this.#known?.[Number(capture)]?.delete(eventListener);
    }
    if (release !== undefined) {
      listener.release = undefined;
      release();
    }
    this.only = --this.size === 1 ? this.#entries?.find(isListening)?.envelopeListener : undefined;
    const length = this.#entries?.length ?? 0;
    if (length >= MIN_COMPACTED && this.size * 2 < length) this.#entries = this.#entries?.filter(isListening);
  }

  #array(): Listener[] {
    return this.#entries ??= this.#first === undefined ? [] : [this.#first];
  }
}

function isListening({ list }: Listener): boolean {
  return list !== undefined;
}
