/** The callbacks of a {@linkcode Heartbeat}. */
export interface HeartbeatHost {
  /** Nothing has arrived for an interval: ask the peer for a sign of life. */
  onSilence(): void;
  /** Nothing has arrived for another interval: the peer is dead. */
  onDeath(): void;
}

/**
 * Detects a peer that has vanished without a close. After an interval in which nothing arrives the peer is asked, and
 * after a second one it is dead. Detection takes two to three intervals.
 */
export class Heartbeat {
  /** Set when anything arrives. */
  heard = false;
  readonly #intervalMs: number;
  readonly #host: HeartbeatHost;
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param intervalMs The interval, in milliseconds; at most 2,147,483,647. */
  constructor(intervalMs: number, host: HeartbeatHost) {
    this.#intervalMs = intervalMs;
    this.#host = host;
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
      if (this.#asked && !this.heard) return this.#host.onDeath();
      this.#asked = !this.heard;
      this.heard = false;
      this.#timer = this.#wait();
      if (this.#asked) this.#host.onSilence();
    }, this.#intervalMs);
  }
}
