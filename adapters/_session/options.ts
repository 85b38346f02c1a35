import { assertBound } from "../../core/arguments.ts";

/** The smallest `maxFrameBytes`: a link announces its topics in frames of up to that size before it knows more. */
export const MIN_FRAME_BYTES = 64 * 1024;

/** What to assume of a peer that has not said how large a frame it accepts. */
export const DEFAULT_MAX_FRAME_BYTES = 1024 * 1024;

/** The bounds of one end of a wire. */
export interface SessionOptions {
  /**
   * The largest frame that is accepted, in bytes of UTF-8; at least 65,536.
   *
   * @default 1_048_576
   */
  readonly maxFrameBytes?: number;
  /**
   * How many bytes may wait to leave, in bytes, whether here or in the socket. Beyond it events are dropped and
   * reported, or the peer is.
   *
   * @default 16_777_216
   */
  readonly maxBufferedBytes?: number;
  /**
   * How long `flush()` waits for the far end's answer, in milliseconds.
   *
   * @default 30_000
   */
  readonly flushTimeoutMs?: number;
  /**
   * How long a peer may be silent before it is asked for a sign of life, in milliseconds. One from which nothing at
   * all arrives for as long again is dropped (4408). A bare client, which never said hello, is not asked, nor dropped.
   * A hub with an upstream that itself stood still for two of them drops every connection that it had (4408).
   *
   * @default no heartbeat
   */
  readonly heartbeatMs?: number;
}

/**
 * The bounds with their defaults.
 *
 * @param options What the caller gave.
 * @returns All of them.
 * @throws {RangeError} If one is out of range.
 */
export function sessionBounds(options: SessionOptions): Required<SessionOptions> {
  const {
    maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
    maxBufferedBytes = 16 * 1024 * 1024,
    flushTimeoutMs = 30_000,
    heartbeatMs = Infinity,
  } = options;
  assertBound("maxFrameBytes", maxFrameBytes, MIN_FRAME_BYTES);
  assertBound("maxBufferedBytes", maxBufferedBytes, 1);
  assertBound("flushTimeoutMs", flushTimeoutMs, 1);
  assertBound("heartbeatMs", heartbeatMs, 1);
  return { maxFrameBytes, maxBufferedBytes, flushTimeoutMs, heartbeatMs };
}
