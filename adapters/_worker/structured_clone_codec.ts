import { cloneBytes, OVERHEAD_BYTES } from "../_wire/value_size.ts";
import type { EventEnvelope } from "../../core/types.ts";
import type { Codec, EncodedEnvelope, EncodeOptions } from "../_wire/codec.ts";

/** An envelope that crosses as a structured clone. */
export interface CloneBody {
  /** The envelope. */
  readonly envelope: EventEnvelope;
  /** What moves with it. */
  readonly transfer: readonly Transferable[];
}

/** What crosses at once. The wire makes a message of it, since what cannot be cloned shows only there. */
export type CloneFrame = readonly EncodedEnvelope<CloneBody>[];

/** A frame that arrived. */
export interface ArrivedFrame {
  /** One envelope or several, unchecked. */
  readonly frame: unknown;
  /** How large its sender took it for, in bytes. */
  readonly bytes: number;
}

/** Options of {@linkcode createStructuredCloneCodec}. */
export interface StructuredCloneCodecOptions {
  /** What of an envelope is moved and not copied. */
  readonly transferables?: ((envelope: EventEnvelope) => readonly Transferable[]) | undefined;
}

/** A message costs little between threads, and the other one can take it while this one still makes the next. */
const MAX_SHARED_FRAME_BYTES = 8 * 1024;

const NONE: readonly Transferable[] = [];

const THIS_TURN: EncodeOptions = { deferred: false, multicast: false };

/**
 * Creates the codec of wires that carry values as structured clones. The sizes that it gives are estimates from above.
 *
 * @param options What is moved, and what is copied at once.
 * @returns The codec.
 */
export function createStructuredCloneCodec(
  { transferables }: StructuredCloneCodecOptions,
): Codec<CloneBody, CloneFrame> {
  return {
    maxSharedFrameBytes: MAX_SHARED_FRAME_BYTES,
    encode({ type, id, payload }, control, options = THIS_TURN) {
      const { via, payloadShared } = options;
      const envelope = via === undefined ? { type, id, payload } : { type, id, payload, via };
      const transfer = control || payloadShared ? NONE : transferables?.(envelope) ?? NONE;
      const bytes = 2 * (type.length + id.length) + OVERHEAD_BYTES + cloneBytes(payload);
      const body = bodyOf(envelope, transfer, options);
      // What moves alone is moved right away: to be taken from the publisher later it would have to be copied now.
      return { type, id, body, bytes, control, immediate: body.envelope === envelope && transfer.length > 0 };
    },
    encodeFrame: (envelopes) => envelopes,
    // Only the wire calls these, with what it made itself of what arrived.
    isLargerThan: (data, bytes) => (data as ArrivedFrame).bytes > bytes,
    decode: (data) => (data as ArrivedFrame).frame,
  };
}

function bodyOf(
  envelope: EventEnvelope,
  transfer: readonly Transferable[],
  { deferred, multicast }: EncodeOptions,
): CloneBody {
  if (!deferred && (!multicast || transfer.length === 0)) return { envelope, transfer };
  // What moves is a part of both, so that the copy's own counterparts are known.
  const [copy, ...moved] = structuredClone<[EventEnvelope, ...Transferable[]]>([envelope, ...transfer], {
    transfer: [...transfer],
  });
  return { envelope: copy, transfer: multicast ? NONE : moved };
}
