import { LENGTH_BYTES } from "./byte_frame_codec.ts";
import { ABNORMAL_CLOSURE, INVALID_DATA, MESSAGE_TOO_BIG, PROTOCOL_ERROR } from "../_wire/close_codes.ts";
import { inflate } from "./deflate.ts";

/** How much of a frame is made room for before it has arrived, and how much room is kept between frames, in bytes. */
const ROOM_BYTES = 64 * 1024;

/** Why a stream can be read no further: where its next frame starts is not to be told. */
export interface FrameFault {
  /** The close code for it. */
  readonly code: number;
  /** The reason, for people. */
  readonly reason: string;
}

/** Cuts a stream of bytes into frames, each a length of four bytes and then as many bytes of UTF-8, or that deflated. */
export class FrameParser {
  readonly #maxFrameBytes: number;
  // A mark at the start of a text is part of it, as the length says.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #lengthBytes = 0;
  #length = 0;
  #body = new Uint8Array();
  #bodyBytes = 0;

  /** @param maxFrameBytes The largest frame that is taken, in bytes without its length. */
  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  /**
   * Takes what has arrived.
   *
   * @param bytes The bytes, torn wherever the transport likes.
   * @param onFrame Called with the text of each frame that is complete. It returns whether to go on.
   * @returns What is wrong with the next frame, if something is. Nothing can be parsed after it.
   */
  parse(bytes: ArrayLike<number>, onFrame: (text: string) => boolean): FrameFault | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#lengthBytes < LENGTH_BYTES) {
        // Not shifted: the highest bit of an integer that is shifted is its sign.
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

  /**
   * What is wrong if the stream ends here.
   *
   * @returns The fault, or `undefined` if no frame has begun.
   */
  endFault(): FrameFault | undefined {
    if (this.#lengthBytes === 0) return undefined;
    // Its sender has died, as far as anybody can tell, and need not do so again.
    return { code: ABNORMAL_CLOSURE, reason: "a frame that was torn by the end of the stream" };
  }

  #lengthFault(): FrameFault | undefined {
    if (this.#length === 0) return { code: PROTOCOL_ERROR, reason: "a frame of no bytes" };
    if (this.#length <= this.#maxFrameBytes) return undefined;
    return { code: MESSAGE_TOO_BIG, reason: `a frame of more than ${this.#maxFrameBytes} bytes` };
  }

  /** Takes the next bytes of the frame, and returns how many. */
  #takeBody(bytes: ArrayLike<number>, from: number): number {
    const count = Math.min(this.#length - this.#bodyBytes, bytes.length - from);
    this.#makeRoom(this.#bodyBytes + count);
    const body = this.#body;
    const to = this.#bodyBytes;
    // Ten times as fast as set(), which iterates over an array.
    for (let i = 0; i < count; i++) body[to + i] = bytes[from + i] ?? 0;
    this.#bodyBytes += count;
    return count;
  }

  /** What was announced costs no memory before it arrives. */
  #makeRoom(bytes: number): void {
    const { length } = this.#body;
    if (bytes <= length) return;
    const body = new Uint8Array(Math.max(bytes, Math.min(this.#length, Math.max(ROOM_BYTES, 2 * length))));
    body.set(this.#body.subarray(0, this.#bodyBytes));
    this.#body = body;
  }

  /** The text of the frame that is complete, or why it has none; the next one can begin. */
  #takeText(): string | FrameFault {
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
