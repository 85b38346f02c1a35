import type { PubSubEventTarget, TypedEvent } from "../../core/types.ts";
import type { Transport } from "../_wire/codec.ts";
import { LinkEventTarget } from "./link.ts";
import type { LinkOptions } from "./options.ts";
import { type OpenConnection, reconnectingWire, type ReconnectOptions } from "./reconnecting_wire.ts";

/** Options of a link that can open its connections itself. {@linkcode ReconnectOptions} need a function that does. */
export interface ConnectOptions extends LinkOptions, ReconnectOptions {
  /**
   * How long a connection can take to open, in milliseconds: until the hub has accepted it and `onOpen` has resolved.
   * After that it has failed.
   *
   * @default 20_000
   */
  readonly connectTimeoutMs?: number;
  /**
   * How long the hub can be silent before it is asked for a sign of life, in milliseconds. If nothing arrives for as long
   * again, the connection is dropped (4408).
   *
   * @default 30_000 with a function, no heartbeat with a connection
   */
  readonly heartbeatMs?: number;
}

/** Creates a link over one connection, or over those that a function opens one after the other. */
export function createLink<TEvent extends TypedEvent, TConnection extends object>(
  tag: string,
  { codec, toWire }: Transport<TConnection>,
  connection: TConnection | OpenConnection<TConnection>,
  options: ConnectOptions,
): PubSubEventTarget<TEvent> {
  const reconnects = typeof connection === "function";
  const { connectTimeoutMs = 20_000, heartbeatMs = reconnects ? 30_000 : Infinity } = options;
  const wire = reconnects ? reconnectingWire(connection, toWire, options) : toWire(connection);
  const link = new LinkEventTarget(tag, wire, codec, { ...options, connectTimeoutMs, heartbeatMs });
  // Cast: the types of events exist only in the signature.
  return link as PubSubEventTarget<TEvent>;
}
