import { describe } from "./describe.ts";
import { detailOf, envelopeOn, topicOfEnvelope } from "./envelope.ts";
import type { AnyEventListener, Listener, ListenerList } from "./listener_list.ts";
import type { ListenerOwner, ListenerTable } from "./listener_table.ts";
import { adoptRejection } from "./report.ts";
import { splitTopic } from "./topic.ts";
import { dispatchNatively, type Stoppable, TopicEvent } from "./topic_event.ts";
import type { EnvelopeListener, EventEnvelope } from "./types.ts";

const NO_LISTENERS: readonly Listener[] = [];

/**
 * Calls the listeners of an event target. As in the DOM, a dispatch skips listeners that are removed or added during it.
 * Listeners of the topic come before those of the bare type, and these before those of `*`.
 */
export class Dispatcher {
  readonly listeners: ListenerTable;
  /** The events that reached a listener. */
  delivered = 0;
  /** Those that nobody listened to. */
  unheard = 0;
  /** Those that are no envelopes, where only listeners of envelopes listened. */
  undeliverable = 0;
  readonly #owner: ListenerOwner;

  constructor(owner: ListenerOwner, listeners: ListenerTable) {
    this.#owner = owner;
    this.listeners = listeners;
  }

  /** Delivers a well-formed envelope to the listeners of its topic, of its bare type and of `*`. `list` was found last. */
  emit(envelope: EventEnvelope, list?: ListenerList): void {
    const { lists } = this.listeners;
    list ??= lists.find(envelope.type, envelope.id);
    if (lists.coversFound || list?.eventListeners) return this.#emitOnLevels(envelope, list);
    if (list === undefined) return void this.unheard++;
    this.delivered++;
    if (list.only !== undefined) return this.#callEnvelopeListener(list.only, envelope);
    const { entries } = list;
    this.#callEnvelopeListeners(entries, entries.length, envelope);
  }

  /**
   * Delivers to the listeners of exactly one topic, for transports that deliver by subscription. Listeners of envelopes
   * are called only if the detail is an envelope that the event's type covers; any other detail is reported.
   *
   * @param topic The topic, the bare type or `*` that the transport delivered on.
   * @param type The event's type: the full topic, where the transport knows it.
   * @param detail The event's detail.
   */
  emitOn(topic: string, type: string, detail: unknown): void {
    const list = this.listeners.lists.get(splitTopic(topic));
    if (list !== undefined) this.emitTo(list, type, detail);
    else this.unheard++;
  }

  /** {@linkcode emitOn} for a list that `onFirstListener` gave, until `onLastListener`. */
  emitTo(list: ListenerList, type: string, detail: unknown): void {
    const envelope = envelopeOn(type, detail);
    if (envelope === undefined && list.eventListeners === 0) {
      this.undeliverable++;
      return this.#reportUndeliverable(type, detail);
    }
    this.delivered++;
    if (list.eventListeners > 0) this.#callWithNewEvent(type, detail, envelope, list);
    else if (envelope !== undefined) this.#callEnvelopeListeners(list.entries, list.entries.length, envelope);
  }

  /**
   * `EventTarget.dispatchEvent`: calls every listener with an event, whatever its detail. Listeners of envelopes are
   * called as by {@linkcode emitOn}. Returns `false` if the event was cancelable and a listener prevented it.
   */
  dispatch(event: Event): boolean {
    const { type, id } = splitTopic(event.type);
    const { lists } = this.listeners;
    const topicList = id === undefined ? undefined : lists.find(type, id);
    const envelope = envelopeOn(event.type, detailOf(event));
    const bareList = lists.bare(type);
    const everyList = lists.every;
    this.#count([topicList, bareList, everyList], envelope);
    return dispatchNatively(this.#owner, event, (dispatch) => {
      this.#callWithEvent(event, envelope, dispatch, topicList, bareList, everyList);
    });
  }

  /** Counts an event that may be no envelope. */
  #count(lists: readonly (ListenerList | undefined)[], envelope: EventEnvelope | undefined): void {
    const found = lists.filter((list) => list !== undefined);
    if (found.length === 0) this.unheard++;
    else if (envelope !== undefined || found.some((list) => list.eventListeners > 0)) this.delivered++;
    else this.undeliverable++;
  }

  #callWithNewEvent(
    type: string,
    detail: unknown,
    envelope: EventEnvelope | undefined,
    topicList: ListenerList | undefined,
    bareList?: ListenerList,
    everyList?: ListenerList,
  ): void {
    const event = new TopicEvent(type, detail, this.#owner);
    this.#callWithEvent(event, envelope, event, topicList, bareList, everyList);
    event.finish();
  }

  /** Calls listeners of both kinds, in order. Without an envelope, those of envelopes get one report together. */
  #callWithEvent(
    event: Event,
    envelope: EventEnvelope | undefined,
    dispatch: Stoppable,
    topicList: ListenerList | undefined,
    bareList?: ListenerList,
    everyList?: ListenerList,
  ): void {
    const bareEntries = entriesOf(bareList);
    const everyEntries = entriesOf(everyList);
    // Before a listener adds others.
    const [bareLength, everyLength] = [bareEntries.length, everyEntries.length];
    const topicEntries = entriesOf(topicList);
    this.#callLevel(event, envelope, dispatch, topicEntries, topicEntries.length);
    if (bareLength > 0) this.#callLevel(event, envelope, dispatch, bareEntries, bareLength);
    if (everyLength > 0) this.#callLevel(event, envelope, dispatch, everyEntries, everyLength);
  }

  #callLevel(
    event: Event,
    envelope: EventEnvelope | undefined,
    dispatch: Stoppable,
    entries: readonly Listener[],
    length: number,
  ): void {
    for (let i = 0; i < length && !dispatch.stopped; i++) {
      const listener = entries[i];
      if (listener?.list === undefined) continue;
      if (listener.once) this.listeners.remove(listener);
      try {
        if (listener.eventListener !== undefined) {
          this.#adopt(call(listener.eventListener, this.#owner, event), event.type);
        } else if (envelope !== undefined) {
          this.#adopt(listener.envelopeListener?.onEvent(envelope), event.type);
        } else if (!dispatch.reported) {
          dispatch.reported = true;
          this.#reportUndeliverable(event.type, detailOf(event));
        }
      } catch (error) {
        this.#owner.report("listener", error, event.type);
      }
    }
  }

  /** The rest of {@linkcode emit}, apart from what V8 is to inline. */
  #emitOnLevels(envelope: EventEnvelope, topicList: ListenerList | undefined): void {
    const { lists } = this.listeners;
    const bareList = lists.bare(envelope.type);
    const everyList = lists.every;
    this.delivered++;
    if (topicList?.eventListeners || bareList?.eventListeners || everyList?.eventListeners) {
      return this.#callWithNewEvent(
        topicOfEnvelope(envelope),
        envelope,
        envelope,
        topicList,
        bareList,
        everyList,
      );
    }
    const topicEntries = entriesOf(topicList);
    const bareEntries = entriesOf(bareList);
    const everyEntries = entriesOf(everyList);
    // Without snapshots, which cost as much as a call.
    const [bareLength, everyLength] = [bareEntries.length, everyEntries.length];
    this.#callEnvelopeListeners(topicEntries, topicEntries.length, envelope);
    this.#callEnvelopeListeners(bareEntries, bareLength, envelope);
    this.#callEnvelopeListeners(everyEntries, everyLength, envelope);
  }

  /** The fast path, which builds no event: every listener came by `listen`. */
  #callEnvelopeListeners(entries: readonly Listener[], length: number, envelope: EventEnvelope): void {
    for (let i = 0; i < length; i++) {
      const listener = entries[i];
      if (listener?.list === undefined) continue;
      // As in #callEnvelopeListener(), which V8 would not always inline here.
      try {
        const result: unknown = listener.envelopeListener?.onEvent(envelope);
        if (result !== undefined) this.#adoptOf(envelope, result);
      } catch (error) {
        this.#reportOf(envelope, error);
      }
    }
  }

  #callEnvelopeListener(listener: EnvelopeListener, envelope: EventEnvelope): void {
    try {
      const result: unknown = listener.onEvent(envelope);
      if (result !== undefined) this.#adoptOf(envelope, result);
    } catch (error) {
      this.#reportOf(envelope, error);
    }
  }

  #adoptOf(envelope: EventEnvelope, result: unknown): void {
    this.#adopt(result, topicOfEnvelope(envelope));
  }

  #reportOf(envelope: EventEnvelope, error: unknown): void {
    this.#owner.report("listener", error, topicOfEnvelope(envelope));
  }

  #adopt(result: unknown, topic: string): void {
    adoptRejection(result, (error) => this.#owner.report("listener", error, topic));
  }

  #reportUndeliverable(topic: string, detail: unknown): void {
    const reason = "it is not an envelope of that topic";
    const error = new TypeError(`Cannot deliver ${describe(detail)} on ${describe(topic)}: ${reason}`);
    this.#owner.report("decode", error, topic);
  }
}

function entriesOf(list: ListenerList | undefined): readonly Listener[] {
  return list?.entries ?? NO_LISTENERS;
}

function call(listener: AnyEventListener, target: EventTarget, event: Event): unknown {
  return typeof listener === "function" ? listener.call(target, event) : listener.handleEvent(event);
}
