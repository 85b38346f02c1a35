import { assertBound, DEFAULT_MAX_BUFFERED_BYTES } from "../../core/arguments.ts";

/** The smallest `maxFrameBytes`: a link announces its topics in frames of up to this size before it knows the hub's. */
export const MIN_FRAME_BYTES = 64 * 1024;

/** The largest frame that an end accepts unless it says otherwise, in bytes. */
export const DEFAULT_MAX_FRAME_BYTES = 1024 * 1024;

/** The bounds of one end of a connection. */
export interface SessionOptions {
  /**
   * The largest frame that is accepted, in bytes of UTF-8; at least 65,536.
   *
   * @default 1_048_576
   */
  readonly maxFrameBytes?: number;
  /**
   * How many bytes can wait to leave, here and in the socket. A frame counts with what a runtime adds, 1,024 bytes, except
   * for the first 64. A link drops and reports further events. A hub drops a spoke for which more bytes wait.
   *
   * @default 16_777_216
   */
  readonly maxBufferedBytes?: number;
  /**
   * How long `flush()` waits for the answer of the far end, in milliseconds.
   *
   * @default 30_000
   */
  readonly flushTimeoutMs?: number;
  /**
   * How long nothing can arrive before the peer is asked for a sign of life, in milliseconds. If nothing arrives for as
   * long again after the question has left the socket, the peer is dropped (4408). While 16 KiB leave in that time, the
   * question is on its way. One frame that a line carries for longer than this cannot be told from silence. A bare client,
   * which never says hello, is asked only where the transport has a ping of its own, as `npm:ws` has. A hub with an
   * upstream whose own process stood still for two intervals drops all its connections (4408).
   *
   * @default no heartbeat
   */
  readonly heartbeatMs?: number;
}

/** The bounds with their defaults. Throws a `RangeError` if one is out of range. */
export function sessionBounds(options: SessionOptions): Required<SessionOptions> {
  const {
    maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
    maxBufferedBytes = DEFAULT_MAX_BUFFERED_BYTES,
    flushTimeoutMs = 30_000,
    heartbeatMs = Infinity,
  } = options;
  assertBound("maxFrameBytes", maxFrameBytes, MIN_FRAME_BYTES);
  assertBound("maxBufferedBytes", maxBufferedBytes, 1);
  assertBound("flushTimeoutMs", flushTimeoutMs, 1);
  assertBound("heartbeatMs", heartbeatMs, 1);
  return { maxFrameBytes, maxBufferedBytes, flushTimeoutMs, heartbeatMs };
}
