/**
 * The event target of a hub whose spokes are connected by WebSockets.
 *
 * @module
 */
import { describe } from "../core/describe.ts";
import type { TypedEvent } from "../core/types.ts";
import { createHub } from "./_hub/create_hub.ts";
import type {
  Authenticated,
  ConnectionOptions,
  HubEventTarget,
  HubOptions,
  SpokeEventTarget,
} from "./_hub/types.ts";
import { serverSocketTransport } from "./_websocket/server_socket_wire.ts";
import type { HandledSocketLike } from "./_websocket/handled_socket.ts";
import { createHandlers, type WebSocketHandlers } from "./_websocket/websocket_handlers.ts";
import type { WebSocketLike } from "./_websocket/websocket_wire.ts";

export type * from "./_hub/types.ts";
export type { SessionOptions } from "./_session/options.ts";
export type { HandledSocketLike } from "./_websocket/handled_socket.ts";
export type { CloseDetails, WebSocketHandlers } from "./_websocket/websocket_handlers.ts";
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
 * Creates the event target of a hub that learns from the first hello of a spoke who that is: `addConnection` needs no
 * context.
 *
 * @example Spokes that show a token
 * ```ts
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
 *
 * type User = { name: string };
 * const users = new Map<unknown, User>([["t0ken", { name: "Ada" }]]);
 * await using hub = createWebSocketServerEventTarget({
 *   authenticate: (_spoke, credentials) => users.get(credentials),
 *   authorize: ({ spoke, id }) => id === spoke.context.name,
 * });
 * // For each socket: hub.addConnection(socket)
 * ```
 *
 * @typeParam TContext The context that `authenticate` returns.
 * @param options Bounds and callbacks.
 * @returns An event target without spokes.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If an option has a wrong type, or `history` is given together with `upstream`.
 */
export function createWebSocketServerEventTarget<TContext>(
  options: Authenticated<WebSocketServerOptions<WebSocketLike, TContext>, TContext>,
): HubEventTarget<WebSocketLike, TypedEvent, SpokeEventTarget<TypedEvent, TContext>, unknown>;
/**
 * Creates the event target of a hub that learns from the first hello of a spoke who that is, with the types of its events
 * and sockets as well.
 *
 * @typeParam TContext The context that `authenticate` returns.
 * @param options Bounds and callbacks.
 * @returns An event target without spokes.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If an option has a wrong type, or `history` is given together with `upstream`.
 */
export function createWebSocketServerEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TSocket extends WebSocketLike = WebSocketLike,
  TContext = unknown,
>(
  options: Authenticated<WebSocketServerOptions<TSocket, TContext>, TContext>,
): HubEventTarget<TSocket, TEvent, SpokeEventTarget<TEvent, TContext>, unknown>;
/**
 * Creates the event target of a hub. Events that are published here go to the spokes that are subscribed to the topic, to
 * the type or to everything, once to each. Listeners here receive the events of all spokes.
 *
 * The hub takes sockets, not requests: upgrade a request with your server, and pass the socket to `addConnection`. A
 * spoke that reads too slowly is dropped (close code 1013), so that it does not slow down the others. Events that it had
 * not read are lost.
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
 * @throws {TypeError} If an option has a wrong type, or `history` is given together with `upstream`.
 */
export function createWebSocketServerEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TSocket extends WebSocketLike = WebSocketLike,
  TContext = unknown,
>(
  options?: WebSocketServerOptions<TSocket, TContext>,
): WebSocketServerEventTarget<TEvent, TSocket, TContext>;
/**
 * Creates the event target of a hub whose spokes have a `context` of a known type, such as the user.
 *
 * @example Spokes that know their user
 * ```ts
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
 *
 * type User = { name: string; rooms: string[] };
 * await using hub = createWebSocketServerEventTarget<User>({
 *   authorize: ({ spoke, id }) => id !== undefined && spoke.context.rooms.includes(id),
 * });
 * // For each socket: hub.addConnection(socket, { context: user });
 * const names = hub.spokes.map(({ context }) => context.name);
 * if (names.length > 0) throw new Error("There is no spoke yet");
 * ```
 *
 * @typeParam TContext The context that `addConnection` is given for each spoke.
 * @param options Bounds and callbacks.
 * @returns An event target without spokes.
 * @throws {RangeError} If a bound is out of range.
 * @throws {TypeError} If an option has a wrong type, or `history` is given together with `upstream`.
 */
export function createWebSocketServerEventTarget<TContext>(
  options?: WebSocketServerOptions<WebSocketLike, TContext>,
): WebSocketServerEventTarget<TypedEvent, WebSocketLike, TContext>;
export function createWebSocketServerEventTarget<
  TEvent extends TypedEvent = TypedEvent,
  TSocket extends WebSocketLike = WebSocketLike,
  TContext = unknown,
>(
  options: WebSocketServerOptions<TSocket, TContext> = {},
): WebSocketServerEventTarget<TEvent, TSocket, TContext> {
  return createHub({
    ...serverSocketTransport,
    toWire(socket: TSocket) {
      assertDispatches(socket);
      return serverSocketTransport.toWire(socket);
    },
    tag: "WebSocketServerEventTarget",
    spokeTag: "WebSocketSpokeEventTarget",
  }, options);
}

/** A hub that takes the sockets of {@linkcode createWebSocketHandlers}, with these further arguments. */
export interface HandlersHub<TArguments extends readonly unknown[] = []> {
  /** Adds a connection as a spoke. */
  readonly addConnection: (connection: WebSocketLike, ...args: TArguments) => unknown;
}

/** Options of {@linkcode createWebSocketHandlers}. */
export interface WebSocketHandlersOptions<TSocket, TContext> {
  /**
   * Returns the `context` of a spoke, when its socket opens.
   *
   * @param socket The object that the server gave to the handler, such as Bun's `ServerWebSocket`.
   */
  readonly context: (socket: TSocket) => TContext;
}

/**
 * Connects a hub to a server whose sockets are no `EventTarget`, because their events come to handlers: `Bun.serve`,
 * crossws and Hono. The handlers have the names of all three, so that each server takes the object as it is. Sockets of
 * `Deno.upgradeWebSocket`, `npm:ws` and Cloudflare need no handlers: pass them to `addConnection`.
 *
 * @example A hub on Bun
 * ```ts ignore
 * const hub = createWebSocketServerEventTarget();
 * Bun.serve({
 *   fetch: (request, server) => server.upgrade(request) ? undefined : new Response(null, { status: 426 }),
 *   websocket: createWebSocketHandlers(hub),
 * });
 * ```
 *
 * @example A hub over crossws, and in Hono
 * ```ts ignore
 * const ws = crossws({ hooks: createWebSocketHandlers(hub) });
 * app.get("/events", upgradeWebSocket(() => createWebSocketHandlers(hub)));
 * ```
 *
 * @param hub The hub.
 * @returns The handlers. They never throw for what a peer does.
 */
export function createWebSocketHandlers(hub: HandlersHub): WebSocketHandlers;
/**
 * Connects a hub whose spokes have a `context` to a server whose sockets are no `EventTarget`.
 *
 * @example Spokes that know their user
 * ```ts ignore
 * Bun.serve<User>({
 *   fetch: (request, server) =>
 *     server.upgrade(request, { data: userOf(request) }) ? undefined : new Response(null, { status: 426 }),
 *   websocket: createWebSocketHandlers(hub, { context: (socket: Bun.ServerWebSocket<User>) => socket.data }),
 * });
 * app.get("/events", upgradeWebSocket((c) => createWebSocketHandlers(hub, { context: () => c.get("user") }))); // Hono
 * ```
 *
 * @typeParam TSocket The server's object, such as Bun's `ServerWebSocket`.
 * @typeParam TContext The context of a spoke.
 * @param hub The hub.
 * @param options The context of each spoke.
 * @returns The handlers. They never throw for what a peer does.
 */
export function createWebSocketHandlers<TSocket extends HandledSocketLike, TContext>(
  hub: HandlersHub<[options: ConnectionOptions<TContext>]>,
  options: WebSocketHandlersOptions<TSocket, TContext>,
): WebSocketHandlers<TSocket>;
export function createWebSocketHandlers<TSocket extends HandledSocketLike, TContext>(
  hub: { addConnection(connection: WebSocketLike, options?: ConnectionOptions<TContext>): unknown },
  options?: WebSocketHandlersOptions<TSocket, TContext>,
): WebSocketHandlers<TSocket> {
  if (typeof hub?.addConnection !== "function") {
    throw new TypeError(`Cannot give sockets to ${describe(hub)}: pass a hub`);
  }
  return createHandlers<TSocket>((socket, given) => {
    if (options === undefined) hub.addConnection(socket);
    else hub.addConnection(socket, { context: options.context(given) });
  });
}

/** Throws a `TypeError` for sockets of servers and frameworks whose events come to handlers. */
function assertDispatches(socket: Partial<WebSocketLike>): void {
  const { send, addEventListener } = socket ?? {};
  if (typeof send !== "function" || addEventListener !== undefined) return;
  throw new TypeError(
    `Cannot use ${
      describe(socket)
    } as a WebSocket: its events come to handlers. Give the server the handlers of ` +
      "createWebSocketHandlers(hub)",
  );
}
