import { onAbort } from "./abort.ts";
import {
  type AnyEventListener,
  type Listener,
  ListenerList,
  ListenerRecord,
  type Readiness,
} from "./listener_list.ts";
import { ignore } from "./ignore.ts";
import { adoptRejection, callSafely } from "./report.ts";
import { splitTopic, type Topic, topicOf } from "./topic.ts";
import { TopicIndex } from "./topic_index.ts";
import type { EnvelopeListener, ErrorStage, EventEnvelope, ListenerOptions } from "./types.ts";

export type { Readiness };

/** The callbacks of a {@linkcode ListenerTable}. */
export interface ListenerHost {
  /** Called before a topic gets its first listener, and again for the next listener after a refusal. */
  onFirstListener(topic: string, list: ListenerList): Readiness;
  /** Called after a topic has lost its last listener. */
  onLastListener(topic: string): void;
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic: string): void;
}

/** For listeners to which the far end sends nothing. */
export const NO_FAR_END: ListenerHost = {
  onFirstListener: () => "ready",
  onLastListener: ignore,
  report: ignore,
};

/** The event target whose listeners a {@linkcode ListenerTable} holds. */
export interface ListenerOwner extends ListenerHost, EventTarget {}

/**
 * The listeners of an event target, by topic. They follow the DOM's rules: an event listener is registered once, and
 * listeners keep their order of registration.
 */
export class ListenerTable {
  /** To look up only. */
  readonly lists: TopicIndex<ListenerList> = new TopicIndex();
  readonly owner: ListenerHost;

  constructor(owner: ListenerHost) {
    this.owner = owner;
  }

  /**
   * The list that has the topic of a value and a listener by `listen`: the value is therefore an envelope. This takes less
   * time than to check it.
   */
  listOf(value: Partial<EventEnvelope> | null | undefined): ListenerList | undefined {
    const { type, id } = value ?? {};
    const list = typeof type === "string" && typeof id === "string" ? this.lists.find(type, id) : undefined;
    return list !== undefined && list.size > list.eventListeners ? list : undefined;
  }

  /** Registers a listener of envelopes, any number of times, and returns a function that removes it. */
  listen(topic: Topic, envelopeListener: EnvelopeListener): () => void {
    const list = this.#list(topic);
    let listener: Listener;
    if (envelopeListener instanceof ListenerRecord && envelopeListener.table === undefined) {
      listener = envelopeListener;
      envelopeListener.table = this;
    } else {
      // A literal, which a dispatch reads faster than an instance of a class.
      listener = { list, envelopeListener, eventListener: undefined, isReady: false };
    }
    this.#add(list, listener);
    if (list.readiness === "ready") this.notifyReady(list, listener);
    return this.remove.bind(this, listener);
  }

  /** `EventTarget.addEventListener`. */
  addEventListener(
    topic: string,
    eventListener: AnyEventListener,
    options: ListenerOptions | boolean | undefined,
  ): void {
    const { capture = false, once = false, signal } = flatten(options);
    if (signal?.aborted) return;
    const list = this.#list(splitTopic(topic));
    if (list.find(eventListener, capture) !== undefined) return;
    const listener: Listener = {
      list,
      envelopeListener: undefined,
      eventListener,
      isReady: false,
      capture,
      once,
      release: signal && onAbort(signal, () => this.remove(listener)),
    };
    this.#add(list, listener);
  }

  /** `EventTarget.removeEventListener`. */
  removeEventListener(
    topic: string,
    eventListener: AnyEventListener,
    options: Pick<ListenerOptions, "capture"> | boolean | undefined,
  ): void {
    const { capture = false } = flatten(options);
    const listener = this.lists.get(splitTopic(topic))?.find(eventListener, capture);
    if (listener !== undefined) this.remove(listener);
  }

  /** Removes a listener, if it is not removed already. */
  remove(listener: Listener): void {
    const { list } = listener;
    if (list === undefined) return;
    list.remove(listener);
    // After an end, the topic may have another list already.
    if (list.size > 0 || this.lists.get(list) !== list) return;
    this.lists.delete(list);
    if (list.readiness !== "refused") this.owner.onLastListener(topicOf(list.type, list.id));
  }

  /** Notifies the listeners of envelopes that events may have been missed: of all topics, or of some. */
  notifyGap(lists: Iterable<ListenerList> = this.lists.values()): void {
    for (const list of [...lists]) {
      for (const { envelopeListener } of list) this.#call(list, () => envelopeListener?.onGap?.());
    }
  }

  /** Removes every listener, and ends those of envelopes: with an error, or after a local close without one. */
  endAll(error: Error | undefined): void {
    const lists = [...this.lists.values()];
    this.lists.clear();
    for (const list of lists) {
      this.end(list, error);
      for (const listener of list) list.remove(listener);
      this.owner.onLastListener(topicOf(list.type, list.id));
    }
  }

  /** Ends the listeners of envelopes of one list, but for those that a test holds for. Event listeners stay. */
  end(
    list: ListenerList,
    error: Error | undefined,
    isKept?: (listener: EnvelopeListener) => boolean,
  ): void {
    for (const listener of list) {
      const { envelopeListener } = listener;
      if (envelopeListener === undefined || isKept?.(envelopeListener)) continue;
      this.remove(listener);
      this.#call(list, () => envelopeListener.onEnd?.(error));
    }
  }

  #list(topic: Topic): ListenerList {
    return this.lists.get(topic) ?? new ListenerList(topic);
  }

  #add(list: ListenerList, listener: Listener): void {
    const first = list.size === 0;
    if (first || list.readiness === "refused") {
      // Before the table changes: if the owner throws, nothing is registered.
      list.readiness = this.owner.onFirstListener(topicOf(list.type, list.id), list);
    }
    if (first) this.lists.set(list, list);
    listener.list = list;
    list.add(listener);
  }

  /** Notifies a listener that its topic is acknowledged. */
  notifyReady(list: ListenerList, listener: Listener): void {
    listener.isReady = true;
    // Without the closures of #call(), since most topics are acknowledged as they are listened to.
    try {
      const result: unknown = listener.envelopeListener?.onReady?.();
      if (result !== undefined) adoptRejection(result, (error) => this.#report(list, error));
    } catch (error) {
      this.#report(list, error);
    }
  }

  #call(list: ListenerList, callback: () => unknown): void {
    callSafely(callback, (error) => this.#report(list, error));
  }

  #report(list: ListenerList, error: unknown): void {
    this.owner.report("listener", error, topicOf(list.type, list.id));
  }
}

/** The options of a listener as the DOM reads them: a boolean is `capture`, and null means no options. */
function flatten(options: ListenerOptions | boolean | null | undefined): ListenerOptions {
  return typeof options === "boolean" ? { capture: options } : options ?? {};
}
