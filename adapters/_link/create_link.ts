import { LinkEventTarget, type LinkOptions } from "./link.ts";
import { type OpenConnection, reconnectingWire, type ReconnectOptions } from "./reconnecting_wire.ts";
import type { Wire } from "../_wire/wire.ts";
import type { Codec } from "../_wire/codec.ts";

/** Options of a link that may open its connections itself. Those of {@linkcode ReconnectOptions} are for a function. */
export interface ConnectOptions extends LinkOptions, ReconnectOptions {
  /**
   * How long a connection may take to be open, in milliseconds: until the hub has accepted it and `onOpen` has resolved.
   * Then it has failed.
   *
   * @default 20_000
   */
  readonly connectTimeoutMs?: number;
  /**
   * How long the hub may be silent before it is asked for a sign of life, in milliseconds. If nothing at all arrives for
   * as long again, the connection is dropped (4408).
   *
   * @default 30_000 with a function, no heartbeat with a connection
   */
  readonly heartbeatMs?: number;
}

/**
 * Makes a link over one connection, or over those that a function opens one after the other.
 *
 * @param tag What kind of target it is.
 * @param connection The connection, or what opens one.
 * @param toWire Makes a wire of a connection.
 * @param codec How envelopes become frames.
 * @param options Bounds and callbacks.
 * @returns The link.
 */
export function createLink<TConnection extends object, TBody, TFrame>(
  tag: string,
  connection: TConnection | OpenConnection<TConnection>,
  toWire: (connection: TConnection) => Wire<TFrame>,
  codec: Codec<TBody, TFrame>,
  options: ConnectOptions,
): LinkEventTarget<TBody, TFrame> {
  const reconnects = typeof connection === "function";
  const { connectTimeoutMs = 20_000, heartbeatMs = reconnects ? 30_000 : Infinity } = options;
  const wire = reconnects ? reconnectingWire(connection, toWire, options) : toWire(connection);
  return new LinkEventTarget(tag, wire, codec, { ...options, connectTimeoutMs, heartbeatMs });
}
