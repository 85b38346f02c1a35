import {
  deliverEnvelope,
  deliverEvent,
  deliverToObserver,
  reportUndeliverable,
  type Snapshot,
  snapshotOf,
} from "./delivery.ts";
import { detailOf, envelopeOn } from "./envelope.ts";
import type { ListenerList } from "./listener_list.ts";
import { Registrations } from "./listener_table.ts";
import { splitTopic, topicOf } from "./topic.ts";
import { dispatchNatively, TopicEvent } from "./topic_event.ts";
import type { EventEnvelope } from "./types.ts";

/**
 * The local listeners of an event target, who are told of events as the DOM has it: a listener that is removed during a
 * dispatch is not called in it, one that is added is not either. Listeners of the topic come before those of the bare
 * type, and these before those of `*`.
 */
export class ListenerRegistry extends Registrations {
  /**
   * Tells every listener of an envelope: those of its topic, of its bare type, and of `*`.
   *
   * @param envelope A well-formed envelope.
   */
  emit(envelope: EventEnvelope): void {
    const topicList = this.lists.find(envelope.type, envelope.id);
    const bareList = this.lists.node(envelope.type)?.bare;
    const everyList = this.lists.every;
    if (bareList === undefined && everyList === undefined && topicList?.sole !== undefined) {
      deliverToObserver(this.owner, topicList.sole, envelope);
    } else if (topicList?.callbacks || bareList?.callbacks || everyList?.callbacks) {
      const topic = topicOf(envelope.type, envelope.id);
      this.#deliver(snapshotOf([topicList, bareList, everyList]), topic, envelope, envelope);
    } else if (bareList === undefined && everyList === undefined) {
      if (topicList !== undefined) this.#deliverTo(topicList, envelope);
    } else {
      for (const { entries, length } of snapshotOf([topicList, bareList, everyList])) {
        deliverEnvelope(this.owner, entries, length, envelope);
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
    const list = this.lists.get(splitTopic(topic));
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
    else reportUndeliverable(this.owner, type, detail);
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
    const node = this.lists.node(type);
    const topicList = id === undefined ? undefined : node?.ids.get(id);
    const envelope = envelopeOn(event.type, detailOf(event));
    const snapshots = snapshotOf([topicList, node?.bare, this.lists.every]);
    return dispatchNatively(this.owner, event, (dispatch) => {
      deliverEvent(this.owner, snapshots, event, envelope, dispatch, this.remove);
    });
  }

  #deliverTo({ entries }: ListenerList, envelope: EventEnvelope): void {
    deliverEnvelope(this.owner, entries, entries.length, envelope);
  }

  #deliver(
    snapshots: readonly Snapshot[],
    type: string,
    detail: unknown,
    envelope: EventEnvelope | undefined,
  ): void {
    const event = new TopicEvent(type, detail, this.owner);
    deliverEvent(this.owner, snapshots, event, envelope, event, this.remove);
    event.finish();
  }
}
