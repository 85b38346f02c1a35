/**
 * The event targets of peers that are connected over QUIC by Iroh: a spoke, and a hub with many of them.
 *
 * @module
 */
import type { PubSubEventTarget, TypedEvent } from "../core/types.ts";
import { createByteFrameCodec } from "./_iroh/byte_frame_codec.ts";
import { type ConnectOptions, createLink } from "./_link/create_link.ts";
import { Hub } from "./_hub/hub.ts";
import type { HubEventTarget, HubOptions } from "./_hub/types.ts";
import type { IrohConnection } from "./_iroh/iroh_like.ts";
import { irohWire } from "./_iroh/iroh_wire.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "./_session/options.ts";
import { assertBound } from "../core/arguments.ts";
import type { OpenConnection } from "./_link/reconnecting_wire.ts";
import type { SpokeEventTarget } from "./_hub/types.ts";

export type { HubEventTarget, HubOptions } from "./_hub/types.ts";
export type { IrohBiStream, IrohConnection, IrohRecvStream, IrohSendStream } from "./_iroh/iroh_like.ts";
export type { ConnectOptions } from "./_link/create_link.ts";
export type { LinkOptions } from "./_link/link.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { OpenConnection, OpenConnectionContext, ReconnectOptions } from "./_link/reconnecting_wire.ts";
export type { SpokeEventTarget } from "./_hub/types.ts";

/**
 * How many bytes a spoke may leave unread by default, in bytes: all that may wait. A megabyte takes a fifth of a second
 * to write, so that less would take a burst for a slow reader.
 */
const BACKPRESSURE_THRESHOLD = 16 * 1024 * 1024;

/** What both ends can be told. */
export interface IrohOptions {
  /**
   * Whether frames of 256 bytes or more may be deflated, by this end and by the far one; both have to agree. Turn it off
   * where somebody who sees how many bytes cross, such as a relay, may send events that share frames with secret ones:
   * the number tells of what is alike.
   *
   * @default true
   */
  readonly deflate?: boolean;
}

/** Options of {@linkcode createSpokeIrohEventTarget}. */
export interface SpokeIrohOptions extends ConnectOptions, IrohOptions {}

/** Options of {@linkcode createHubIrohEventTarget}. */
export interface HubIrohOptions<TConnection extends IrohConnection = IrohConnection>
  extends HubOptions<TConnection, IrohSpokeEventTarget>, IrohOptions {
  /**
   * How long a spoke may take to send its first bytes, in milliseconds. Then its connection is closed (4408).
   *
   * @default 30_000
   */
  readonly openTimeoutMs?: number;
  /**
   * How many bytes a spoke may leave unread from one turn of the event loop to the next. A spoke that still does when
   * it is sent an event in a later turn is slow, and is dropped.
   *
   * @default 16_777_216
   */
  readonly backpressureThreshold?: number;
}

/** One peer of a hub over Iroh. */
export interface IrohSpokeEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends SpokeEventTarget<TEvent> {
  /** The peer's endpoint id: its public key, which the connection has proved that it has the private one of. */
  readonly endpointId: string;
}

/** An event target with many peers over Iroh. */
export type HubIrohEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TConnection extends IrohConnection = IrohConnection,
> = HubEventTarget<TConnection, TEvent, IrohSpokeEventTarget<TEvent>>;

/**
 * Makes an event target of connections to a hub: what is published here goes to the hub, and the hub sends what is
 * subscribed to here. Both directions keep their order. It opens one stream on each connection, which is its own from
 * then on: its end is the connection's.
 *
 * Keep the endpoint referenced, and close it after the event target: one that is garbage-collected takes its
 * connections with it.
 *
 * Given a function, it connects with it, and again whenever the connection ends or fails, after a random delay.
 * Subscriptions go on; the status then is `open` with `gap: true`, and all that was lost was published before that. Only
 * a close code that says that it would be in vain (1002, 1003, 1007 to 1010, 4400 to 4499 but for 4408 and 4429) ends
 * the target. Given a connection, any end of it ends the target, and subscriptions with a
 * {@linkcode ConnectionLostError}.
 *
 * Until the stream is open, what is published waits, up to `maxBufferedBytes`; what was sent and had not arrived when
 * the connection ended is lost. A hub that is gone without a word is noticed after some 30 seconds, or within three
 * times `heartbeatMs`.
 *
 * @example A spoke
 * ```ts ignore
 * import { createPubSub } from "@alkdev/pubsub";
 * import { createSpokeIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
 * import { Endpoint, EndpointTicket } from "@number0/iroh";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * const alpn = Array.from(new TextEncoder().encode("my-program/1"));
 * const endpoint = await Endpoint.bind();
 * const ticket = EndpointTicket.fromString(Deno.args[0]);
 *
 * await using eventTarget = createSpokeIrohEventTarget(() => endpoint.connect(ticket.endpointAddr(), alpn));
 * const pubsub = createPubSub<Events>({ eventTarget });
 * for await (const { payload } of pubsub.subscribe("session.status", "proj_123")) console.log(payload.state);
 * ```
 *
 * @param connection A function that connects, called for each attempt; or a connection. That is one of `@number0/iroh`
 * 1.x, on which neither side opens another stream.
 * @param options Bounds and callbacks.
 * @returns An event target that closes the connection when it is closed.
 * @throws {TypeError} If it is neither a function nor a connection.
 * @throws {RangeError} If a bound is out of range.
 */
export function createSpokeIrohEventTarget<TEvent extends TypedEvent = TypedEvent>(
  connection: IrohConnection | OpenConnection<IrohConnection>,
  options: SpokeIrohOptions = {},
): PubSubEventTarget<TEvent> {
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES, deflate = true } = options;
  // How long the stream may take is a part of how long the connection may.
  const openTimeoutMs = Infinity;
  const toWire = (connection: IrohConnection) =>
    irohWire(connection, { side: "spoke", maxFrameBytes, openTimeoutMs });
  const link = createLink("SpokeIrohEventTarget", connection, toWire, createByteFrameCodec(deflate), options);
  // Which events it carries is a matter of the signature alone.
  return link as PubSubEventTarget<TEvent>;
}

/**
 * Creates the event target of a hub: what is published here goes to the spokes that are subscribed to its topic, its
 * type or everything, once each; what is listened to here comes from any spoke. Each connection is a spoke, which
 * opens one stream.
 *
 * It takes connections, not endpoints: who may be a spoke is decided by the code that accepts them, by the endpoint id
 * that each has proved. A spoke that reads too slowly is dropped (close code 1013), so that it costs no other spoke
 * anything; what it had not read is lost to it.
 *
 * @example A hub
 * ```ts ignore
 * import { createPubSub } from "@alkdev/pubsub";
 * import { createHubIrohEventTarget } from "@alkdev/pubsub/event-target-iroh";
 * import { Endpoint, EndpointTicket } from "@number0/iroh";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * const eventTarget = createHubIrohEventTarget();
 * const pubsub = createPubSub<Events>({ eventTarget });
 * setInterval(() => pubsub.publish("session.status", "proj_123", { state: "running" }), 1000);
 *
 * const alpn = Array.from(new TextEncoder().encode("my-program/1"));
 * const endpoint = await Endpoint.bind({ alpns: [alpn] });
 * await endpoint.online();
 * console.log(String(EndpointTicket.fromAddr(endpoint.addr())));
 * for (let incoming; (incoming = await endpoint.acceptNext()) !== null;) {
 *   incoming.accept()
 *     .then((accepting) => accepting.connect())
 *     .then((connection) => eventTarget.addConnection(connection))
 *     .catch((error) => console.error(error)); // one that failed is no reason to stop
 * }
 * ```
 *
 * @param connection The first connection, if there is one already; a connection of `@number0/iroh` 1.x.
 * @param options Bounds and callbacks.
 * @returns An event target with that spoke alone, or without spokes.
 * @throws {TypeError} If it is no connection.
 * @throws {RangeError} If a bound is out of range.
 */
export function createHubIrohEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TConnection extends IrohConnection = IrohConnection,
>(
  connection?: TConnection,
  options: HubIrohOptions<TConnection> = {},
): HubIrohEventTarget<TEvent, TConnection> {
  const {
    maxFrameBytes = DEFAULT_MAX_FRAME_BYTES,
    openTimeoutMs = 30_000,
    backpressureThreshold = BACKPRESSURE_THRESHOLD,
    deflate = true,
  } = options;
  assertBound("openTimeoutMs", openTimeoutMs, 1);
  const parts = {
    tag: "HubIrohEventTarget",
    spokeTag: "IrohSpokeEventTarget",
    codec: createByteFrameCodec(deflate),
    toWire: (connection: TConnection) => irohWire(connection, { side: "hub", maxFrameBytes, openTimeoutMs }),
  };
  // The wire of each of its spokes has an endpoint id.
  const hubOptions = { ...options, backpressureThreshold } as HubOptions<TConnection>;
  const hub = new Hub<TConnection, string, Uint8Array>(parts, hubOptions);
  if (connection !== undefined) hub.addConnection(connection);
  // As above; which events it carries is a matter of the signature alone.
  return hub as HubEventTarget<TConnection> as HubIrohEventTarget<TEvent, TConnection>;
}
