import { describe } from "./describe.ts";
import { EVERY_TOPIC, isTopic, topicFault, topicOf } from "./topic.ts";
import type { EventEnvelope } from "./types.ts";

/** The reason why a value is not an envelope, or `undefined` for a well-formed one. */
export function envelopeFault(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is not an object";
  const { type, id }: { type?: unknown; id?: unknown } = value;
  return id === undefined ? "it has no id" : topicFault(type, id);
}

/** Throws unless a value is an envelope. `action` is what the caller cannot do with it. */
export function assertEnvelope(value: unknown, action = "publish"): asserts value is EventEnvelope {
  const fault = envelopeFault(value);
  if (fault !== undefined) throw new TypeError(`Cannot ${action} ${describe(value)}: ${fault}`);
}

/** Returns a value that was delivered on a topic, if it is an envelope that the topic, a bare type or `*` covers. */
export function envelopeOn(topic: string, value: unknown): EventEnvelope | undefined {
  try {
    if (envelopeFault(value) !== undefined) return undefined;
  } catch {
    // A proxy or a getter that throws is not an envelope.
    return undefined;
  }
  // envelopeFault() has checked this.
  const envelope = value as EventEnvelope;
  const covers = isTopic(topic, envelope.type, envelope.id) || topic === envelope.type ||
    topic === EVERY_TOPIC;
  return covers ? envelope : undefined;
}

/** The detail of any event, or `undefined` if it has none, or a getter of the program that throws. */
export function detailOf(event: Event): unknown {
  try {
    return "detail" in event ? event.detail : undefined;
  } catch {
    return undefined;
  }
}

export function topicOfEnvelope(envelope: EventEnvelope): string {
  return topicOf(envelope.type, envelope.id);
}

export function assertEvent(event: unknown): asserts event is Event {
  if (event instanceof Event) return;
  throw new TypeError(`Cannot dispatch ${describe(event)}: it is not an Event`);
}
