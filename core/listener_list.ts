import type { Topic } from "./topic.ts";
import type { EnvelopeListener } from "./types.ts";

/** A callback as `addEventListener` takes it, its types erased. */
export type AnyCallback = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

/** One registered listener: an {@linkcode EnvelopeListener}, or a callback of `addEventListener`. */
export interface Listener {
  /** The list it stands in; `undefined` once it is removed. */
  list: ListenerList | undefined;
  /** What hears envelopes, if it came by `listen`. */
  readonly observer: EnvelopeListener | undefined;
  /** What hears events, if it came by `addEventListener`. */
  readonly callback: AnyCallback | undefined;
  /** The DOM's flag of that name; a callback counts once for each value. */
  readonly capture: boolean;
  /** Whether it is removed before its first call. */
  readonly once: boolean;
  /** Stops waiting for the signal that would remove it. */
  release: (() => void) | undefined;
  /** Whether it was told that the far end has acknowledged the topic. */
  ready: boolean;
}

const MIN_COMPACTED = 16;

/**
 * The listeners of one topic, in the order of their registration. Adding and removing take constant time on average;
 * who iterates over `entries` up to the length it had at the start meets no listener that was added meanwhile, and
 * knows a removed one by its missing `list`.
 */
export class ListenerList implements Topic {
  /**
   * The only listener, if there is just one and it came by `listen`. Most topics are like this, and where there are
   * a million of them, each object less on the way to the listener is a cache miss less.
   */
  sole: EnvelopeListener | undefined;
  readonly type: string;
  readonly id: string | undefined;
  /** The listeners, removed ones included until the next compaction, which replaces the array. */
  entries: Listener[] = [];
  /** How many are not removed. */
  size = 0;
  /** How many of those are callbacks of `addEventListener`. */
  callbacks = 0;
  /** Whether the far end has acknowledged the topic. */
  ready = false;
  /** Whether the far end has refused the topic; who listens next asks again. */
  refused = false;
  #capturing: Map<AnyCallback, Listener> | undefined;
  #bubbling: Map<AnyCallback, Listener> | undefined;

  /** @param topic The topic whose listeners these are. */
  constructor({ type, id }: Topic) {
    this.type = type;
    this.id = id;
  }

  /**
   * The entry of a callback, if it is registered.
   *
   * @param callback The callback.
   * @param capture The flag that it was registered with.
   * @returns Its entry.
   */
  find(callback: AnyCallback, capture: boolean): Listener | undefined {
    return (capture ? this.#capturing : this.#bubbling)?.get(callback);
  }

  /**
   * Appends a listener.
   *
   * @param listener One that is in no list.
   */
  add(listener: Listener): void {
    // An array of one takes a tenth of what an empty one takes once something was pushed to it.
    if (this.entries.length === 0) this.entries = [listener];
    else this.entries.push(listener);
    this.size++;
    this.sole = this.size === 1 ? listener.observer : undefined;
    if (listener.callback === undefined) return;
    this.callbacks++;
    const known = listener.capture ? (this.#capturing ??= new Map()) : (this.#bubbling ??= new Map());
    known.set(listener.callback, listener);
  }

  /**
   * Removes a listener.
   *
   * @param listener One that is in this list.
   */
  remove(listener: Listener): void {
    listener.list = undefined;
    listener.release?.();
    listener.release = undefined;
    this.size--;
    if (listener.callback !== undefined) {
      this.callbacks--;
      (listener.capture ? this.#capturing : this.#bubbling)?.delete(listener.callback);
    }
    this.sole = this.size === 1 ? this.entries.find(({ list }) => list !== undefined)?.observer : undefined;
    if (this.entries.length >= MIN_COMPACTED && this.size * 2 < this.entries.length) {
      this.entries = this.entries.filter((entry) => entry.list !== undefined);
    }
  }
}
