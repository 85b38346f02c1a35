import { onAbort } from "./abort.ts";
import { describe, detailOf, envelopeOn } from "./envelope.ts";
import { type AnyCallback, type Listener, ListenerList } from "./listener_list.ts";
import { adoptRejection } from "./report.ts";
import { splitTopic, type Topic, topicOf } from "./topic.ts";
import { dispatchNatively, type Stoppable, TopicEvent } from "./topic_event.ts";
import { TopicIndex } from "./topic_index.ts";
import type { EnvelopeListener, ErrorStage, EventEnvelope } from "./types.ts";

/** What a {@linkcode ListenerRegistry} needs of the event target whose listeners it keeps. */
export interface RegistryOwner extends EventTarget {
  /** A topic has its first listener. Returns whether the far end need not be waited for. */
  want(topic: string): boolean;
  /** A topic has lost its last listener. */
  unwant(topic: string): void;
  /** A fault that is not the caller's mistake happened. */
  report(stage: ErrorStage, error: unknown, topic: string): void;
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
    };
    this.#add(list, listener);
    if (list.refused) this.#want(list);
    if (list.ready) this.#guard(list, () => observer.onReady?.());
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
    const listener: Listener = { list, observer: undefined, callback, capture, once, release: undefined };
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
    const node = this.#lists.node(envelope.type);
    const topicList = node?.ids.get(envelope.id);
    const bareList = node?.bare;
    const everyList = this.#lists.every;
    if (topicList?.callbacks || bareList?.callbacks || everyList?.callbacks) {
      const topic = topicOf(envelope.type, envelope.id);
      this.#callAll(new TopicEvent(topic, envelope, this.#owner), envelope, [topicList, bareList, everyList]);
      return;
    }
    if (bareList === undefined && everyList === undefined) {
      if (topicList !== undefined) this.#callObservers(topicList.entries, topicList.entries.length, envelope);
      return;
    }
    for (const { entries, length } of snapshotOf([topicList, bareList, everyList])) {
      this.#callObservers(entries, length, envelope);
    }
  }

  /**
   * Tells the listeners of exactly one topic, for transports that deliver by subscription. Those of `listen` hear it
   * only if the detail is an envelope that the topic covers; anything else is reported.
   *
   * @param topic The topic, the bare type or `*` that the transport delivered on.
   * @param type The type of the event that callbacks hear.
   * @param detail The detail of that event.
   */
  emitOn(topic: string, type: string, detail: unknown): void {
    const list = this.#lists.get(splitTopic(topic));
    if (list === undefined) return;
    const envelope = envelopeOn(topic, detail);
    if (list.callbacks > 0) this.#callAll(new TopicEvent(type, detail, this.#owner), envelope, [list]);
    else if (envelope !== undefined) this.#callObservers(list.entries, list.entries.length, envelope);
    else this.#reportForeign(topic, detail);
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
    return dispatchNatively(
      this.#owner,
      event,
      (dispatch) => this.#callEach(snapshots, event, envelope, dispatch),
    );
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
    for (const listener of [...list.entries]) {
      if (listener.list !== undefined) this.#guard(list, () => listener.observer?.onReady?.());
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
    this.#end(list, error, (listener) => this.#remove(listener));
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
      this.#guard(list, () => observer.onEnd?.(error));
    }
  }

  #list(topic: Topic): ListenerList {
    return this.#lists.get(topic) ?? new ListenerList(topic);
  }

  #add(list: ListenerList, listener: Listener): void {
    list.add(listener);
    if (list.size > 1) return;
    this.#lists.set(list, list);
    this.#want(list);
  }

  #want(list: ListenerList): void {
    list.refused = false;
    list.ready = this.#owner.want(topicOf(list.type, list.id));
  }

  #remove(listener: Listener): void {
    const { list } = listener;
    if (list === undefined) return;
    list.remove(listener);
    if (list.size > 0) return;
    this.#lists.delete(list);
    if (!list.refused) this.#owner.unwant(topicOf(list.type, list.id));
  }

  #callObservers(entries: readonly Listener[], length: number, envelope: EventEnvelope): void {
    for (let i = 0; i < length; i++) {
      const listener = entries[i];
      if (listener?.list === undefined) continue;
      try {
        // The lists hold no callbacks here, so that every listener is an observer.
        const result: unknown = listener.observer?.onEvent(envelope);
        if (result !== undefined) this.#adopt(result, topicOf(envelope.type, envelope.id));
      } catch (error) {
        this.#owner.report("listener", error, topicOf(envelope.type, envelope.id));
      }
    }
  }

  #callAll(
    event: TopicEvent,
    envelope: EventEnvelope | undefined,
    lists: readonly (ListenerList | undefined)[],
  ): void {
    this.#callEach(snapshotOf(lists), event, envelope, event);
    event.finish();
  }

  #callEach(
    snapshots: readonly Snapshot[],
    event: Event,
    envelope: EventEnvelope | undefined,
    dispatch: Stoppable,
  ): void {
    let reported = false;
    for (const { entries, length } of snapshots) {
      for (let i = 0; i < length && !dispatch.stopped; i++) {
        const listener = entries[i];
        if (listener?.list === undefined) continue;
        if (listener.once) this.#remove(listener);
        try {
          if (listener.callback !== undefined) {
            this.#adopt(invoke(listener.callback, this.#owner, event), event.type);
          } else if (envelope !== undefined) {
            this.#adopt(listener.observer?.onEvent(envelope), event.type);
          } else if (!reported) {
            reported = true;
            this.#reportForeign(event.type, detailOf(event));
          }
        } catch (error) {
          this.#owner.report("listener", error, event.type);
        }
      }
    }
  }

  #reportForeign(topic: string, detail: unknown): void {
    const error = new TypeError(
      `Cannot deliver ${describe(detail)} on "${topic}": it is not an envelope of that topic`,
    );
    this.#owner.report("decode", error, topic);
  }

  #adopt(result: unknown, topic: string): void {
    adoptRejection(result, (error) => this.#owner.report("listener", error, topic));
  }

  #guard(list: ListenerList, callback: () => unknown): void {
    try {
      callback();
    } catch (error) {
      this.#owner.report("listener", error, topicOf(list.type, list.id));
    }
  }
}

/** The listeners that a dispatch calls: what is added while it goes on lies behind the length. */
interface Snapshot {
  readonly entries: readonly Listener[];
  readonly length: number;
}

function snapshotOf(lists: readonly (ListenerList | undefined)[]): Snapshot[] {
  const snapshots: Snapshot[] = [];
  for (const list of lists) {
    if (list !== undefined) snapshots.push({ entries: list.entries, length: list.entries.length });
  }
  return snapshots;
}

function invoke(callback: AnyCallback, target: EventTarget, event: Event): unknown {
  return typeof callback === "function" ? callback.call(target, event) : callback.handleEvent(event);
}
