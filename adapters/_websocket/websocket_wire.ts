import { describe } from "../../core/describe.ts";
import { ABNORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";

/** What the events of a WebSocket may tell. */
export interface WebSocketLikeEvent {
  /** Which event it is. */
  readonly type?: string;
  /** Of a message. */
  readonly data?: unknown;
  /** Of a close. */
  readonly code?: number;
  /** Of a close. */
  readonly reason?: string;
  /** Of an error, where the runtime says more. */
  readonly error?: unknown;
  /** Of an error, where the runtime says more. */
  readonly message?: string;
}

/**
 * Anything that behaves like a `WebSocket`: the platform's own, a server's from `Deno.upgradeWebSocket`, those of
 * `npm:ws`.
 */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** How many bytes have not left yet. */
  readonly bufferedAmount: number;
  /** Sends a text message. */
  send(data: string): void;
  /** Closes after what was sent. */
  close(code?: number, reason?: string): void;
  /** Starts to listen. */
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: WebSocketLikeEvent) => void,
  ): void;
  /** Stops to listen. */
  removeEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: WebSocketLikeEvent) => void,
  ): void;
}

const CONNECTING = 0;
const OPEN = 1;

/**
 * Makes a wire of a WebSocket. Handlers that the program has installed on it stay.
 *
 * @param socket The WebSocket.
 * @returns The wire.
 * @throws {TypeError} If it is no WebSocket.
 */
export function webSocketWire(socket: WebSocketLike): Wire<string> {
  const { send, close, addEventListener } = (socket ?? {}) as Partial<WebSocketLike>;
  if (![send, close, addEventListener].every((method) => typeof method === "function")) {
    throw new TypeError(`Cannot use ${describe(socket)} as a WebSocket: it has not the methods of one`);
  }
  return new WebSocketWire(socket);
}

/** One function for all sockets: added twice to one it counts once. */
function ignore(): void {}

class WebSocketWire implements Wire<string> {
  readonly #socket: WebSocketLike;
  #events: WireEvents | undefined;
  #error: unknown;
  /** How it was closed before it was open. */
  #earlyClose: [code: number, reason: string] | undefined;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
  }

  get state(): "connecting" | "open" | "closed" {
    const { readyState } = this.#socket;
    return readyState === CONNECTING ? "connecting" : readyState === OPEN ? "open" : "closed";
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  start(events: WireEvents): void {
    this.#events = events;
    // Node 20 calls a listener that is added during a dispatch of "open" in that same dispatch.
    if (this.state !== "open") this.#socket.addEventListener("open", this.#onOpen);
    this.#socket.addEventListener("message", this.#onMessage);
    this.#socket.addEventListener("close", this.#onClose);
    this.#socket.addEventListener("error", this.#onError);
    if (this.state === "open") events.onOpen();
    // Whoever made the wire has not returned yet, and could not be found by what the end leads to.
    else if (this.state === "closed") queueMicrotask(() => this.#end({ code: ABNORMAL_CLOSURE }));
  }

  send(frame: string): void {
    this.#socket.send(frame);
  }

  close(code: number, reason: string): void {
    if (this.state === "connecting") this.#earlyClose = [code, reason];
    try {
      this.#socket.close(code, reason);
    } catch {
      this.#closeWithoutCode();
    }
  }

  detach(): void {
    this.#events = undefined;
    this.#socket.removeEventListener("open", this.#onOpen);
    this.#socket.removeEventListener("message", this.#onMessage);
    this.#socket.removeEventListener("close", this.#onClose);
    this.#socket.removeEventListener("error", this.#onError);
    // `npm:ws` ends the process over an error that nobody listens to.
    this.#socket.addEventListener("error", ignore);
  }

  /** For a platform that does not let this side use the code. */
  #closeWithoutCode(): void {
    try {
      this.#socket.close();
    } catch (error) {
      queueMicrotask(() => this.#end({ code: ABNORMAL_CLOSURE, error }));
    }
  }

  readonly #onOpen = (): void => {
    this.#socket.removeEventListener("open", this.#onOpen);
    // A server's socket of Deno opens all the same, as if it had not been closed before.
    if (this.#earlyClose !== undefined) this.close(...this.#earlyClose);
    else this.#events?.onOpen();
  };

  readonly #onMessage = ({ data }: WebSocketLikeEvent): void => this.#events?.onFrame(data);

  // Deno can fire it twice; the first one counts.
  readonly #onClose = ({ code, reason }: WebSocketLikeEvent): void => {
    this.#end({ code: code || ABNORMAL_CLOSURE, reason, error: this.#error });
  };

  readonly #onError = ({ error, message }: WebSocketLikeEvent): void => {
    this.#error = error ?? new Error(message || "The WebSocket failed");
    // A refused connection is told by this event alone in Node 22; everywhere else a close follows, which says more.
    if (this.state === "connecting") this.#end({ code: ABNORMAL_CLOSURE, error: this.#error });
  };

  #end(end: WireEnd): void {
    const events = this.#events;
    this.detach();
    events?.onEnd(end);
  }
}
