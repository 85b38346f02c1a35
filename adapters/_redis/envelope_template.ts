import { Buffer } from "node:buffer";
import { splitTopic } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { type ClientBytes, startsWith } from "./bytes.ts";

/** What the JSON of all envelopes of one topic has in common, which then is neither written nor read each time. */
export interface EnvelopeForm {
  readonly type: string;
  readonly id: string;
  /** What the JSON starts with, as far as the payload. */
  readonly head: string;
  /** The same as it arrives. */
  readonly headBytes: Uint8Array;
}

const CLOSING_BRACE = "}".charCodeAt(0);

/**
 * The form of a topic's envelopes.
 *
 * @param topic The topic.
 * @returns The form; that of no envelope if the topic has no id.
 */
export function formOf(topic: string): EnvelopeForm {
  const { type, id = "" } = splitTopic(topic);
  const head = `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)},"payload":`;
  return { type, id, head, headBytes: Buffer.from(head) };
}

/**
 * Writes the JSON of an envelope.
 *
 * @param form The form of its topic.
 * @param payload Its payload.
 * @returns The same text as that of `JSON.stringify()`, or `undefined` if it would have another form.
 */
export function writeByForm({ head }: EnvelopeForm, payload: unknown): string | undefined {
  // What has a toJSON() would be told another key.
  if (Object(payload).toJSON !== undefined) return undefined;
  const text: string | undefined = JSON.stringify(payload);
  return text === undefined ? undefined : `${head}${text}}`;
}

/**
 * Reads the JSON of an envelope.
 *
 * @param form The form of the topic that it arrived on.
 * @param message The JSON.
 * @returns The same as that of `JSON.parse()`, or `undefined` if it has another form, or is none.
 */
export function readByForm(
  { type, id, headBytes }: EnvelopeForm,
  message: ClientBytes,
): EventEnvelope | undefined {
  const end = message.length - 1;
  if (message[end] !== CLOSING_BRACE || !startsWith(message, headBytes)) return undefined;
  try {
    return { type, id, payload: JSON.parse(message.toString("utf8", headBytes.length, end)) };
  } catch {
    // It has more members, or is cut.
    return undefined;
  }
}
