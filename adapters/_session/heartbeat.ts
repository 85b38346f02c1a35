/** What a {@linkcode Heartbeat} leads to. */
export interface HeartbeatOwner {
  /** Nothing has arrived for an interval: ask for a sign of life. */
  onSilence(): void;
  /** Nothing has arrived for an interval after that either. */
  onDeath(): void;
}

/**
 * Finds a peer that is gone without a word. Each interval in which nothing arrives is noted; after the first one the
 * peer is asked, after the second one it is dead. So that takes two to three intervals.
 */
export class Heartbeat {
  /** Set when anything arrives. */
  heard = false;
  readonly #intervalMs: number;
  readonly #owner: HeartbeatOwner;
  #asked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param intervalMs The interval, in milliseconds; at most 2,147,483,647.
   * @param owner Asks and hears.
   */
  constructor(intervalMs: number, owner: HeartbeatOwner) {
    this.#intervalMs = intervalMs;
    this.#owner = owner;
  }

  /** Begins; a second time changes nothing. */
  start(): void {
    this.#timer ??= this.#wait();
  }

  /** Ends, for good. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  // One timer after the other: two that are due at once, after this process was stopped, would leave a peer no time.
  #wait(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      if (this.#asked && !this.heard) return this.#owner.onDeath();
      this.#asked = !this.heard;
      this.heard = false;
      this.#timer = this.#wait();
      if (this.#asked) this.#owner.onSilence();
    }, this.#intervalMs);
  }
}
