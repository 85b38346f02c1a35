import type { Session } from "./session.ts";

/**
 * Detects a peer that has vanished without a close. After an interval in which nothing arrives the peer is asked, and
 * after a second one it is dead. Detection takes two to three intervals.
 */
export class Heartbeat {
  /** Set when anything arrives. */
  heard = false;
  readonly #intervalMs: number;
  readonly #session: Session;
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param intervalMs The interval, in milliseconds; at most 2,147,483,647. */
  constructor(intervalMs: number, session: Session) {
    this.#intervalMs = intervalMs;
    this.#session = session;
  }

  /** Starts, unless it has started already. */
  start(): void {
    this.#timer ??= this.#wait();
  }

  /** Stops for good. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  // One timer after the other: if this process was stopped, two due timers would leave a peer no time to answer.
  #wait(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      if (this.#asked && !this.heard) return this.#session.onDeath();
      this.#asked = !this.heard;
      this.heard = false;
      this.#timer = this.#wait();
      if (this.#asked) this.#session.onSilence();
    }, this.#intervalMs);
  }
}
