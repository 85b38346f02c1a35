import type { Via } from "../../core/via.ts";

/** An envelope in the form that crosses a wire. */
export interface EncodedEnvelope<TBody> {
  /** The event's type. */
  readonly type: string;
  /** The event's id. */
  readonly id: string;
  /** Its form. */
  readonly body: TBody;
  /** Its size in bytes. */
  readonly bytes: number;
  /** Whether it is a control envelope, which no bound on events applies to. */
  readonly control: boolean;
  /** Whether it leaves before the publisher goes on, and does not wait for the end of the turn. */
  readonly immediate?: boolean;
  /** Room for the batch that an outbox begins with this envelope. */
  batch?: unknown;
}

/** What becomes of an event once it is encoded. */
export interface EncodeOptions {
  /** Whether it may leave later than in this turn of the event loop, and has to stay as it is until then. */
  readonly deferred: boolean;
  /** Whether several peers get it, so that none of them may take parts of it away. */
  readonly multicast: boolean;
  /** Whether others hold its payload too, so that no part of it may be taken away at all. */
  readonly payloadShared?: boolean;
  /** The way that it has come, where the peer is to know. */
  readonly via?: Via | undefined;
}

/**
 * How envelopes become frames and frames become envelopes again.
 *
 * @typeParam TBody The form of one envelope.
 * @typeParam TFrame What crosses at once.
 */
export interface Codec<TBody, TFrame> {
  /** The size up to which envelopes share a frame, in bytes, where it is another one than the protocol's. */
  readonly maxSharedFrameBytes?: number;
  /** Whether this end takes frames that are deflated. */
  readonly deflates?: boolean;
  /** Encodes one envelope. Throws if that cannot be done. Without `options` it goes to one peer, in this turn. */
  encode(
    envelope: { type: string; id: string; payload: unknown },
    control: boolean,
    options?: EncodeOptions,
  ): EncodedEnvelope<TBody>;
  /** Joins at least one envelope to a frame, for a peer that does or does not take frames that are deflated. */
  encodeFrame(envelopes: readonly EncodedEnvelope<TBody>[], toDeflate?: boolean): TFrame;
  /** Whether something that arrived is larger than a number of bytes. */
  isLargerThan(data: unknown, bytes: number): boolean;
  /** Decodes what arrived to a value that is still to be checked. Throws if that cannot be done. */
  decode(data: unknown): unknown;
}
