/**
 * The event target of a spoke that is connected to a hub by a WebSocket.
 *
 * @module
 */
import { publicText } from "../core/public_text.ts";
import type { TypedEvent } from "../core/types.ts";
import { createLink } from "./_link/create_link.ts";
import type { ConnectOptions, LinkEventTarget, OpenConnection } from "./_link/options.ts";
import { type WebSocketLike, webSocketTransport } from "./_websocket/websocket_wire.ts";

export type * from "./_link/options.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { WebSocketLike, WebSocketLikeEvent } from "./_websocket/websocket_wire.ts";

/** Options of {@linkcode createWebSocketClientEventTarget}. */
export type WebSocketClientOptions = ConnectOptions;

/**
 * Creates an event target over WebSockets to a hub. Published events go to the hub, and the hub sends the events that are
 * subscribed to here. Both directions keep their order.
 *
 * Given a function, the event target opens a WebSocket with it, and another one whenever that ends or fails, after a
 * random delay. Subscriptions continue. The status is then `open` with `gap: true`: every lost event was published before
 * that. Events that are published in between wait, up to `maxBufferedBytes`. Events that were handed to a socket and had
 * not arrived are lost. Only a close code that says that another attempt is useless (1002, 1003, 1007, 1008, 1010, and 4400
 * to 4499 except 4408 and 4429) ends the event target, and its subscriptions with a {@linkcode ConnectionLostError}.
 *
 * Given a WebSocket, any end of it ends the event target in the same way. Published events wait until it is open.
 *
 * @example A spoke that reconnects
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
 * await statuses.ready; // the hub has acknowledged it
 * for await (const { payload } of statuses) console.log(payload.state);
 * ```
 *
 * @example A fresh token for each connection
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
 * @param connection A function that opens a WebSocket, called for each attempt; or a WebSocket, opening or open: the
 * platform's, one of `npm:ws`, or an object like them.
 * @param options Bounds and callbacks.
 * @returns An event target that closes its socket when it is closed.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If `connection` is neither a function nor a WebSocket, or an option has a wrong type.
 */
export function createWebSocketClientEventTarget<TEvent extends TypedEvent = TypedEvent>(
  connection: WebSocketLike | OpenConnection<WebSocketLike>,
  options: WebSocketClientOptions = {},
): LinkEventTarget<TEvent> {
  assertNoUrl(connection);
  return createLink(webSocketTransport, connection, { ...options, name: "WebSocketClientEventTarget" });
}

function assertNoUrl(connection: unknown): void {
  if (typeof connection !== "string" && !(connection instanceof URL)) return;
  throw new TypeError(
    `Cannot use "${publicText(String(connection))}" as a WebSocket: pass a function, such as ` +
      "() => new WebSocket(url)",
  );
}
