/**
 * The event target of a hub whose spokes are connected by WebSockets.
 *
 * @module
 */
import type { TypedEvent } from "../core/types.ts";
import { Hub } from "./_hub/hub.ts";
import type { HubEventTarget, HubOptions } from "./_hub/types.ts";
import { jsonCodec } from "./_wire/json_codec.ts";
import type { SpokeEventTarget } from "./_hub/types.ts";
import { type WebSocketLike, webSocketWire } from "./_websocket/websocket_wire.ts";

export type {
  Authorize,
  AuthorizeRequest,
  ConnectionArguments,
  ConnectionOptions,
  HubEventTarget,
  HubOptions,
} from "./_hub/types.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { SpokeEventTarget } from "./_hub/types.ts";
export type { WebSocketLike, WebSocketLikeEvent } from "./_websocket/websocket_wire.ts";

/** Options of {@linkcode createWebSocketServerEventTarget}. */
export type WebSocketServerOptions<
  TSocket extends WebSocketLike = WebSocketLike,
  TContext = unknown,
> = HubOptions<TSocket, SpokeEventTarget<TypedEvent, TContext>>;

/** An event target with many WebSockets. */
export type WebSocketServerEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TSocket extends WebSocketLike = WebSocketLike,
  TContext = unknown,
> = HubEventTarget<TSocket, TEvent, SpokeEventTarget<TEvent, TContext>>;

/**
 * Creates the event target of a hub: what is published here goes to the spokes that are subscribed to its topic, its
 * type or everything, once each; what is listened to here comes from any spoke.
 *
 * It takes sockets, not requests: upgrade a request with whatever serves it, and hand the socket over. A spoke that
 * reads too slowly is dropped (close code 1013), so that it costs no other spoke anything; what it had not read is
 * lost to it.
 *
 * @example A hub on Deno
 * ```ts ignore
 * import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * const eventTarget = createWebSocketServerEventTarget();
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * Deno.serve((request) => {
 *   const { socket, response } = Deno.upgradeWebSocket(request);
 *   eventTarget.addConnection(socket);
 *   return response;
 * });
 * setInterval(() => pubsub.publish("session.status", "proj_123", { state: "running" }), 1000);
 * ```
 *
 * @param options Bounds and callbacks.
 * @returns An event target without spokes.
 * @throws {RangeError} If a bound is out of range.
 */
export function createWebSocketServerEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TSocket extends WebSocketLike = WebSocketLike,
  TContext = unknown,
>(
  options: WebSocketServerOptions<TSocket, TContext> = {},
): WebSocketServerEventTarget<TEvent, TSocket, TContext> {
  const hub = new Hub<TSocket, string, string>({
    tag: "WebSocketServerEventTarget",
    spokeTag: "WebSocketSpokeEventTarget",
    codec: jsonCodec,
    toWire: webSocketWire,
    // Which context spokes have, and which events they carry, is a matter of the signatures alone.
  }, options as HubOptions<TSocket>);
  return hub as WebSocketServerEventTarget<TEvent, TSocket, TContext>;
}
