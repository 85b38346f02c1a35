import type { EventEnvelope } from "../../core/types.ts";
import type { Codec, EncodedEnvelope, EncodeOptions } from "../_wire/codec.ts";
import { cloneBytes, OVERHEAD_BYTES } from "../../core/value_size.ts";

/** An envelope that crosses as a structured clone. */
export interface ClonedEnvelope extends EncodedEnvelope {
  readonly body: CloneBody;
}

interface CloneBody {
  readonly envelope: EventEnvelope;
  /** The parts of the envelope that are transferred. */
  readonly transfer: readonly object[];
}

/** The wire makes a message of it, since only there it shows that an envelope cannot be cloned. */
export type CloneFrame = readonly ClonedEnvelope[];

/** A frame that arrived. */
export interface ArrivedFrame {
  /** One envelope or several, unchecked. */
  readonly frame: unknown;
  /** The size by its sender's estimate, in bytes. */
  readonly bytes: number;
}

/** Options of both ends of a worker. */
export interface TransferOptions {
  /**
   * Names the parts of an event that are transferred to the other thread, not copied: `ArrayBuffer`s or `MessagePort`s
   * in its payload. They are detached when `publish` returns, unless the event was dropped.
   *
   * @default nothing is transferred
   */
  readonly transferables?: (envelope: EventEnvelope) => readonly object[];
}

/** A message between threads costs little, and is received while the next one is encoded. */
const MAX_SHARED_FRAME_BYTES = 8 * 1024;

const NONE: readonly object[] = [];

const THIS_TURN: EncodeOptions = { deferred: false, multicast: false };

/** Creates the codec of wires that carry values as structured clones. Its sizes are estimated too large. */
export function createStructuredCloneCodec({ transferables }: TransferOptions): Codec<CloneFrame> {
  return {
    maxSharedFrameBytes: MAX_SHARED_FRAME_BYTES,
    sharesPayloads: true,
    encode({ type, id, payload }, control, options = THIS_TURN) {
      const { via, trace, payloadShared } = options;
      const isPlain = via === undefined && trace === undefined;
      const envelope = isPlain ? { type, id, payload } : { type, id, payload, via, trace };
      const transfer = control || payloadShared ? NONE : transferables?.(envelope) ?? NONE;
      const bytes = 2 * (type.length + id.length) + OVERHEAD_BYTES + cloneBytes(payload);
      const body = bodyOf(envelope, transfer, options);
      // Parts that are transferred without a copy leave at once: `publish` promises that they are detached then.
      return { type, id, body, bytes, control, immediate: body.envelope === envelope && transfer.length > 0 };
    },
    // Casts: this codec made the envelopes, and only its wire calls the others, with an ArrivedFrame.
    encodeFrame: (envelopes) => envelopes as CloneFrame,
    payloadOf: (body) => (body as CloneBody).envelope.payload,
    isLargerThan: (data, bytes) => (data as ArrivedFrame).bytes > bytes,
    decode: (data) => withoutHoles((data as ArrivedFrame).frame),
  };
}

/** Refuses an array with holes: a clone of a few bytes can have four thousand million of them. */
function withoutHoles(frame: unknown): unknown {
  if (Array.isArray(frame) && frame.includes(undefined)) throw new TypeError("it has holes");
  return frame;
}

function bodyOf(
  envelope: EventEnvelope,
  transfer: readonly object[],
  { deferred, multicast }: EncodeOptions,
): CloneBody {
  if (!deferred && (!multicast || transfer.length === 0)) return { envelope, transfer };
  // Cast: each runtime has its own type of transferables, and checks them. Cloned together, so that the transferables in the result are those inside the cloned envelope.
  const parts: [EventEnvelope, ...object[]] = [envelope, ...transfer];
  const [copy, ...transferred] = structuredClone(parts, { transfer: transfer as Transferable[] });
  return { envelope: copy, transfer: multicast ? NONE : transferred };
}
