import type { SendWindow } from "./send_window.ts";

/** The longest time between two looks at a wire, in milliseconds. */
const MAX_DELAY_MS = 50;

/** Looks at a wire that is full, since no runtime tells when its buffer has drained: often while it moves. */
export class DrainPoll {
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
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const left = this.#window.look();
      this.#delayMs = left > this.#left ? 1 : Math.min(2 * this.#delayMs, MAX_DELAY_MS);
      this.#left = left;
      this.#onLook();
    }, this.#delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
