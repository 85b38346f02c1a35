/**
 * The event target of a spoke that is connected to a hub by a WebSocket.
 *
 * @module
 */
import type { PubSubEventTarget, TypedEvent } from "../core/types.ts";
import { createJsonCodec } from "./_shared/json_codec.ts";
import { LinkEventTarget, type LinkOptions } from "./_shared/link.ts";
import { type WebSocketLike, webSocketWire } from "./_shared/websocket_wire.ts";

export type { PeerOptions } from "./_shared/peer_options.ts";
export type { WebSocketLike, WebSocketLikeEvent } from "./_shared/websocket_wire.ts";

/** Options of {@linkcode createWebSocketClientEventTarget}. */
export type WebSocketClientOptions = LinkOptions;

/**
 * Makes an event target of a WebSocket to a hub: what is published here goes to the hub, and the hub sends what is
 * subscribed to here. Both directions keep their order.
 *
 * The socket may still be opening; until it is open, what is published waits, up to `maxBufferedBytes`. When it ends,
 * subscriptions end with a {@linkcode ConnectionLostError}; what was handed to it and had not arrived is lost.
 *
 * @example A spoke
 * ```ts ignore
 * import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * await using eventTarget = createWebSocketClientEventTarget(new WebSocket("wss://hub.example/events"));
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * const statuses = pubsub.subscribe("session.status", "proj_123");
 * await statuses.ready; // the hub knows
 * for await (const { payload } of statuses) console.log(payload.state);
 * ```
 *
 * @param socket The platform's `WebSocket`, one of `npm:ws`, or anything like them, opening or open.
 * @param options Bounds and callbacks.
 * @returns An event target that closes the socket when it is closed.
 * @throws {RangeError} If a bound is out of range.
 */
export function createWebSocketClientEventTarget<TEvent extends TypedEvent = TypedEvent>(
  socket: WebSocketLike,
  options: WebSocketClientOptions = {},
): PubSubEventTarget<TEvent> {
  const link = new LinkEventTarget(
    "WebSocketClientEventTarget",
    webSocketWire(socket),
    createJsonCodec(),
    options,
  );
  // Which events it carries is a matter of the signature alone.
  return link as PubSubEventTarget<TEvent>;
}
