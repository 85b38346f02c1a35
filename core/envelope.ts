import { describe } from "./describe.ts";
import { EVERY_TOPIC, isTopic, topicFault, topicOf } from "./topic.ts";
import type { EventEnvelope } from "./types.ts";

/**
 * What keeps a value from being an envelope.
 *
 * @param value Anything, from any source.
 * @returns The reason, or `undefined` for a well-formed envelope.
 */
export function envelopeFault(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is not an object";
  const { type, id } = value as Partial<Record<keyof EventEnvelope, unknown>>;
  return id === undefined ? "it has no id" : topicFault(type, id);
}

/**
 * Checks that a caller's value is an envelope.
 *
 * @param value The value given.
 * @throws {TypeError} If it is not.
 */
export function assertEnvelope(value: unknown): asserts value is EventEnvelope {
  const fault = envelopeFault(value);
  if (fault !== undefined) throw new TypeError(`Cannot publish ${describe(value)}: ${fault}`);
}

/**
 * The envelope that was delivered on a topic, if it is one that the topic covers.
 *
 * @param topic The envelope's topic, its bare type or `*`.
 * @param value Anything.
 * @returns The envelope, or `undefined`.
 */
export function envelopeOn(topic: string, value: unknown): EventEnvelope | undefined {
  try {
    if (envelopeFault(value) !== undefined) return undefined;
  } catch {
    // A proxy or a getter that throws is no envelope either.
    return undefined;
  }
  // Narrowed by envelopeFault(), which found nothing wrong.
  const envelope = value as EventEnvelope;
  const covers = isTopic(topic, envelope.type, envelope.id) || topic === envelope.type ||
    topic === EVERY_TOPIC;
  return covers ? envelope : undefined;
}

/**
 * The detail of an event, if it is one that has a detail.
 *
 * @param event Any event.
 * @returns The detail, or `undefined`.
 */
export function detailOf(event: Event): unknown {
  return (event as Partial<CustomEvent<unknown>>).detail;
}

/**
 * The topic that an envelope is published on.
 *
 * @param envelope A well-formed envelope.
 * @returns The topic's string.
 */
export function topicOfEnvelope(envelope: EventEnvelope): string {
  return topicOf(envelope.type, envelope.id);
}
