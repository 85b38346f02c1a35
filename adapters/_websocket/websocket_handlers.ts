import { describe } from "../../core/describe.ts";
import { HandledSocket, type HandledSocketLike } from "./handled_socket.ts";
import type { WebSocketLike } from "./websocket_wire.ts";

/** The end of a connection, as crossws describes it. */
export interface CloseDetails {
  /** The close code. */
  readonly code?: number | undefined;
  /** The close reason. */
  readonly reason?: string | undefined;
}

/**
 * The handlers of WebSockets under the names of Bun and crossws (`open`, `message`, `close`) and of Hono (`onOpen`,
 * `onMessage`, `onClose`).
 *
 * @typeParam TSocket The server's object, such as Bun's `ServerWebSocket`.
 */
export interface WebSocketHandlers<TSocket extends HandledSocketLike = HandledSocketLike> {
  /** Adds a socket to the hub. */
  open(socket: TSocket): void;
  /** Passes a message to the hub: a string, or an object that has it as `text()`. */
  message(socket: TSocket, message: unknown): void;
  /** Reports the end of a socket, by code and reason or by an object that has both. */
  close(socket: TSocket, code?: number | CloseDetails, reason?: string): void;
  /** Adds a socket to the hub. */
  onOpen(event: unknown, socket: TSocket): void;
  /** Passes a message to the hub. */
  onMessage(event: { readonly data: unknown }, socket: TSocket): void;
  /** Reports the end of a socket. */
  onClose(event: CloseDetails, socket: TSocket): void;
}

/** Creates the handlers that give sockets to `add`, with the context of each. */
export function createHandlers<TSocket extends HandledSocketLike>(
  add: (socket: WebSocketLike, given: TSocket) => void,
): WebSocketHandlers<TSocket> {
  /** The sockets that were opened, and `undefined` for those that had ended before. */
  const sockets = new WeakMap<object, HandledSocket | undefined>();
  const open = (given: TSocket): void => {
    const socket = underlying(given);
    if (sockets.has(socket)) return;
    const handled = new HandledSocket(socket);
    sockets.set(socket, handled);
    add(handled, given);
  };
  const message = (given: TSocket, data: unknown): void =>
    sockets.get(underlying(given))?.onMessage(textOf(data));
  const close = (given: TSocket, code?: number, reason?: string): void => {
    const socket = underlying(given);
    // A program may wait for something before it opens the socket.
    if (sockets.has(socket)) sockets.get(socket)?.onClose(code, reason);
    else sockets.set(socket, undefined);
  };
  return {
    open,
    message,
    close(socket, end, reason) {
      if (typeof end === "object") close(socket, end?.code, end?.reason);
      else close(socket, end, reason);
    },
    onOpen: (_event, socket) => open(socket),
    onMessage: ({ data }, socket) => message(socket, data),
    onClose: ({ code, reason }, socket) => close(socket, code, reason),
  };
}

/** The socket itself. Hono makes another object around it for each event on Bun. */
function underlying(given: HandledSocketLike): HandledSocketLike {
  const socket = isSocket(given?.raw) ? given.raw : given;
  if (isSocket(socket)) return socket;
  throw new TypeError(`Cannot use ${describe(socket)} as a WebSocket: it lacks \`send\` or \`close\``);
}

function isSocket(value: unknown): value is HandledSocketLike {
  const { send, close } = Object(value) as Partial<HandledSocketLike>;
  return typeof send === "function" && typeof close === "function";
}

/** The text of a message. crossws has it as a method, since some of its servers give bytes. */
function textOf(data: unknown): unknown {
  const text: unknown = Object(data).text;
  // A Blob has this method too, and is binary.
  return typeof text === "function" && !(data instanceof Blob) ? text.call(data) : data;
}
