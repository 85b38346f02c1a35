/**
 * Close codes of {@link https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 RFC 6455, 7.4.1}, of the IANA registry
 * that continues it, and of our own. Transports that have other codes, or any, use the same numbers.
 *
 * @module
 */

/** An orderly end. */
export const NORMAL_CLOSURE = 1000;

/** The hub is closed. */
export const GOING_AWAY = 1001;

/** What arrived makes no sense to the transport. */
export const PROTOCOL_ERROR = 1002;

/** What an end is told when the transport broke without a close. It is sent over QUIC alone, where a stream can break. */
export const ABNORMAL_CLOSURE = 1006;

/** Text that is not UTF-8. */
export const INVALID_DATA = 1007;

/** The peer asked for more than it may. */
export const POLICY_VIOLATION = 1008;

/** Too large a frame. */
export const MESSAGE_TOO_BIG = 1009;

/** A slow reader, too many connections, or a hub that has lost its upstream. */
export const TRY_AGAIN_LATER = 1013;

/** The peer sends more than the hub handles; 44xx is HTTP's 4xx, and 429 is too many requests. */
export const TOO_MANY_REQUESTS = 4429;

/** Close code of a peer that gave no sign of life; 44xx is HTTP's 4xx, and 408 is a request that timed out. */
export const HEARTBEAT_TIMEOUT = 4408;
