import { ABNORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { WebSocketLike, WebSocketLikeEvent } from "./websocket_wire.ts";

/**
 * A socket of a server whose events come to handlers: a `ServerWebSocket` of Bun, a `Peer` of crossws, or a `WSContext` of
 * Hono.
 */
export interface HandledSocketLike {
  /** Sends a text message. */
  send(data: string): unknown;
  /** Closes after everything that was sent. */
  close(code?: number, reason?: string): unknown;
  /** The bytes that were sent and have not left, on Bun. */
  getBufferedAmount?(): number;
  /** The bytes that were sent and have not left, elsewhere. */
  readonly bufferedAmount?: number;
  /** The socket itself, of an object around one. */
  readonly raw?: unknown;
}

type EventType = "open" | "message" | "close" | "error";
type Listener = (event: WebSocketLikeEvent) => void;

const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

/** An open socket that dispatches what its handlers are given. */
export class HandledSocket implements WebSocketLike {
  readonly #socket: HandledSocketLike;
  readonly #listeners: Record<EventType, Set<Listener>> = {
    open: new Set(),
    message: new Set(),
    close: new Set(),
    error: new Set(),
  };
  readyState = OPEN;
  /** Whether the socket is being called. */
  #isCalled = false;

  constructor(socket: HandledSocketLike) {
    this.#socket = socket;
  }

  get bufferedAmount(): number {
    return this.#socket.getBufferedAmount?.() ?? this.#socket.bufferedAmount ?? 0;
  }

  send(data: string): void {
    if (this.readyState !== OPEN) return;
    const socket = this.#socket;
    const sent = this.#call(() => socket.send(data));
    // Bun returns the bytes, -1 if they wait, and 0 if it has dropped the message.
    if (sent === 0 && socket.getBufferedAmount !== undefined) {
      throw new Error("The socket has dropped a message");
    }
    this.#follow(sent);
  }

  close(code?: number, reason?: string): void {
    if (this.readyState === OPEN) this.readyState = CLOSING;
    this.#follow(this.#call(() => this.#socket.close(code, reason)));
  }

  addEventListener(type: EventType, listener: Listener): void {
    this.#listeners[type].add(listener);
  }

  removeEventListener(type: EventType, listener: Listener): void {
    this.#listeners[type].delete(listener);
  }

  onMessage(data: unknown): void {
    this.#dispatch("message", { data });
  }

  onClose(code?: number, reason?: string): void {
    // Bun calls the handler before `close()` returns, and a wire must not end before that.
    if (this.#isCalled) return queueMicrotask(() => this.onClose(code, reason));
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#dispatch("close", {
      ...(typeof code === "number" && { code }),
      ...(typeof reason === "string" && { reason }),
    });
  }

  /** A socket that fails later has ended. */
  #follow(result: unknown): void {
    if (result instanceof Promise) result.catch(() => this.onClose(ABNORMAL_CLOSURE));
  }

  #call(method: () => unknown): unknown {
    this.#isCalled = true;
    try {
      return method();
    } finally {
      this.#isCalled = false;
    }
  }

  #dispatch(type: EventType, event: WebSocketLikeEvent): void {
    for (const listener of [...this.#listeners[type]]) listener(event);
  }
}
