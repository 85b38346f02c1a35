import { detailOf } from "./envelope.ts";
import { describe } from "./describe.ts";
import type { AnyCallback, Listener, ListenerList } from "./listener_list.ts";
import { adoptRejection } from "./report.ts";
import { topicOf } from "./topic.ts";
import type { Stoppable } from "./topic_event.ts";
import type { EnvelopeListener, ErrorStage, EventEnvelope } from "./types.ts";

/** Whose listeners are called. */
export interface DeliveryOwner extends EventTarget {
  /** A fault that is not the caller's mistake happened. */
  report(stage: ErrorStage, error: unknown, topic: string): void;
}

/** The listeners that a dispatch calls: what is added while it goes on lies behind the length. */
export interface Snapshot {
  /** A list's entries, removed ones included. */
  readonly entries: readonly Listener[];
  /** How many there were at the start. */
  readonly length: number;
}

/**
 * Takes the listeners of some lists as they are now.
 *
 * @param lists The lists, in the order in which they are called.
 * @returns What is called.
 */
export function snapshotOf(lists: readonly (ListenerList | undefined)[]): Snapshot[] {
  const snapshots: Snapshot[] = [];
  for (const list of lists) {
    if (list !== undefined) snapshots.push({ entries: list.entries, length: list.entries.length });
  }
  return snapshots;
}

/**
 * Calls listeners that all came by `listen`: the fast path, which builds no event.
 *
 * @param owner Whose listeners they are.
 * @param entries The listeners.
 * @param length How many of the entries.
 * @param envelope What they hear.
 */
export function deliverEnvelope(
  owner: DeliveryOwner,
  entries: readonly Listener[],
  length: number,
  envelope: EventEnvelope,
): void {
  for (let i = 0; i < length; i++) {
    const listener = entries[i];
    if (listener?.list !== undefined && listener.observer !== undefined) {
      deliverToObserver(owner, listener.observer, envelope);
    }
  }
}

/**
 * Calls one listener that came by `listen`.
 *
 * @param owner Whose listener it is.
 * @param observer The listener.
 * @param envelope What it hears.
 */
export function deliverToObserver(
  owner: DeliveryOwner,
  observer: EnvelopeListener,
  envelope: EventEnvelope,
): void {
  try {
    const result: unknown = observer.onEvent(envelope);
    if (result !== undefined) adopt(owner, result, topicOf(envelope.type, envelope.id));
  } catch (error) {
    owner.report("listener", error, topicOf(envelope.type, envelope.id));
  }
}

/**
 * Calls listeners of both kinds, in order.
 *
 * @param owner Whose listeners they are.
 * @param snapshots The listeners.
 * @param event What callbacks hear.
 * @param envelope What listeners of `listen` hear; without one, that something else came is reported once for them.
 * @param dispatch Tells when the event was stopped.
 * @param remove Removes a `once` listener before its call.
 */
export function deliverEvent(
  owner: DeliveryOwner,
  snapshots: readonly Snapshot[],
  event: Event,
  envelope: EventEnvelope | undefined,
  dispatch: Stoppable,
  remove: (listener: Listener) => void,
): void {
  let reported = false;
  for (const { entries, length } of snapshots) {
    for (let i = 0; i < length && !dispatch.stopped; i++) {
      const listener = entries[i];
      if (listener?.list === undefined) continue;
      if (listener.once) remove(listener);
      try {
        if (listener.callback !== undefined) {
          adopt(owner, invoke(listener.callback, owner, event), event.type);
        } else if (envelope !== undefined) {
          adopt(owner, listener.observer?.onEvent(envelope), event.type);
        } else if (!reported) {
          reported = true;
          reportUndeliverable(owner, event.type, detailOf(event));
        }
      } catch (error) {
        owner.report("listener", error, event.type);
      }
    }
  }
}

/**
 * Reports that something arrived on a topic which its listeners of `listen` cannot hear.
 *
 * @param owner Whose listeners they are.
 * @param topic Where it arrived.
 * @param detail What arrived.
 */
export function reportUndeliverable(owner: DeliveryOwner, topic: string, detail: unknown): void {
  const reason = "it is not an envelope of that topic";
  owner.report("decode", new TypeError(`Cannot deliver ${describe(detail)} on "${topic}": ${reason}`), topic);
}

function adopt(owner: DeliveryOwner, result: unknown, topic: string): void {
  adoptRejection(result, (error) => owner.report("listener", error, topic));
}

function invoke(callback: AnyCallback, target: EventTarget, event: Event): unknown {
  return typeof callback === "function" ? callback.call(target, event) : callback.handleEvent(event);
}
