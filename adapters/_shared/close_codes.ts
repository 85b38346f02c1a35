/**
 * Close codes of wires, those of {@link https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 RFC 6455, 7.4.1}. Transports
 * that have other codes, or any, use the same numbers.
 *
 * @module
 */

/** What arrived makes no sense to the transport. */
export const PROTOCOL_ERROR = 1002;

/** What an end is told when the transport broke without a close; it is never sent. */
export const ABNORMAL_CLOSURE = 1006;

/** Text that is not UTF-8. */
export const INVALID_DATA = 1007;

/** Too large a frame. */
export const MESSAGE_TOO_BIG = 1009;
