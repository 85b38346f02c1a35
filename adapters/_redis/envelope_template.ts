import { Buffer } from "node:buffer";
import { splitTopic } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import type { ClientBytes } from "./client.ts";

const CLOSING_BRACE = "}".charCodeAt(0);

/** The JSON that all envelopes of one topic have in common, so that only their payloads are encoded and decoded. */
export class EnvelopeTemplate {
  readonly type: string;
  readonly id: string;
  /** The JSON in front of the payload. */
  readonly head: string;
  readonly #headBytes: Uint8Array;

  constructor(topic: string) {
    const { type, id = "" } = splitTopic(topic);
    this.type = type;
    this.id = id;
    this.head = `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)},"payload":`;
    this.#headBytes = Buffer.from(this.head);
  }

  /** Returns what `JSON.stringify()` returns for the envelope, or `undefined` if the template does not apply. */
  render(payload: unknown): string | undefined {
    // A toJSON() must be called with the key "payload".
    if (Object(payload).toJSON !== undefined) return undefined;
    const text: string | undefined = JSON.stringify(payload);
    return text === undefined ? undefined : `${this.head}${text}}`;
  }

  /** Returns what `JSON.parse()` returns for the message, or `undefined` if the template does not apply. */
  parse(message: ClientBytes): EventEnvelope | undefined {
    const end = message.length - 1;
    if (message[end] !== CLOSING_BRACE || !startsWith(message, this.#headBytes)) return undefined;
    try {
      const payload = JSON.parse(message.toString("utf8", this.#headBytes.length, end));
      return { type: this.type, id: this.id, payload };
    } catch {
      // The message has more members, or is not JSON: the serializer decides.
      return undefined;
    }
  }
}

export function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  // Backwards: channels, and messages that contain them, differ at their end more often than at their start.
  for (let i = head.length - 1; i >= 0; i--) if (bytes[i] !== head[i]) return false;
  return true;
}
