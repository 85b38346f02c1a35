/**
 * The event targets of peers that are connected over QUIC by Iroh: a spoke, and a hub with many of them.
 *
 * @module
 */
import type { TypedEvent } from "../core/types.ts";
import { createHub } from "./_hub/create_hub.ts";
import type { Authenticated, HubEventTarget, HubOptions, SpokeEventTarget } from "./_hub/types.ts";
import { createByteFrameCodec } from "./_iroh/byte_frames.ts";
import type { IrohConnection } from "./_iroh/iroh_like.ts";
import { IrohWire } from "./_iroh/iroh_wire.ts";
import { createLink } from "./_link/create_link.ts";
import type { ConnectOptions, LinkEventTarget, OpenConnection } from "./_link/options.ts";
import { DEFAULT_MAX_FRAME_BYTES } from "./_session/options.ts";

export type * from "./_hub/types.ts";
export type { IrohBiStream, IrohConnection, IrohRecvStream, IrohSendStream } from "./_iroh/iroh_like.ts";
export type * from "./_link/options.ts";
export type { SessionOptions } from "./_session/options.ts";

/** Options of both ends. */
export interface IrohOptions {
  /**
   * Whether frames of 256 bytes or more are deflated, in both directions; both ends must agree. Turn it off if somebody
   * who can observe the sizes, such as a relay, can also send events that share frames with secret ones: the sizes reveal
   * what is alike.
   *
   * @default true
   */
  readonly deflate?: boolean;
}

/** Options of {@linkcode createSpokeIrohEventTarget}. */
export interface SpokeIrohOptions extends ConnectOptions, IrohOptions {}

/** Options of {@linkcode createHubIrohEventTarget}. */
export interface HubIrohOptions<TConnection extends IrohConnection = IrohConnection, TContext = unknown>
  extends HubOptions<TConnection, IrohSpokeEventTarget<TypedEvent, TContext>>, IrohOptions {
}

/** One peer of a hub over Iroh. */
export interface IrohSpokeEventTarget<TEvent extends TypedEvent = TypedEvent, TContext = unknown>
  extends SpokeEventTarget<TEvent, TContext> {
  /** The peer's endpoint id: its public key. The connection has proved that the peer has the private key. */
  readonly endpointId: string;
}

/** An event target with many peers over Iroh. */
export type HubIrohEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TConnection extends IrohConnection = IrohConnection,
  TContext = unknown,
> = HubEventTarget<TConnection, TEvent, IrohSpokeEventTarget<TEvent, TContext>>;

/**
 * Creates an event target over connections to a hub. Published events go to the hub, and the hub sends the events that
 * are subscribed to here. Both directions keep their order. The event target opens one stream on each connection, and
 * owns the connection from then on: the end of one is the end of the other.
 *
 * Keep a reference to the endpoint, and close it after the event target: an endpoint that is garbage-collected ends its
 * connections.
 *
 * Given a function, the event target connects with it, and again whenever the connection ends or fails, after a random
 * delay. Subscriptions continue. The status is then `open` with `gap: true`: every lost event was published before that.
 * Only a close code that says that another attempt is useless (1002, 1003, 1007, 1008, 1010, and 4400 to 4499 except 4408
 * and 4429) ends the event target. Given a connection, any end of it ends the event target, and its subscriptions with a
 * {@linkcode ConnectionLostError}.
 *
 * Published events wait until the stream is open, up to `maxBufferedBytes`. Events that were sent and had not arrived
 * when the connection ended are lost. A hub that vanishes without a close is detected after some 30 seconds, or within
 * twice `heartbeatMs`.
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
 * @param connection A function that connects, called for each attempt; or a connection. It is one of `@number0/iroh` 1.x,
 * on which neither side opens another stream.
 * @param options Bounds and callbacks.
 * @returns An event target that closes the connection when it is closed.
 * @throws {TypeError} If `connection` is neither a function nor a connection, or an option has a wrong type.
 * @throws {RangeError} If a bound is out of range.
 */
export function createSpokeIrohEventTarget<TEvent extends TypedEvent = TypedEvent>(
  connection: IrohConnection | OpenConnection<IrohConnection>,
  options: SpokeIrohOptions = {},
): LinkEventTarget<TEvent> {
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES, deflate = true } = options;
  const transport = {
    codec: createByteFrameCodec(deflate),
    toWire: (connection: IrohConnection) => new IrohWire(connection, { side: "spoke", maxFrameBytes }),
  };
  return createLink(transport, connection, { ...options, name: "SpokeIrohEventTarget" });
}

/**
 * Creates the event target of a hub that learns from the first hello of a spoke who that is: `addConnection` needs no
 * context.
 *
 * @typeParam TContext The context that `authenticate` returns.
 * @param connection The first connection, if there is one already.
 * @param options Bounds and callbacks.
 * @returns An event target with that spoke alone, or without spokes.
 * @throws {TypeError} If `connection` is not a connection, an option has a wrong type, or `history` is given together with
 * `upstream`.
 * @throws {RangeError} If a bound is out of range.
 */
export function createHubIrohEventTarget<TContext>(
  connection: IrohConnection | undefined,
  options: Authenticated<HubIrohOptions<IrohConnection, TContext>, TContext, IrohSpokeEventTarget>,
): HubEventTarget<IrohConnection, TypedEvent, IrohSpokeEventTarget<TypedEvent, TContext>, unknown>;
/**
 * Creates the event target of a hub. Events that are published here go to the spokes that are subscribed to the topic, to
 * the type or to everything, once to each. Listeners here receive the events of all spokes. Each connection is a spoke,
 * which opens one stream.
 *
 * The hub takes connections, not endpoints: your code accepts a spoke, or not, by the endpoint id that its connection has
 * proved. A spoke that reads too slowly is dropped (close code 1013), so that it does not slow down the others. Events
 * that it had not read are lost.
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
 *     .catch((error) => console.error(error)); // the others can still connect
 * }
 * ```
 *
 * @param connection The first connection, if there is one already; a connection of `@number0/iroh` 1.x.
 * @param options Bounds and callbacks.
 * @returns An event target with that spoke alone, or without spokes.
 * @throws {TypeError} If `connection` is not a connection, an option has a wrong type, or `history` is given together with
 * `upstream`.
 * @throws {RangeError} If a bound is out of range.
 */
export function createHubIrohEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TConnection extends IrohConnection = IrohConnection,
  TContext = unknown,
>(
  connection?: TConnection,
  options?: HubIrohOptions<TConnection, TContext>,
): HubIrohEventTarget<TEvent, TConnection, TContext>;
/**
 * Creates the event target of a hub whose spokes have a `context` of a known type:
 * `createHubIrohEventTarget<User>(undefined, options)`. `addConnection` is given the context of each spoke.
 *
 * @typeParam TContext The context of a spoke.
 * @param connection The first connection, which has no context, if there is one already.
 * @param options Bounds and callbacks.
 * @returns An event target with that spoke alone, or without spokes.
 * @throws {TypeError} If `connection` is not a connection, an option has a wrong type, or `history` is given together with
 * `upstream`.
 * @throws {RangeError} If a bound is out of range.
 */
export function createHubIrohEventTarget<TContext>(
  connection?: IrohConnection,
  options?: HubIrohOptions<IrohConnection, TContext>,
): HubIrohEventTarget<TypedEvent, IrohConnection, TContext>;
export function createHubIrohEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TConnection extends IrohConnection = IrohConnection,
>(
  connection?: TConnection,
  options: HubIrohOptions<TConnection> = {},
): HubIrohEventTarget<TEvent, TConnection> {
  const { maxFrameBytes = DEFAULT_MAX_FRAME_BYTES, deflate = true } = options;
  const hub = createHub<TEvent, TConnection, IrohSpokeEventTarget<TEvent>>({
    tag: "HubIrohEventTarget",
    spokeTag: "IrohSpokeEventTarget",
    codec: createByteFrameCodec(deflate),
    toWire: (connection: TConnection) => new IrohWire(connection, { side: "hub", maxFrameBytes }),
  }, options);
  if (connection !== undefined) hub.addConnection(connection);
  return hub;
}
