import { MAX_TIMER_MS } from "../../core/arguments.ts";
import type { Session } from "../_session/session.ts";
import { HEARTBEAT_TIMEOUT } from "../_wire/close_codes.ts";
import { Announcer } from "./announcer.ts";

/** A line that carries less than this many bytes meanwhile is taken for dead. */
const LEAST_BYTES = 16 * 1024;

/** How long a connection can take to give a sign of life, in milliseconds. */
const SIGN_OF_LIFE_MS = 5000;

/** One connection of a link, or the attempt at it: everything that ends with it. */
export class Connection {
  readonly session: Session;
  readonly announcer: Announcer;
  /** Since when the hub has answered the hello and events leave, by `performance.now()`. */
  upSince = Infinity;
  /** Whether the hub's upstream is away. */
  degraded = false;
  /** Whether a sign of life is due soon. If none comes, the next attempt follows at once and the delays start again. */
  isUrgent = false;
  /** The bytes that had left when the sign of life was asked for. */
  #left = 0;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.session = session;
    this.announcer = new Announcer(session.sender);
  }

  /** How long the connection has been up, in milliseconds. */
  get upMs(): number {
    return this.isUrgent ? Infinity : Math.max(0, performance.now() - this.upSince);
  }

  /** Starts the wire. The connection fails unless it is up within a time. */
  start(timeoutMs: number): void {
    this.#expireAfter(this.isUrgent ? Math.min(timeoutMs, SIGN_OF_LIFE_MS) : timeoutMs);
    this.session.start();
  }

  /** Ends the connection soon, unless it is up by then and something has arrived. */
  demandLife(): void {
    if (this.isUrgent) return;
    this.isUrgent = true;
    this.session.heard = false;
    if (this.session.wire.state === "open") this.session.onSilence();
    this.#left = this.session.sender.outbox.window.left;
    this.#expireAfter(SIGN_OF_LIFE_MS);
  }

  /** Stops waiting for the connection. */
  stop(): void {
    this.isUrgent = false;
    clearTimeout(this.#deadline);
  }

  #expireAfter(ms: number): void {
    clearTimeout(this.#deadline);
    if (ms <= MAX_TIMER_MS) this.#deadline = setTimeout(() => this.#expire(ms), ms);
  }

  #expire(ms: number): void {
    const { sender, heard } = this.session;
    const { left } = sender.outbox.window;
    if (this.upSince === Infinity) {
      const isIgnored = this.announcer.started && sender.hello === undefined;
      const what = isIgnored ? "The hub had not answered the hello" : "The connection was not open";
      this.session.fail(new DOMException(`${what} after ${ms} ms`, "TimeoutError"));
    } else if (!heard && left - this.#left >= LEAST_BYTES) {
      // A slow line: the question is still behind what was sent before.
      this.#left = left;
      return this.#expireAfter(ms);
    } else if (!heard) this.session.drop(HEARTBEAT_TIMEOUT, `no sign of life for ${ms} ms`);
    this.isUrgent = false;
  }
}
