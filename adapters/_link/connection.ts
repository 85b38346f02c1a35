import { domException } from "../../core/platform.ts";
import { MAX_TIMER_MS } from "../../core/arguments.ts";
import type { Session } from "../_session/session.ts";
import { HEARTBEAT_TIMEOUT, HELLO_UNANSWERED } from "../_wire/close_codes.ts";
import type { WireEnd } from "../_wire/wire.ts";
import type { Announcer } from "./announcer.ts";

/** How long a connection can take to give a sign of life, in milliseconds. */
const SIGN_OF_LIFE_MS = 5000;

/** One connection of a link, or the attempt at it: everything that ends with it. */
export class Connection {
  readonly session: Session;
  readonly announcer: Announcer;
  /** How many hubs away the outage is that keeps the hub's upstream away; 0 without one. */
  outageHops = 0;
  /** Whether its start is delayed. */
  isDelayed = false;
  readonly #timeoutMs: number;
  /** The time from which on the hub has answered the hello and events leave, by `performance.now()`. */
  #upSince = Infinity;
  /** The time at which a sign of life was last asked for, by `performance.now()`. */
  #askedAt = -Infinity;
  /** Of the start, then of the time in which the connection must be up. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The connection fails unless it is up `timeoutMs` after its start. */
  constructor(session: Session, announcer: Announcer, timeoutMs = Infinity) {
    this.session = session;
    this.announcer = announcer;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether the hub has answered the hello and events leave, or did until the end. */
  get isUp(): boolean {
    return this.#upSince < Infinity;
  }

  /** How long the connection has been up, in milliseconds. */
  get upMs(): number {
    return Math.max(0, performance.now() - this.#upSince);
  }

  /** The hub has answered the hello, and events leave. */
  noteUp(): void {
    this.stop();
    this.#upSince = performance.now();
  }

  /** Whether the next attempt follows an end at once, and the delays start again. */
  isUrgentEnd({ code }: WireEnd): boolean {
    const sinceMs = performance.now() - this.#askedAt;
    return sinceMs <= SIGN_OF_LIFE_MS || (sinceMs < Infinity && code === HEARTBEAT_TIMEOUT);
  }

  /** Starts the wire after a while. */
  delay(ms: number): void {
    this.isDelayed = true;
    this.#timer = setTimeout(() => this.start(), ms);
  }

  /** Starts the wire. */
  start(): void {
    this.isDelayed = false;
    this.#expireAfter(
      this.#askedAt > -Infinity ? Math.min(this.#timeoutMs, SIGN_OF_LIFE_MS) : this.#timeoutMs,
    );
    this.session.start();
  }

  /** Ends the connection soon, unless it gives a sign of life; one that opens must be up by then, and one that is delayed starts. */
  demandLife(): void {
    const isFirst = this.#askedAt === -Infinity;
    this.#askedAt = performance.now();
    if (this.isDelayed) this.start();
    else if (this.isUp) this.session.demandLife(SIGN_OF_LIFE_MS);
    else if (isFirst) this.#expireAfter(SIGN_OF_LIFE_MS);
  }

  /** Stops waiting for the connection. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #expireAfter(ms: number): void {
    this.stop();
    if (ms <= MAX_TIMER_MS) this.#timer = setTimeout(() => this.#expire(ms), ms);
  }

  #expire(ms: number): void {
    const fail = (what: string, ...end: [code?: number, reason?: string]) =>
      this.session.fail(domException(`${what} after ${ms} ms`, "TimeoutError"), ...end);
    if (this.announcer.started && this.session.sender.hello === undefined) {
      fail("The hub had not answered the hello", HEARTBEAT_TIMEOUT, HELLO_UNANSWERED);
    } else fail("The connection was not open");
  }
}
