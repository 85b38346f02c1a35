import { Buffer } from "node:buffer";
import type { EventEnvelope } from "../../core/types.ts";
import { envelopeFault } from "../../core/envelope.ts";
import { readVia, viaOf, withVia } from "../../core/via.ts";
import type { ClientBytes } from "./client.ts";
import type { EnvelopeTemplate, Parts } from "./envelope_template.ts";

/** A message as it is passed to the client. */
export type Message = string | Uint8Array;

/** Encodes envelopes as text and decodes them; `JSON` is one. */
export interface RedisTextSerializer {
  /** Distinguishes this type from {@linkcode RedisBinarySerializer}. */
  readonly binary?: false;
  /** Encodes an envelope, or the `detail` of a foreign event. */
  stringify(value: unknown): string;
  /** Decodes a message. An error that it throws is reported with the stage `decode`. */
  parse(message: string): unknown;
}

/** Encodes envelopes as bytes and decodes them. */
export interface RedisBinarySerializer {
  /** Distinguishes this type from {@linkcode RedisTextSerializer}. */
  readonly binary: true;
  /** Encodes an envelope, or the `detail` of a foreign event. */
  stringify(value: unknown): Uint8Array;
  /** Decodes a message, whose bytes it may keep. An error that it throws is reported with the stage `decode`. */
  parse(message: Uint8Array): unknown;
}

/** Either kind of serializer. */
export type RedisSerializer = RedisTextSerializer | RedisBinarySerializer;

/** Encodes and decodes messages with a serializer that may do anything. */
export class MessageCodec {
  readonly #serializer: RedisSerializer;

  constructor(serializer: RedisSerializer) {
    this.#serializer = serializer;
  }

  /** Throws if the value cannot be encoded. An empty message stands for an event without a detail. */
  encode(value: unknown): Message {
    if (value === undefined) return "";
    // JSON would drop them without an error.
    const { payload }: Partial<EventEnvelope> = Object(value);
    if (typeof payload === "function" || typeof payload === "symbol") {
      throw new TypeError(`Cannot encode a ${typeof payload}`);
    }
    const { binary } = this.#serializer;
    const message: unknown = this.#serializer.stringify(value);
    if (!binary && typeof message === "string") return message;
    // ioredis accepts no bytes but those of a Buffer. This one shares the memory.
    if (binary && message instanceof Uint8Array) {
      return Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    }
    const expected = binary ? "a Uint8Array" : "a string";
    throw new TypeError(`Cannot encode a ${typeof value}: the serializer did not return ${expected}`);
  }

  /** Throws if the envelope cannot be encoded. `template` must be the one of its topic. */
  encodeEnvelope(envelope: EventEnvelope, template?: EnvelopeTemplate): Message {
    const { type, id, payload } = envelope;
    const via = viaOf(envelope);
    const message = this.#serializer === JSON ? template?.render(payload, via) : undefined;
    // First, so that templates find it by its first bytes.
    return message ?? this.encode(via === undefined ? { type, id, payload } : { via, type, id, payload });
  }

  /** Encodes an envelope as JSON in two parts. Throws if it cannot be encoded. `template` must be the one of its topic. */
  encodeParts(envelope: EventEnvelope, template?: EnvelopeTemplate): Parts {
    return template?.parts(envelope.payload, viaOf(envelope)) ??
      partsOf(String(this.encodeEnvelope(envelope)));
  }

  /** Throws if the message cannot be decoded. `template` must be the one of the message's topic. */
  decode(message: ClientBytes, template?: EnvelopeTemplate): unknown {
    if (message.length === 0) return null;
    const serializer = this.#serializer;
    // Copied: the client's buffer holds several messages, and a Buffer is not a plain Uint8Array.
    if (serializer.binary) return this.toDetail(serializer.parse(new Uint8Array(message)));
    if (serializer !== JSON || template === undefined) {
      return this.toDetail(serializer.parse(message.toString()));
    }
    const envelope = template.parse(message);
    if (envelope !== undefined) return envelope;
    const decoded: unknown = serializer.parse(message.toString());
    const hops = readVia(Object(decoded)["via"]);
    if (hops !== undefined) template.expect(hops);
    return this.toDetail(decoded);
  }

  /** Moves the `via` and the trace of an event from its envelope to where listeners do not see them. */
  protected toDetail(decoded: unknown): unknown {
    const message: EventEnvelope & { via?: unknown; trace?: unknown } = Object(decoded);
    const hops = readVia(message.via);
    const isTraced = typeof message.trace === "string" && envelopeFault(message) === undefined;
    if (hops === undefined && !isTraced) return decoded;
    const { via: _, trace: __, ...envelope } = message;
    return withVia(envelope, hops);
  }
}

/** In front of a payload. No text inside JSON has it: there, quotes are escaped. */
const PAYLOAD = '"payload":';

function partsOf(message: string): Parts {
  const end = message.indexOf(PAYLOAD) + PAYLOAD.length;
  return end < PAYLOAD.length ? { head: message } : {
    head: message.slice(0, end),
    payload: message.slice(end, -1),
  };
}

/** Counted for each message, so that the number of empty messages is bounded too. */
const OVERHEAD_BYTES = 64;

/** The number of bytes that a message counts for while it waits. */
export function sizeOf(channel: string, message: Message): number {
  return byteLength(message) + byteLength(channel) + OVERHEAD_BYTES;
}

export function byteLength(message: Message): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.byteLength;
}
