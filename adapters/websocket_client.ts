/**
 * The event target of a spoke that is connected to a hub by a WebSocket.
 *
 * @module
 */
import type { PubSubEventTarget, TypedEvent } from "../core/types.ts";
import { type ConnectOptions, createLink } from "./_link/create_link.ts";
import { jsonCodec } from "./_wire/json_codec.ts";
import type { OpenConnection } from "./_link/reconnecting_wire.ts";
import { type WebSocketLike, webSocketWire } from "./_websocket/websocket_wire.ts";

export type { ConnectOptions } from "./_link/create_link.ts";
export type { LinkOptions } from "./_link/link.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { OpenConnection, OpenConnectionContext, ReconnectOptions } from "./_link/reconnecting_wire.ts";
export type { WebSocketLike, WebSocketLikeEvent } from "./_websocket/websocket_wire.ts";

/** Options of {@linkcode createWebSocketClientEventTarget}. */
export type WebSocketClientOptions = ConnectOptions;

/**
 * Makes an event target of WebSockets to a hub: what is published here goes to the hub, and the hub sends what is
 * subscribed to here. Both directions keep their order.
 *
 * Given a function, it opens a WebSocket with it, and another one whenever that ends or fails, after a random delay.
 * Subscriptions go on; the status then is `open` with `gap: true`, and all that was lost was published before that. What
 * is published in between waits, up to `maxBufferedBytes`; what was handed to a socket and had not arrived is lost. Only
 * a close code that says that it would be in vain (1002, 1003, 1007 to 1010, 4400 to 4499 but for 4408 and 4429) ends
 * the target, and its subscriptions with a {@linkcode ConnectionLostError}.
 *
 * Given a WebSocket, any end of it ends the target likewise. Until it is open, what is published waits.
 *
 * @example A spoke that comes back
 * ```ts ignore
 * import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
 *
 * type Events = { "session.status": { state: "idle" | "running" } };
 * await using eventTarget = createWebSocketClientEventTarget(() => new WebSocket("wss://hub.example/events"), {
 *   onStatus: ({ state, gap, delayMs }) => console.log(state, gap, delayMs),
 * });
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * const statuses = pubsub.subscribe("session.status", "proj_123");
 * await statuses.ready; // the hub knows
 * for await (const { payload } of statuses) console.log(payload.state);
 * ```
 *
 * @example A token that is fresh on each connection
 * ```ts ignore
 * import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
 *
 * const eventTarget = createWebSocketClientEventTarget(async ({ signal }) => {
 *   const response = await fetch("https://hub.example/token", { signal });
 *   return new WebSocket(`wss://hub.example/events?token=${await response.text()}`);
 * });
 * await eventTarget.flush(); // connected
 * ```
 *
 * @param connection A function that opens a WebSocket, called for each attempt; or a WebSocket, opening or open. That is
 * the platform's, one of `npm:ws`, or anything like them.
 * @param options Bounds and callbacks.
 * @returns An event target that closes its socket when it is closed.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If it is neither a function nor a WebSocket.
 */
export function createWebSocketClientEventTarget<TEvent extends TypedEvent = TypedEvent>(
  connection: WebSocketLike | OpenConnection<WebSocketLike>,
  options: WebSocketClientOptions = {},
): PubSubEventTarget<TEvent> {
  const link = createLink(
    "WebSocketClientEventTarget",
    connection,
    webSocketWire,
    jsonCodec,
    options,
  );
  // Which events it carries is a matter of the signature alone.
  return link as PubSubEventTarget<TEvent>;
}
