import { Buffer } from "node:buffer";
import { splitTopic } from "../../core/topic.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { type Via, withVia } from "../../core/via.ts";
import type { ClientBytes } from "./client.ts";

const OPENING_BRACE = "{".charCodeAt(0);
const CLOSING_BRACE = "}".charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);
const POSITION_HEAD: Uint8Array = Buffer.from('{"at":"');
/** The bytes between a position and the rest of the message. */
const POSITION_TAIL = '",'.length;
const MAX_POSITION_END = 71;

/** A message in two parts: the text in front of its payload, and the text of its payload, without the last brace. */
export interface Parts {
  readonly head: string;
  /** Missing where the head is all of the message. */
  readonly payload?: string;
}

/** The `via` of several messages in a row: hubs have one for each of their spokes. */
interface ViaText {
  readonly via: Via;
  /** The JSON in front of the payload, with the `via`. */
  readonly head: string;
  /** The member with its comma. */
  readonly bytes: Uint8Array;
}

/** The JSON that all envelopes of one topic have in common, so that only their payloads are encoded and decoded. */
export class EnvelopeTemplate {
  readonly type: string;
  readonly id: string;
  /** The JSON in front of the payload. */
  readonly head: string;
  readonly #headBytes: Uint8Array;
  #sentVia: ViaText | undefined;
  #receivedVia: ViaText | undefined;

  constructor(topic: string) {
    const { type, id = "" } = splitTopic(topic);
    this.type = type;
    this.id = id;
    this.head = `{"type":${JSON.stringify(type)},"id":${JSON.stringify(id)},"payload":`;
    this.#headBytes = Buffer.from(this.head);
  }

  /** Returns what `JSON.stringify()` returns for the envelope, `via` first, or `undefined` if the template does not apply. */
  render(payload: unknown, via?: Via): string | undefined {
    const text = textOf(payload);
    return text === undefined ? undefined : `${this.#headFor(via)}${text}}`;
  }

  /** Returns the same in two parts. */
  parts(payload: unknown, via?: Via): Parts | undefined {
    const text = textOf(payload);
    return text === undefined ? undefined : { head: this.#headFor(via), payload: text };
  }

  /**
   * Returns what `JSON.parse()` returns for the message, its `via` noted apart, or `undefined` if the template does not
   * apply. A `via` must be {@linkcode expect | expected}.
   */
  parse(message: ClientBytes): EventEnvelope | undefined {
    const end = message.length - 1;
    if (message[0] !== OPENING_BRACE || message[end] !== CLOSING_BRACE) return undefined;
    const { type, id } = this;
    const head = this.#headBytes;
    try {
      if (startsWith(message, head)) {
        return { type, id, payload: JSON.parse(message.toString("utf8", head.length, end)) };
      }
      const atEnd = positionEnd(message);
      const afterAt = atEnd < 0 ? 1 : atEnd + POSITION_TAIL;
      const via = this.#receivedVia;
      const hasVia = via !== undefined && startsWith(message, via.bytes, afterAt);
      if (atEnd < 0 && !hasVia) return undefined;
      const start = hasVia ? afterAt + via.bytes.length : afterAt;
      // The brace of the head is before the position.
      if (!startsWith(message, head, start - 1, 1)) return undefined;
      const payload: unknown = JSON.parse(message.toString("utf8", start + head.length - 1, end));
      const envelope = atEnd < 0
        ? { type, id, payload }
        : { type, id, payload, at: message.toString("utf8", POSITION_HEAD.length, atEnd) };
      return hasVia ? withVia(envelope, via.via) : envelope;
    } catch {
      // The message has more members, or is not JSON: the serializer decides.
      return undefined;
    }
  }

  /** Notes the `via` of a message, which the next messages are likely to have too. */
  expect(via: Via): void {
    this.#receivedVia = this.#viaText(via);
  }

  #headFor(via: Via | undefined): string {
    if (via === undefined) return this.head;
    if (this.#sentVia?.via !== via) this.#sentVia = this.#viaText(via);
    return this.#sentVia.head;
  }

  #viaText(via: Via): ViaText {
    const text = `"via":${JSON.stringify(via)},`;
    return { via, head: `{${text}${this.head.slice(1)}`, bytes: Buffer.from(text) };
  }
}

function textOf(payload: unknown): string | undefined {
  // A toJSON() must be called with the key "payload".
  return Object(payload).toJSON === undefined ? JSON.stringify(payload) : undefined;
}

/** The end of the position in a message that begins with one, as those of events that have a history. */
function positionEnd(message: ClientBytes): number {
  if (!startsWith(message, POSITION_HEAD)) return -1;
  for (let i = POSITION_HEAD.length; i < MAX_POSITION_END; i++) if (message[i] === QUOTE) return i;
  return -1;
}

/** Whether bytes contain others at an offset, the first of them apart. */
export function startsWith(bytes: Uint8Array, head: Uint8Array, offset = 0, from = 0): boolean {
  // Backwards: channels, and messages that contain them, differ at their end more often than at their start.
  for (let i = head.length - 1; i >= from; i--) if (bytes[offset + i] !== head[i]) return false;
  return true;
}
