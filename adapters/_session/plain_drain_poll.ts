import type { SendWindow } from "./send_window.ts";

/** The time between two looks at a wire of which nothing leaves, in milliseconds. */
export const STUCK_MS = 50;

/** Looks at a wire that is full, since no runtime tells when its buffer has drained: often while it moves. */
export class PlainDrainPoll {
  readonly #window: SendWindow;
  readonly #onLook: () => void;
  #delayMs = 1;
  #left = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(window: SendWindow, onLook: () => void) {
    this.#window = window;
    this.#onLook = onLook;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Looks once, after a while. */
  start(): void {
    if (this.#timer === undefined) this.wait(this.#delayMs);
  }

  /** Looks once, when there is time. */
  watch(): void {
    this.start();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Looks now, and sends what there is room for. */
  look(): void {
    this.#timer = undefined;
    const left = this.#window.look();
    this.#delayMs = left > this.#left ? 1 : Math.min(2 * this.#delayMs, STUCK_MS);
    this.#left = left;
    this.#onLook();
  }

  protected wait(delayMs: number): void {
    this.#timer = setTimeout(() => this.look(), delayMs);
  }
}
