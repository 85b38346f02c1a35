import { onAbort } from "./abort.ts";
import type { DeliveryOwner } from "./delivery.ts";
import { type AnyCallback, type Listener, ListenerList } from "./listener_list.ts";
import { callSafely } from "./report.ts";
import { splitTopic, type Topic, topicOf } from "./topic.ts";
import { TopicIndex } from "./topic_index.ts";
import type { EnvelopeListener } from "./types.ts";

/** What a {@linkcode Registrations} needs of the event target whose listeners it keeps. */
export interface RegistryOwner extends DeliveryOwner {
  /** A topic has its first listener, in this list. Returns whether the far end need not be waited for. */
  want(topic: string, list: ListenerList): boolean;
  /** A topic has lost its last listener. */
  unwant(topic: string): void;
}

/**
 * Who listens to what, from the first listener of a topic, for which the far end is asked, to the last. The rules are
 * the DOM's: a callback is registered once, and the order of registration holds.
 */
export class Registrations {
  protected readonly owner: RegistryOwner;
  protected readonly lists: TopicIndex<ListenerList> = new TopicIndex();

  /** @param owner The event target. */
  constructor(owner: RegistryOwner) {
    this.owner = owner;
  }

  /** How many topics have listeners. */
  get topics(): number {
    return this.lists.size;
  }

  /**
   * The topics that have listeners, as they are announced to a far end.
   *
   * @returns Their strings.
   */
  topicNames(): string[] {
    return Array.from(this.lists.values(), ({ type, id }) => topicOf(type, id));
  }

  /**
   * Registers a listener of envelopes.
   *
   * @param topic The topic, the bare type or `*`.
   * @param observer The listener; the same one may be registered many times.
   * @returns A function that removes it.
   */
  listen(topic: Topic, observer: EnvelopeListener): () => void {
    const list = this.#list(topic);
    const listener: Listener = {
      list,
      observer,
      callback: undefined,
      capture: false,
      once: false,
      release: undefined,
      ready: false,
    };
    this.#add(list, listener);
    if (list.ready) this.#tellReady(list, listener);
    return () => this.remove(listener);
  }

  /**
   * `EventTarget.addEventListener`.
   *
   * @param topic The topic, the bare type or `*`.
   * @param callback The callback.
   * @param options The DOM's options.
   */
  addCallback(topic: string, callback: AnyCallback, options: AddEventListenerOptions | boolean): void {
    const { capture = false, once = false, signal } = typeof options === "boolean"
      ? { capture: options }
      : options;
    if (signal?.aborted) return;
    const list = this.#list(splitTopic(topic));
    if (list.find(callback, capture) !== undefined) return;
    const listener: Listener = {
      list,
      observer: undefined,
      callback,
      capture,
      once,
      release: undefined,
      ready: false,
    };
    if (signal !== undefined) listener.release = onAbort(signal, () => this.remove(listener));
    this.#add(list, listener);
  }

  /**
   * `EventTarget.removeEventListener`.
   *
   * @param topic The topic, the bare type or `*`.
   * @param callback The callback.
   * @param options The DOM's options.
   */
  removeCallback(topic: string, callback: AnyCallback, options: EventListenerOptions | boolean): void {
    const { capture = false } = typeof options === "boolean" ? { capture: options } : options;
    const listener = this.lists.get(splitTopic(topic))?.find(callback, capture);
    if (listener !== undefined) this.remove(listener);
  }

  /**
   * Notes that the far end has acknowledged a topic.
   *
   * @param topic The topic, the bare type or `*`.
   */
  acknowledge(topic: string): void {
    const list = this.lists.get(splitTopic(topic));
    if (list === undefined || list.ready) return;
    list.ready = true;
    list.refused = false;
    for (const listener of [...list.entries]) {
      if (listener.list !== undefined && !listener.ready) this.#tellReady(list, listener);
    }
  }

  /** Notes that no topic is acknowledged any more: who listens from now on waits for the next acknowledgement. */
  suspend(): void {
    for (const list of this.lists.values()) list.ready = false;
  }

  /** Tells the listeners of envelopes that events may have been missed. */
  tellGap(): void {
    for (const list of [...this.lists.values()]) {
      for (const { observer, list: current } of [...list.entries]) {
        if (current !== undefined && observer?.onGap !== undefined) {
          this.#call(list, () => observer.onGap?.());
        }
      }
    }
  }

  /**
   * Ends the listeners of envelopes of one topic. Callbacks stay registered: the DOM has no way to tell them.
   *
   * @param topic The topic, the bare type or `*`.
   * @param error Why.
   * @returns Whether the topic had listeners.
   */
  endTopic(topic: string, error: Error): boolean {
    const list = this.lists.get(splitTopic(topic));
    if (list === undefined) return false;
    list.refused = true;
    list.ready = false;
    this.#end(list, error, this.remove);
    return true;
  }

  /**
   * Ends every listener.
   *
   * @param error Why; `undefined` after a local close.
   */
  endAll(error: Error | undefined): void {
    const lists = [...this.lists.values()];
    this.lists.clear();
    for (const list of lists) {
      this.#end(list, error, (listener) => list.remove(listener));
      for (const listener of [...list.entries]) if (listener.list !== undefined) list.remove(listener);
      this.owner.unwant(topicOf(list.type, list.id));
    }
  }

  #end(list: ListenerList, error: Error | undefined, remove: (listener: Listener) => void): void {
    for (const listener of [...list.entries]) {
      const { observer } = listener;
      if (observer === undefined || listener.list === undefined) continue;
      remove(listener);
      this.#call(list, () => observer.onEnd?.(error));
    }
  }

  #list(topic: Topic): ListenerList {
    return this.lists.get(topic) ?? new ListenerList(topic);
  }

  #add(list: ListenerList, listener: Listener): void {
    const first = list.size === 0;
    if (first || list.refused) {
      // Before anything is kept: a target that throws here has not been asked.
      list.ready = this.owner.want(topicOf(list.type, list.id), list);
      list.refused = false;
    }
    if (first) this.lists.set(list, list);
    list.add(listener);
  }

  protected readonly remove = (listener: Listener): void => {
    const { list } = listener;
    if (list === undefined) return;
    list.remove(listener);
    // A list that has ended already is not the topic's any more.
    if (list.size > 0 || this.lists.get(list) !== list) return;
    this.lists.delete(list);
    if (!list.refused) this.owner.unwant(topicOf(list.type, list.id));
  };

  #tellReady(list: ListenerList, listener: Listener): void {
    listener.ready = true;
    this.#call(list, () => listener.observer?.onReady?.());
  }

  #call(list: ListenerList, callback: () => unknown): void {
    callSafely(callback, (error) => this.owner.report("listener", error, topicOf(list.type, list.id)));
  }
}
