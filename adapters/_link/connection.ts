import { MAX_TIMER_MS } from "../../core/arguments.ts";
import type { Session } from "../_session/session.ts";
import { Announcer } from "./announcer.ts";

/** One connection of a link, or the attempt at it: everything that ends with it. */
export class Connection {
  readonly session: Session;
  readonly announcer: Announcer;
  /** Whether the hub's upstream is away. */
  degraded = false;
  readonly #onUp: () => void;
  /** Expires if the connection is not up in time. */
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** Whether everything has been sent that comes before the events that wait. */
  #isPrepared = false;
  /** When it was up, by `performance.now()`. */
  #upSince: number | undefined;

  /** @param onUp Called once, when the connection is prepared and the hub has answered the hello. */
  constructor(session: Session, onUp: () => void) {
    this.session = session;
    this.announcer = new Announcer(session.sender);
    this.#onUp = onUp;
  }

  /** Whether the hub handles what is sent, as far as is known. */
  get isUp(): boolean {
    return this.#upSince !== undefined;
  }

  /** How long the connection has been up, in milliseconds. */
  get upMs(): number {
    return this.#upSince === undefined ? 0 : performance.now() - this.#upSince;
  }

  /** Starts the wire. The connection fails unless it is up within a time. */
  start(timeoutMs: number): void {
    if (timeoutMs <= MAX_TIMER_MS) this.#deadline = setTimeout(() => this.#expire(timeoutMs), timeoutMs);
    this.session.start();
  }

  /** Everything has been sent that comes before the events that wait. */
  onPrepared(): void {
    this.#isPrepared = true;
    this.onHello();
  }

  /** The hub may have answered the hello, before or after the connection was prepared. */
  onHello(): void {
    const { ended, sender } = this.session;
    if (!this.#isPrepared || ended || sender.hello === undefined || this.isUp) return;
    this.stop();
    this.#upSince = performance.now();
    this.#onUp();
  }

  /** Stops waiting for the connection. */
  stop(): void {
    clearTimeout(this.#deadline);
  }

  #expire(ms: number): void {
    const isIgnored = this.announcer.started && this.session.sender.hello === undefined;
    const what = isIgnored ? "The hub had not answered the hello" : "The connection was not open";
    this.session.fail(new DOMException(`${what} after ${ms} ms`, "TimeoutError"));
  }
}
