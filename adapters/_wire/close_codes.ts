/**
 * Close codes of {@link https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 RFC 6455, 7.4.1}, of its IANA registry, and
 * of this library. Transports with other codes, or with any number, use the same ones.
 *
 * @module
 */

/** The end was asked for. */
export const NORMAL_CLOSURE = 1000;

/** The hub is closed. */
export const GOING_AWAY = 1001;

/** The peer broke the rules of the transport. */
export const PROTOCOL_ERROR = 1002;

/** The peer closed without a code. Deno also says so when the peer ends its half of TCP. */
export const NO_STATUS = 1005;

/** The transport broke without a close. Only QUIC sends it, where a single stream can break. */
export const ABNORMAL_CLOSURE = 1006;

/** The peer sent text that is not UTF-8. */
export const INVALID_DATA = 1007;

/** The peer asked for more than it may. */
export const POLICY_VIOLATION = 1008;

/** The peer sent a frame that is too large. */
export const MESSAGE_TOO_BIG = 1009;

/** The peer reads too slowly, the hub has too many connections, or the hub has lost its upstream. */
export const TRY_AGAIN_LATER = 1013;

/** The peer has not proved who it is; 44xx is HTTP's 4xx, and 401 is Unauthorized. */
export const UNAUTHORIZED = 4401;

/** Nothing arrived in time; 44xx is HTTP's 4xx, and 408 is Request Timeout. */
export const HEARTBEAT_TIMEOUT = 4408;

/** The reason with which a link leaves a hub that has not answered its hello, beside {@linkcode HEARTBEAT_TIMEOUT}. */
export const HELLO_UNANSWERED = "the hello was not answered";

/** A newer connection of the same link has taken the place of this one; 44xx is HTTP's 4xx, and 409 is Conflict. */
export const SUPERSEDED = 4409;

/** The peer sends more than the hub handles; 44xx is HTTP's 4xx, and 429 is Too Many Requests. */
export const TOO_MANY_REQUESTS = 4429;
