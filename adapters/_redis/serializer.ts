import { Buffer } from "node:buffer";
import type { EventEnvelope } from "../../core/types.ts";
import { readVia, viaOf, withVia } from "../../core/via.ts";
import type { ClientBytes } from "./bytes.ts";
import { type EnvelopeForm, readByForm, writeByForm } from "./envelope_template.ts";

/** What a message is to Redis. */
export type Message = string | Uint8Array;

/** How envelopes become messages that are text; `JSON` is one. */
export interface RedisTextSerializer {
  /** Tells it from a {@linkcode RedisBinarySerializer}. */
  readonly binary?: false;
  /** Makes a message of an envelope, or of a foreign event's `detail`. */
  stringify(value: unknown): string;
  /** Makes an envelope of a message. What it throws is reported with the stage `decode`. */
  parse(message: string): unknown;
}

/** How envelopes become messages that are bytes. */
export interface RedisBinarySerializer {
  /** Tells it from a {@linkcode RedisTextSerializer}. */
  readonly binary: true;
  /** Makes a message of an envelope, or of a foreign event's `detail`. */
  stringify(value: unknown): Uint8Array;
  /** Makes an envelope of a message, whose bytes are its own. What it throws is reported with the stage `decode`. */
  parse(message: Uint8Array): unknown;
}

/** Either kind of serializer. */
export type RedisSerializer = RedisTextSerializer | RedisBinarySerializer;

/** Both directions of a serializer, safe to call with anything. */
export interface MessageCodec {
  /** Makes a message; throws for what cannot be one. */
  encode(value: unknown): Message;
  /** Makes the message of an envelope; `form` is that of its topic, if it is known. */
  encodeEnvelope(envelope: EventEnvelope, form?: EnvelopeForm): Message;
  /** Makes a value of a message; `form` is that of its topic, if it is known. Throws for what is no message. */
  decode(message: ClientBytes, form?: EnvelopeForm): unknown;
}

/**
 * What the event target makes of a serializer. An empty message stands for no detail.
 *
 * @param serializer The user's, or `JSON`.
 * @returns The codec.
 */
export function codecOf(serializer: RedisSerializer): MessageCodec {
  const isJson = serializer === JSON;

  function encode(value: unknown): Message {
    if (value === undefined) return "";
    // JSON would pass over them without a word.
    const { payload } = Object(value) as Partial<EventEnvelope>;
    if (typeof payload === "function" || typeof payload === "symbol") {
      throw new TypeError(`Cannot encode a ${typeof payload}`);
    }
    const message: unknown = serializer.stringify(value);
    if (!serializer.binary && typeof message === "string") return message;
    // ioredis takes no other bytes than those of a Buffer; this one shares its memory.
    if (serializer.binary && message instanceof Uint8Array) {
      return Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    }
    const expected = serializer.binary ? "a Uint8Array" : "a string";
    throw new TypeError(`Cannot encode a ${typeof value}: the serializer did not return ${expected}`);
  }

  return {
    encode,
    encodeEnvelope(envelope, form) {
      const { type, id, payload } = envelope;
      const via = viaOf(envelope);
      // At the start it tells whoever reads it at once that this message has another form.
      if (via !== undefined) return encode({ via, type, id, payload });
      const message = isJson && form !== undefined ? writeByForm(form, payload) : undefined;
      return message ?? encode({ type, id, payload });
    },
    decode(message, form) {
      if (message.length === 0) return null;
      // The client's bytes are those of many messages, and a Buffer is not quite a Uint8Array.
      if (serializer.binary) return takeVia(serializer.parse(new Uint8Array(message)));
      const envelope = isJson && form !== undefined ? readByForm(form, message) : undefined;
      return envelope ?? takeVia(serializer.parse(message.toString()));
    },
  };
}

/** Notes the way that a hub's event has come beside its envelope, where no listener sees it. */
function takeVia(detail: unknown): unknown {
  const way = readVia((detail as { via?: unknown } | null)?.via);
  if (way === undefined) return detail;
  const { via: _, ...envelope } = detail as EventEnvelope & { via: unknown };
  return withVia(envelope, way);
}

/**
 * How much memory a message takes on its way.
 *
 * @param message The message.
 * @returns Its length in bytes.
 */
export function bytesOf(message: Message): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.byteLength;
}
