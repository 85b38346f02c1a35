import type { SendWindow } from "./send_window.ts";

/** The time between two looks at a wire of which nothing leaves, in milliseconds. */
const STUCK_MS = 50;

/** The most that this time becomes where many wires are stuck, and the part of it for each, in milliseconds. */
const MAX_STUCK_MS = 1000;
const MS_EACH = 0.25;

/** The wires of this process of which nothing leaves: one timer looks at all of them, however many a peer makes. */
const stuck = new Set<DrainPoll>();
let stuckTimer: ReturnType<typeof setTimeout> | undefined;

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
    return this.#timer !== undefined || stuck.has(this);
  }

  /** Looks once, after a while. */
  start(): void {
    if (this.isRunning) return;
    if (this.#delayMs < STUCK_MS) return void (this.#timer = setTimeout(() => this.look(), this.#delayMs));
    stuck.add(this);
    stuckTimer ??= setTimeout(lookAtStuck, Math.min(Math.max(STUCK_MS, stuck.size * MS_EACH), MAX_STUCK_MS));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    stuck.delete(this);
    stopIfNoneIsStuck();
  }

  /** Looks now, and sends what there is room for. */
  look(): void {
    this.#timer = undefined;
    const left = this.#window.look();
    this.#delayMs = left > this.#left ? 1 : Math.min(2 * this.#delayMs, STUCK_MS);
    this.#left = left;
    this.#onLook();
  }
}

function lookAtStuck(): void {
  stuckTimer = undefined;
  for (const poll of [...stuck]) {
    // A look can stop others.
    if (stuck.delete(poll)) poll.look();
  }
  stopIfNoneIsStuck();
}

function stopIfNoneIsStuck(): void {
  if (stuck.size > 0) return;
  clearTimeout(stuckTimer);
  stuckTimer = undefined;
}
