import { ABNORMAL_CLOSURE, INVALID_DATA, MESSAGE_TOO_BIG, PROTOCOL_ERROR } from "../_wire/close_codes.ts";
import type { Codec } from "../_wire/codec.ts";
import { jsonCodec } from "../_wire/json_codec.ts";
import type { WireEnd } from "../_wire/wire.ts";
import { deflate, inflate } from "./deflate.ts";

/** The bytes of the length ahead of each frame. */
const LENGTH_BYTES = 4;

/**
 * Creates the codec of wires that carry bytes. A frame is its length, as a 32-bit big-endian number, and then JSON as
 * UTF-8, which can be deflated. It decodes text: the {@linkcode FrameParser} of such a wire has already read the bytes.
 *
 * @param deflates Whether frames are deflated in both directions, if the peer does so too.
 */
export function createByteFrameCodec(deflates: boolean): Codec<Uint8Array> {
  return {
    ...jsonCodec,
    deflates,
    encodeFrame(envelopes, toDeflate = false) {
      const body = new TextEncoder().encode(jsonCodec.encodeFrame(envelopes));
      return byteFrame(toDeflate ? deflate(body) : body);
    },
    isLargerThan: () => false,
  };
}

/** Puts the length ahead of a frame. */
export function byteFrame(body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_BYTES + body.length);
  new DataView(frame.buffer).setUint32(0, body.length);
  frame.set(body, LENGTH_BYTES);
  return frame;
}

/** The memory that is reserved for a frame before it has arrived, and kept between frames, in bytes. */
const ROOM_BYTES = 64 * 1024;

/** The end of a wire that this side causes. */
export interface OwnEnd extends WireEnd {
  readonly code: number;
  readonly reason: string;
}

/** Cuts a stream of bytes into frames: each is a length of four bytes, and then UTF-8 that can be deflated. */
export class FrameParser {
  readonly #maxFrameBytes: number;
  // A byte order mark is part of the text, since the length counts it.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #lengthBytes = 0;
  #length = 0;
  #body = new Uint8Array();
  #bodyBytes = 0;

  /** @param maxFrameBytes The largest frame that is accepted, in bytes without its length. */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Parses the next bytes of the stream. Returns a fault if the next frame has one: where the frame after it starts is
   * unknown, so that nothing more can be parsed.
   *
   * @param onFrame Called with the text of each complete frame. Returns whether to continue.
   */
  parse(bytes: ArrayLike<number>, onFrame: (text: string) => boolean): OwnEnd | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#lengthBytes < LENGTH_BYTES) {
        // Not shifted: the highest bit of a shifted integer is its sign.
        this.#length = this.#length * 256 + (bytes[at++] ?? 0);
        if (++this.#lengthBytes < LENGTH_BYTES) continue;
        const fault = this.#lengthFault();
        if (fault !== undefined) return fault;
      } else {
        at += this.#takeBody(bytes, at);
        if (this.#bodyBytes < this.#length) return undefined;
        const text = this.#takeText();
        if (typeof text !== "string") return text;
        if (!onFrame(text)) return undefined;
      }
    }
    return undefined;
  }

  /** The fault if the stream ends here, or `undefined` if no frame has begun. */
  endFault(): OwnEnd | undefined {
    if (this.#lengthBytes === 0) return undefined;
    // Its sender has probably died, so that another attempt can succeed: the code is not a fatal one.
    return { code: ABNORMAL_CLOSURE, reason: "a frame that was torn by the end of the stream" };
  }

  #lengthFault(): OwnEnd | undefined {
    if (this.#length === 0) return { code: PROTOCOL_ERROR, reason: "a frame of no bytes" };
    if (this.#length <= this.#maxFrameBytes) return undefined;
    return { code: MESSAGE_TOO_BIG, reason: `a frame of more than ${this.#maxFrameBytes} bytes` };
  }

  /** Copies the next bytes of the frame, and returns how many. */
  #takeBody(bytes: ArrayLike<number>, from: number): number {
    const count = Math.min(this.#length - this.#bodyBytes, bytes.length - from);
    this.#makeRoom(this.#bodyBytes + count);
    const body = this.#body;
    const to = this.#bodyBytes;
    // Ten times as fast as set(), which uses the iterator of an array.
    for (let i = 0; i < count; i++) body[to + i] = bytes[from + i] ?? 0;
    this.#bodyBytes += count;
    return count;
  }

  /** An announced length alone must not cost memory. */
  #makeRoom(bytes: number): void {
    const { length } = this.#body;
    if (bytes <= length) return;
    const body = new Uint8Array(Math.max(bytes, Math.min(this.#length, Math.max(ROOM_BYTES, 2 * length))));
    body.set(this.#body.subarray(0, this.#bodyBytes));
    this.#body = body;
  }

  /** The text of the complete frame, or its fault. The next frame can begin. */
  #takeText(): string | OwnEnd {
    const body = this.#body.subarray(0, this.#length);
    if (this.#body.length > ROOM_BYTES) this.#body = new Uint8Array();
    this.#lengthBytes = this.#length = this.#bodyBytes = 0;
    let reason = "a frame that cannot be inflated";
    try {
      const bytes = inflate(body, this.#maxFrameBytes);
      reason = "a frame that is not UTF-8";
      return this.#decoder.decode(bytes);
    } catch {
      return { code: INVALID_DATA, reason };
    }
  }
}
