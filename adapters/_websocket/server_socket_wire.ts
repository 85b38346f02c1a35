import { ABNORMAL_CLOSURE, NO_STATUS } from "../_wire/close_codes.ts";
import type { Transport } from "../_wire/codec.ts";
import { jsonCodec } from "../_wire/json_codec.ts";
import type { WireEvents } from "../_wire/wire.ts";
import { onceQuiet } from "./once_quiet.ts";
import { sharedText } from "./shared_text.ts";
import { isPausable, Turns } from "./turns.ts";
import { type WebSocketLike, type WebSocketLikeEvent, WebSocketWire } from "./websocket_wire.ts";

/** Bytes are sent as text. */
const TEXT = { binary: false } as const;

/** The members that `npm:ws` has beside those of a browser's WebSocket. */
interface PingableSocket {
  send(data: string | Uint8Array, options: typeof TEXT): void;
  ping(): void;
  on(type: "ping" | "pong" | "message", listener: (data: { readonly length: number }) => void): void;
  off(type: "ping" | "pong" | "message", listener: (data: { readonly length: number }) => void): void;
}

/** The message of Deno's error when a peer ends its half of TCP without a close. */
const HALF_ENDED = "Unexpected EOF";

const SIGNS_OF_LIFE = ["ping", "pong"] as const;

const FRAMES = ["message", "ping", "pong"] as const;

/** WebSockets that a server has accepted. */
export const serverSocketTransport: Transport<WebSocketLike, string> = {
  codec: jsonCodec,
  toWire: (socket) => new ServerSocketWire(socket),
};

/** The wire of a socket that a server has accepted: bare clients are pinged, and stuck sockets are watched. */
export class ServerSocketWire extends WebSocketWire {
  #isStuck = false;
  /** Only declared, so that a socket without a ping does not spend memory on it. */
  declare readonly ping?: () => void;
  declare readonly yieldTurn?: (callback: () => void) => void;
  declare private turns?: Turns;
  readonly #pingable: PingableSocket | undefined;
  /** Removes the listeners that only `npm:ws` has. */
  #cleanUp: (() => void) | undefined;

  /** Throws a `TypeError` unless it is given a WebSocket. */
  constructor(socket: WebSocketLike) {
    super(socket);
    if (!isPingable(socket)) return;
    this.#pingable = socket;
    this.ping = () => socket.ping();
    // It would encode a text for each socket.
    if (!isPausable(socket)) return;
    this.send = (frame) => socket.send(sharedText(frame), TEXT);
    const turns = this.turns = new Turns(socket);
    this.yieldTurn = (callback) => turns.yieldTurn(callback);
  }

  /** The platform's own sockets do: of those that a server has accepted, the ones of Deno. */
  get hidesUnsent(): boolean {
    return typeof WebSocket === "function" && this.socket instanceof WebSocket;
  }

  override start(events: WireEvents): void {
    const socket = this.#pingable;
    if (socket !== undefined) {
      const onSignOfLife = (): void => this.events?.onSignOfLife();
      for (const type of SIGNS_OF_LIFE) socket.on(type, onSignOfLife);
      const onRead = this.turns?.onRead;
      if (onRead !== undefined) { for (const type of FRAMES) socket.on(type, onRead); }
      this.#cleanUp = () => {
        for (const type of SIGNS_OF_LIFE) socket.off(type, onSignOfLife);
        if (onRead !== undefined) { for (const type of FRAMES) socket.off(type, onRead); }
      };
    }
    super.start(events);
  }

  override close(code: number, reason: string, isStuck = false): void {
    const close = (): void => {
      this.#isStuck ||= isStuck;
      super.close(code, reason);
    };
    // Deno ends TCP at the next frame that it reads, and the peer may never get the code.
    if (this.hidesUnsent && !isStuck && this.state === "open") onceQuiet(this.socket, close);
    else close();
  }

  override detach(): void {
    super.detach();
    this.#cleanUp?.();
  }

  protected override onClose(event: WebSocketLikeEvent): void {
    const { code } = event;
    const isDeno = this.#pingable === undefined;
    // What the peer has not taken stays in Deno's memory until TCP ends. A closing socket is closed early: with the code 0
    // when the peer sends one more frame, with 1005 when it ends its half of TCP; and once more when TCP ends, unless the
    // peer has taken everything by then. Of a socket that was open, nothing more is heard.
    const isEarly = this.#isStuck && (code === 0 || code === NO_STATUS);
    const isHalf = code === 0 && this.error?.message === HALF_ENDED;
    if (!isDeno || !(isEarly || isHalf)) return super.onClose(event);
    this.#isStuck = false;
    this.events?.onEnd({ code: ABNORMAL_CLOSURE, error: this.error, keepsUnsent: true });
  }
}

function isPingable(socket: unknown): socket is PingableSocket {
  const { ping, on, off } = socket as Partial<PingableSocket>;
  return [ping, on, off].every((method) => typeof method === "function");
}
