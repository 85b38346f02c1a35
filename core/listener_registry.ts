import { onAbort } from "./abort.ts";
import {
  deliverEnvelope,
  deliverEvent,
  deliverToObserver,
  type DeliveryOwner,
  reportUndeliverable,
  type Snapshot,
  snapshotOf,
} from "./delivery.ts";
import { detailOf, envelopeOn } from "./envelope.ts";
import { type AnyCallback, type Listener, ListenerList } from "./listener_list.ts";
import { callSafely } from "./report.ts";
import { splitTopic, type Topic, topicOf } from "./topic.ts";
import { dispatchNatively, TopicEvent } from "./topic_event.ts";
import { TopicIndex } from "./topic_index.ts";
import type { EnvelopeListener, EventEnvelope } from "./types.ts";

/** What a {@linkcode ListenerRegistry} needs of the event target whose listeners it keeps. */
export interface RegistryOwner extends DeliveryOwner {
  /** A topic has its first listener, in this list. Returns whether the far end need not be waited for. */
  want(topic: string, list: ListenerList): boolean;
  /** A topic has lost its last listener. */
  unwant(topic: string): void;
}

/**
 * The local listeners of an event target, by topic, with the rules of the DOM: a callback is registered once, the
 * order of registration holds, a listener that is removed during a dispatch is not called in it, one that is added
 * is not either. Listeners of the topic come before those of the bare type, and these before those of `*`.
 */
export class ListenerRegistry {
  readonly #owner: RegistryOwner;
  readonly #lists = new TopicIndex<ListenerList>();

  /** @param owner The event target. */
  constructor(owner: RegistryOwner) {
    this.#owner = owner;
  }

  /** How many topics have listeners. */
  get topics(): number {
    return this.#lists.size;
  }

  /**
   * The topics that have listeners, as they are announced to a far end.
   *
   * @returns Their strings.
   */
  topicNames(): string[] {
    return Array.from(this.#lists.values(), ({ type, id }) => topicOf(type, id));
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
    return () => this.#remove(listener);
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
    if (signal !== undefined) listener.release = onAbort(signal, () => this.#remove(listener));
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
    const listener = this.#lists.get(splitTopic(topic))?.find(callback, capture);
    if (listener !== undefined) this.#remove(listener);
  }

  /**
   * Tells every listener of an envelope: those of its topic, of its bare type, and of `*`.
   *
   * @param envelope A well-formed envelope.
   */
  emit(envelope: EventEnvelope): void {
    const topicList = this.#lists.find(envelope.type, envelope.id);
    const bareList = this.#lists.node(envelope.type)?.bare;
    const everyList = this.#lists.every;
    if (bareList === undefined && everyList === undefined && topicList?.sole !== undefined) {
      deliverToObserver(this.#owner, topicList.sole, envelope);
    } else if (topicList?.callbacks || bareList?.callbacks || everyList?.callbacks) {
      const topic = topicOf(envelope.type, envelope.id);
      this.#deliver(snapshotOf([topicList, bareList, everyList]), topic, envelope, envelope);
    } else if (bareList === undefined && everyList === undefined) {
      if (topicList !== undefined) this.#deliverTo(topicList, envelope);
    } else {
      for (const { entries, length } of snapshotOf([topicList, bareList, everyList])) {
        deliverEnvelope(this.#owner, entries, length, envelope);
      }
    }
  }

  /**
   * Tells the listeners of exactly one topic, for transports that deliver by subscription. Those of `listen` hear it
   * only if the detail is an envelope that the event's type covers; anything else is reported.
   *
   * @param topic The topic, the bare type or `*` that the transport delivered on.
   * @param type The type of the event that callbacks hear: the full topic, where the transport knows it.
   * @param detail The detail of that event.
   */
  emitOn(topic: string, type: string, detail: unknown): void {
    const list = this.#lists.get(splitTopic(topic));
    if (list !== undefined) this.emitTo(list, type, detail);
  }

  /**
   * Does the same for a list that the owner knows: from the call of `want` to that of `unwant`.
   *
   * @param list The list that the transport delivered to.
   * @param type The type of the event that callbacks hear.
   * @param detail The detail of that event.
   */
  emitTo(list: ListenerList, type: string, detail: unknown): void {
    const envelope = envelopeOn(type, detail);
    if (list.callbacks > 0) this.#deliver(snapshotOf([list]), type, detail, envelope);
    else if (envelope !== undefined) this.#deliverTo(list, envelope);
    else reportUndeliverable(this.#owner, type, detail);
  }

  /**
   * `EventTarget.dispatchEvent`: tells every listener of an event, whatever its detail. Those of `listen` hear it only
   * if the detail is an envelope that the event's type covers; anything else is reported.
   *
   * @param event The event.
   * @returns `false` if the event was cancelable and a listener prevented it.
   */
  dispatch(event: Event): boolean {
    const { type, id } = splitTopic(event.type);
    const node = this.#lists.node(type);
    const topicList = id === undefined ? undefined : node?.ids.get(id);
    const envelope = envelopeOn(event.type, detailOf(event));
    const snapshots = snapshotOf([topicList, node?.bare, this.#lists.every]);
    return dispatchNatively(this.#owner, event, (dispatch) => {
      deliverEvent(this.#owner, snapshots, event, envelope, dispatch, this.#remove);
    });
  }

  /**
   * Notes that the far end has acknowledged a topic.
   *
   * @param topic The topic, the bare type or `*`.
   */
  acknowledge(topic: string): void {
    const list = this.#lists.get(splitTopic(topic));
    if (list === undefined || list.ready) return;
    list.ready = true;
    list.refused = false;
    for (const listener of [...list.entries]) {
      if (listener.list !== undefined && !listener.ready) this.#tellReady(list, listener);
    }
  }

  /** Notes that no topic is acknowledged any more: who listens from now on waits for the next acknowledgement. */
  suspend(): void {
    for (const list of this.#lists.values()) list.ready = false;
  }

  /** Tells the listeners of envelopes that events may have been missed. */
  tellGap(): void {
    for (const list of [...this.#lists.values()]) {
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
    const list = this.#lists.get(splitTopic(topic));
    if (list === undefined) return false;
    list.refused = true;
    list.ready = false;
    this.#end(list, error, this.#remove);
    return true;
  }

  /**
   * Ends every listener.
   *
   * @param error Why; `undefined` after a local close.
   */
  endAll(error: Error | undefined): void {
    const lists = [...this.#lists.values()];
    this.#lists.clear();
    for (const list of lists) {
      this.#end(list, error, (listener) => list.remove(listener));
      for (const listener of [...list.entries]) if (listener.list !== undefined) list.remove(listener);
      this.#owner.unwant(topicOf(list.type, list.id));
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
    return this.#lists.get(topic) ?? new ListenerList(topic);
  }

  #add(list: ListenerList, listener: Listener): void {
    const first = list.size === 0;
    if (first || list.refused) {
      // Before anything is kept: a target that throws here has not been asked.
      list.ready = this.#owner.want(topicOf(list.type, list.id), list);
      list.refused = false;
    }
    if (first) this.#lists.set(list, list);
    list.add(listener);
  }

  readonly #remove = (listener: Listener): void => {
    const { list } = listener;
    if (list === undefined) return;
    list.remove(listener);
    // A list that has ended already is not the topic's any more.
    if (list.size > 0 || this.#lists.get(list) !== list) return;
    this.#lists.delete(list);
    if (!list.refused) this.#owner.unwant(topicOf(list.type, list.id));
  };

  #deliverTo({ entries }: ListenerList, envelope: EventEnvelope): void {
    deliverEnvelope(this.#owner, entries, entries.length, envelope);
  }

  #deliver(
    snapshots: readonly Snapshot[],
    type: string,
    detail: unknown,
    envelope: EventEnvelope | undefined,
  ): void {
    const event = new TopicEvent(type, detail, this.#owner);
    deliverEvent(this.#owner, snapshots, event, envelope, event, this.#remove);
    event.finish();
  }

  #tellReady(list: ListenerList, listener: Listener): void {
    listener.ready = true;
    this.#call(list, () => listener.observer?.onReady?.());
  }

  #call(list: ListenerList, callback: () => unknown): void {
    callSafely(callback, (error) => this.#owner.report("listener", error, topicOf(list.type, list.id)));
  }
}
