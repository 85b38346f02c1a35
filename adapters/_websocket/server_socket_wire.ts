import { ABNORMAL_CLOSURE, NO_STATUS } from "../_wire/close_codes.ts";
import type { Transport } from "../_wire/codec.ts";
import { jsonCodec } from "../_wire/json_codec.ts";
import type { WireEvents } from "../_wire/wire.ts";
import { type WebSocketLike, type WebSocketLikeEvent, WebSocketWire } from "./websocket_wire.ts";

/** What `npm:ws` has beside a browser's WebSocket. */
interface PingableSocket {
  ping(): void;
  on(type: "ping" | "pong", listener: () => void): void;
  off(type: "ping" | "pong", listener: () => void): void;
}

/** What Deno says when a peer ends its half of TCP without a close. */
const HALF_ENDED = "Unexpected EOF";

/** The longest time that a closed socket counts as stuck, in milliseconds. */
const STUCK_MS = 600_000;

const SIGNS_OF_LIFE = ["ping", "pong"] as const;

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
  readonly #pingable: PingableSocket | undefined;
  /** Undoes what only one runtime has: the listeners of `npm:ws`, or the timer of a stuck socket of Deno. */
  #cleanUp: (() => void) | undefined;

  /** Throws a `TypeError` unless it is given a WebSocket. */
  constructor(socket: WebSocketLike) {
    super(socket);
    if (!isPingable(socket)) return;
    this.#pingable = socket;
    this.ping = () => socket.ping();
  }

  override start(events: WireEvents): void {
    const socket = this.#pingable;
    if (socket !== undefined) {
      const onSignOfLife = (): void => this.events?.onSignOfLife();
      for (const type of SIGNS_OF_LIFE) socket.on(type, onSignOfLife);
      this.#cleanUp = () => SIGNS_OF_LIFE.forEach((type) => socket.off(type, onSignOfLife));
    }
    super.start(events);
  }

  override close(code: number, reason: string, isStuck = false): void {
    this.#isStuck ||= isStuck;
    super.close(code, reason);
  }

  override detach(): void {
    super.detach();
    this.#cleanUp?.();
  }

  protected override onClose(event: WebSocketLikeEvent): void {
    // What the peer has not taken stays in memory, although Deno says nothing more of it.
    const keepsUnsent = event.code === 0 && this.error?.message === HALF_ENDED;
    if (keepsUnsent) return this.end({ code: ABNORMAL_CLOSURE, error: this.error, keepsUnsent });
    // Deno closes a closing socket with the code 0 when the peer sends one more frame, and with 1005 when the peer ends its
    // half of TCP. What the peer has not taken stays in memory until TCP ends. Then Deno closes the socket again, unless
    // the peer has taken everything by then.
    const isEarly = this.#pingable === undefined && (event.code === 0 || event.code === NO_STATUS);
    if (!isEarly || !this.#isStuck) return super.onClose(event);
    this.#isStuck = false;
    const timer = setTimeout(() => this.end({ code: ABNORMAL_CLOSURE }), STUCK_MS);
    unref(timer);
    this.#cleanUp = () => clearTimeout(timer);
  }
}

function isPingable(socket: unknown): socket is PingableSocket {
  const { ping, on, off } = socket as Partial<PingableSocket>;
  return [ping, on, off].every((method) => typeof method === "function");
}

/** Lets a process end while a timer runs. Only Deno needs it here. */
function unref(timer: unknown): void {
  // Cast: other runtimes have no such member.
  (globalThis as { Deno?: { unrefTimer?(timer: unknown): void } }).Deno?.unrefTimer?.(timer);
}
