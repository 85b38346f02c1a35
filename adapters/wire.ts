/**
 * The parts that turn a transport of your own into event targets: a link on the side with one peer, a hub on the side
 * with many. They bring the frames, batching, subscriptions, bounds and errors. You bring a {@linkcode Wire}.
 *
 * @module
 */
import type { EventEnvelope, PubSubEventTarget, TypedEvent } from "../core/types.ts";
import { createHub as createHubOf } from "./_hub/create_hub.ts";
import type { HubEventTarget, HubOptions, SpokeEventTarget } from "./_hub/types.ts";
import { type ConnectOptions, createLink as createLinkOf } from "./_link/create_link.ts";
import type { OpenConnection } from "./_link/reconnecting_wire.ts";
import type { Codec, Transport } from "./_wire/codec.ts";
import { controlEnvelope } from "./_wire/frame.ts";
import { jsonCodec } from "./_wire/json_codec.ts";

export type { Via } from "../core/via.ts";
export type {
  Authorize,
  AuthorizeRequest,
  ConnectionArguments,
  ConnectionOptions,
  HubEventTarget,
  HubOptions,
  HubStats,
  SpokeEventTarget,
} from "./_hub/types.ts";
export type { ConnectOptions } from "./_link/create_link.ts";
export type { LinkOptions } from "./_link/options.ts";
export type { OpenConnection, OpenConnectionContext, ReconnectOptions } from "./_link/reconnecting_wire.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { Codec, EncodedEnvelope, EncodeOptions, Transport } from "./_wire/codec.ts";
export type { NextWire, Wire, WireEnd, WireEvents } from "./_wire/wire.ts";

/** Options of {@linkcode createLink} and {@linkcode createHub} beside those of links and hubs. */
export interface NameOptions {
  /**
   * The name of the event target, which `Object.prototype.toString` and reports show.
   *
   * @default "LinkEventTarget" of a link, "HubEventTarget" of a hub
   */
  readonly name?: string;
}

/**
 * Creates the event target on the side with one peer, a hub. Published events go to the hub, and the hub sends the events
 * that are subscribed to here.
 *
 * Given a function, the event target opens a connection with it, and another one whenever that ends or fails, as
 * `createWebSocketClientEventTarget` does. Given a connection, its end ends the event target.
 *
 * @example A link and a hub that share memory
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 * import { createHub, createJsonCodec, createLink, type Wire, type WireEvents } from "@alkdev/pubsub/wire";
 * import { assertEquals } from "@std/assert";
 *
 * // A connection is one of two ends. What one end sends arrives at the other end a moment later.
 * class End {
 *   far: End | undefined;
 *   events: WireEvents | undefined;
 * }
 *
 * function toWire(end: End): Wire<string> {
 *   let state: "open" | "closed" = "open";
 *   const finish = () => {
 *     state = "closed";
 *     end.events?.onEnd({});
 *     end.events = undefined;
 *   };
 *   return {
 *     get state() {
 *       return state;
 *     },
 *     bufferedBytes: 0,
 *     start(events) {
 *       end.events = events;
 *       events.onOpen();
 *     },
 *     send: (frame) => queueMicrotask(() => end.far?.events?.onFrame(frame)),
 *     close: () => queueMicrotask(finish),
 *     detach() {
 *       end.events = undefined;
 *     },
 *   };
 * }
 *
 * const transport = { codec: createJsonCodec(), toWire };
 * const [near, far] = [new End(), new End()];
 * near.far = far;
 * far.far = near;
 *
 * type Events = { "user.renamed": { name: string } };
 * const hub = createHub(transport);
 * const link = createLink(transport, near);
 * hub.addConnection(far);
 *
 * const renames = createPubSub<Events>({ eventTarget: link }).subscribe("user.renamed", "user_1");
 * await renames.ready;
 * createPubSub<Events>({ eventTarget: hub }).publish("user.renamed", "user_1", { name: "Ada" });
 * assertEquals((await renames.next()).value?.payload.name, "Ada");
 * await link.close();
 * await hub.close();
 * ```
 *
 * @typeParam TEvent The events that it carries.
 * @typeParam TConnection The runtime's object, such as a socket.
 * @typeParam TFrame The unit that crosses the wire, such as a string.
 * @param transport How connections carry events.
 * @param connection A function that opens a connection, called for each attempt; or a connection, opening or open.
 * @param options Bounds and callbacks.
 * @returns An event target that closes its connection when it is closed.
 * @throws {RangeError} If a bound is out of range.
 */
export function createLink<TEvent extends TypedEvent, TConnection extends object, TFrame>(
  transport: Transport<TConnection, TFrame>,
  connection: TConnection | OpenConnection<TConnection>,
  options: ConnectOptions & NameOptions = {},
): PubSubEventTarget<TEvent> {
  const { name = "LinkEventTarget" } = options;
  return createLinkOf(name, transport, connection, options);
}

/**
 * Creates the event target on the side with many peers, the spokes. Events that are published here go to the spokes that
 * are subscribed to the topic, to the type or to everything, once to each. Listeners here receive the events of all
 * spokes.
 *
 * @example A hub over TCP
 * ```ts ignore
 * import { createServer, type Socket } from "node:net";
 * import { createHub, createJsonCodec } from "@alkdev/pubsub/wire";
 * import { LineWire } from "./line_wire.ts"; // see docs/writing_an_adapter.md
 *
 * const toWire = (socket: Socket) => new LineWire(socket, 1_048_576);
 * const transport = { codec: createJsonCodec(), toWire };
 * const eventTarget = createHub(transport, { name: "LineHubEventTarget", maxConnections: 1000 });
 * createServer((socket) => void eventTarget.addConnection(socket)).listen(4000);
 * ```
 *
 * @typeParam TEvent The events that it carries.
 * @typeParam TConnection The runtime's object, such as a socket.
 * @typeParam TFrame The unit that crosses the wire, such as a string.
 * @typeParam TContext The context of a spoke, such as its user.
 * @param transport How connections carry events.
 * @param options Bounds and callbacks.
 * @returns An event target without spokes.
 * @throws {RangeError} If a bound is out of range.
 */
export function createHub<TEvent extends TypedEvent, TConnection, TFrame, TContext = unknown>(
  transport: Transport<TConnection, TFrame>,
  options: HubOptions<TConnection, SpokeEventTarget<TypedEvent, TContext>> & NameOptions = {},
): HubEventTarget<TConnection, TEvent, SpokeEventTarget<TEvent, TContext>> {
  const { name = "HubEventTarget" } = options;
  return createHubOf({ ...transport, tag: name, spokeTag: "SpokeEventTarget" }, options);
}

/**
 * Creates the codec of wires that carry text: an envelope is JSON, several envelopes are a JSON array.
 *
 * @example Encode an event
 * ```ts
 * import { createJsonCodec } from "@alkdev/pubsub/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const codec = createJsonCodec();
 * const event = codec.encode({ type: "user.renamed", id: "user_1", payload: { name: "Ada" } }, false);
 * assertEquals(codec.encodeFrame([event]), '{"type":"user.renamed","id":"user_1","payload":{"name":"Ada"}}');
 * ```
 *
 * @returns The codec, which has no state.
 */
export function createJsonCodec(): Codec<string> {
  return jsonCodec;
}

/**
 * The envelope that ends a session with a reason. A wire sends it last when it is closed, if its transport has no close
 * reason of its own.
 *
 * @example End with a reason
 * ```ts
 * import { byeEnvelope } from "@alkdev/pubsub/wire";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(byeEnvelope("done"), { type: "__bye", id: "", payload: { reason: "done" } });
 * ```
 *
 * @param reason The reason, for people.
 * @returns A control of the protocol, to be encoded as a frame of its own.
 */
export function byeEnvelope(reason: string): EventEnvelope {
  return controlEnvelope({ kind: "bye", reason });
}
