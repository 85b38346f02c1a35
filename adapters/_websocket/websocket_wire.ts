import { describe } from "../../core/describe.ts";
import { ABNORMAL_CLOSURE } from "../_wire/close_codes.ts";
import type { Transport } from "../_wire/codec.ts";
import { ignore } from "../../core/ignore.ts";
import { publicText } from "../../core/public_text.ts";
import { plainJsonCodec } from "../_wire/plain_json_codec.ts";
import type { Wire, WireEnd, WireEvents } from "../_wire/wire.ts";

/** An event of a WebSocket, with the members of all its kinds. */
export interface WebSocketLikeEvent {
  /** The kind of event. */
  readonly type?: string;
  /** The message, of a `message`. */
  readonly data?: unknown;
  /** The close code, of a `close`. */
  readonly code?: number;
  /** The close reason, of a `close`. */
  readonly reason?: string;
  /** The error, of an `error`, where the runtime has it. */
  readonly error?: unknown;
  /** The error's message, of an `error`, where the runtime has it. */
  readonly message?: string;
}

/**
 * An object that behaves like a `WebSocket`: the platform's own, a server's from `Deno.upgradeWebSocket`, or one of
 * `npm:ws`.
 */
export interface WebSocketLike {
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** The bytes that were sent and have not left. */
  readonly bufferedAmount: number;
  /** The URL that it connects to, for reports of a failure: its query is left out there. */
  readonly url?: string | null;
  /** Sends a text message. */
  send(data: string): void;
  /** Closes after everything that was sent. */
  close(code?: number, reason?: string): void;
  /** Adds a listener. */
  addEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: WebSocketLikeEvent) => void,
  ): void;
  /** Removes a listener. */
  removeEventListener(
    type: "open" | "message" | "close" | "error",
    listener: (event: WebSocketLikeEvent) => void,
  ): void;
}

/** The states of a wire by `readyState`. It is closed in any other one. */
const STATES = ["connecting", "open"] as const;

/** WebSockets carry JSON. */
export const webSocketTransport: Transport<WebSocketLike, string> = {
  codec: plainJsonCodec,
  toWire: (socket) => new WebSocketWire(socket),
};

/** A wire over a WebSocket, on which the program's own handlers stay. */
export class WebSocketWire implements Wire<string> {
  protected readonly socket: WebSocketLike;
  /** Unset once the wire has ended or was detached. */
  protected events: WireEvents | undefined;
  protected error: Error | undefined;
  /** Only of a socket that is not open yet. */
  #onOpen: (() => void) | undefined;
  /** The close that came before the socket was open, until it opens or ends. */
  #earlyClose: [code: number, reason: string] | undefined;

  /** Throws a `TypeError` unless it is given a WebSocket. */
  constructor(socket: WebSocketLike) {
    const { send, close, addEventListener } = (socket ?? {}) as Partial<WebSocketLike>;
    if (![send, close, addEventListener].every((method) => typeof method === "function")) {
      const what = describe(socket);
      throw new TypeError(
        `Cannot use ${what} as a WebSocket: it lacks \`send\`, \`close\` or \`addEventListener\``,
      );
    }
    this.socket = socket;
  }

  get peer(): string | undefined {
    const { url } = this.socket;
    // A server's socket has none, an empty one, or null.
    return url ? publicText(url) : undefined;
  }

  get state(): "connecting" | "open" | "closed" {
    return this.#earlyClose === undefined ? STATES[this.socket.readyState] ?? "closed" : "connecting";
  }

  get bufferedBytes(): number {
    return this.socket.bufferedAmount;
  }

  start(events: WireEvents): void {
    this.events = events;
    // Node 20 calls a listener that is added during the dispatch of "open" in that same dispatch.
    if (this.state !== "open") this.socket.addEventListener("open", this.#onOpen = () => this.#open());
    this.socket.addEventListener("message", this.#onMessage);
    this.socket.addEventListener("close", this.#onClose);
    this.socket.addEventListener("error", this.#onError);
    if (this.state === "open") events.onOpen();
    // The caller must return first, so that callbacks of the end find what it returns.
    else if (this.state === "closed") queueMicrotask(() => this.end({ code: ABNORMAL_CLOSURE }));
  }

  send(frame: string): void {
    this.socket.send(frame);
  }

  close(code: number, reason: string): void {
    if (this.state === "connecting") this.#earlyClose = [code, reason];
    try {
      this.socket.close(code, reason);
    } catch {
      this.#closeWithoutCode();
    }
  }

  detach(): void {
    this.events = undefined;
    this.#earlyClose = undefined;
    this.#forgetOpen();
    this.socket.removeEventListener("message", this.#onMessage);
    this.socket.removeEventListener("close", this.#onClose);
    this.socket.removeEventListener("error", this.#onError);
    // `npm:ws` ends the process over an error without a listener.
    this.socket.addEventListener("error", ignore);
  }

  /** For a platform that reserves the code. */
  #closeWithoutCode(): void {
    try {
      this.socket.close();
    } catch (error) {
      queueMicrotask(() => this.end({ code: ABNORMAL_CLOSURE, error }));
    }
  }

  #forgetOpen(): void {
    if (this.#onOpen !== undefined) this.socket.removeEventListener("open", this.#onOpen);
    this.#onOpen = undefined;
  }

  #open(): void {
    this.#forgetOpen();
    // A server's socket of Deno opens even if it was closed before.
    const earlyClose = this.#earlyClose;
    this.#earlyClose = undefined;
    if (earlyClose !== undefined) this.close(...earlyClose);
    else this.events?.onOpen();
  }

  readonly #onMessage = ({ data }: WebSocketLikeEvent): void => this.events?.onFrame(data);

  readonly #onClose = (event: WebSocketLikeEvent): void => this.onClose(event);

  readonly #onError = ({ error, message }: WebSocketLikeEvent): void => {
    this.error = errorOf(error, message);
    // Node 22 reports a refused connection by this event alone. Elsewhere a close follows, which says more.
    if (this.socket.readyState === 0) this.end({ code: ABNORMAL_CLOSURE, error: this.error });
  };

  /** The socket has closed. */
  protected onClose({ code, reason }: WebSocketLikeEvent): void {
    this.end({ code: code || ABNORMAL_CLOSURE, reason, error: this.error });
  }

  protected end(end: WireEnd): void {
    const { events } = this;
    this.detach();
    events?.onEnd(end);
  }
}

/** The error of an `error` event. Node 24 gives one without a message, and Bun puts the whole URL into the message. */
function errorOf(error: unknown, message: string | undefined): Error {
  const text = (error instanceof Error && error.message) || message || "The WebSocket failed";
  const shown = publicText(text);
  return error instanceof Error && error.message === shown ? error : new Error(shown, { cause: error });
}
