import { ignore } from "../../core/ignore.ts";

/** A timer that can be set again. */
export class Timer {
  #id: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  #firedAt = -Infinity;
  #moment: Moment | undefined;

  /**
   * The time in milliseconds. It is that of `performance.now()`, or that for which the timer was last set and fired, if that
   * is later: fake timers can leave `performance.now()` alone.
   */
  get now(): number {
    return Math.max(performance.now(), this.#firedAt);
  }

  /** Whether the timer is set. */
  get running(): boolean {
    return this.#id !== undefined;
  }

  /** Whether the timer is set, and its time has not passed. A busy event loop fires it later. */
  get waiting(): boolean {
    return this.#id !== undefined && this.now < this.#dueAt;
  }

  /** Sets the timer, and cancels its previous setting. */
  start(ms: number, callback: () => void): void {
    this.stop();
    this.#dueAt = this.now + ms;
    this.#id = setTimeout(() => {
      this.#id = undefined;
      this.#firedAt = this.#dueAt;
      callback();
    }, ms);
  }

  /** Sets the timer to the same time and callback again, once in a moment: a runtime takes a microsecond for it. */
  restart(ms: number, callback: () => void): void {
    this.#moment ??= new Moment();
    if (this.#id !== undefined && this.#moment.current) return;
    this.start(ms, callback);
    this.#moment.begin();
  }

  /** Lets the program end before the timer fires, where the runtime can do so. */
  unref(): void {
    const timer: unknown = this.#id;
    if (canUnref(timer)) timer.unref();
  }

  stop(): void {
    this.#moment?.end();
    if (this.#id === undefined) return;
    clearTimeout(this.#id);
    this.#id = undefined;
  }
}

/**
 * A time of less than a millisecond. It is over when the clock has moved on, or when a timer fires: fake timers can leave
 * the clock alone.
 */
export class Moment {
  #id: ReturnType<typeof setTimeout> | undefined;
  #begunAt = 0;

  get current(): boolean {
    return this.#id !== undefined && performance.now() - this.#begunAt < 1;
  }

  begin(onEnd: () => void = ignore): void {
    this.end();
    this.#begunAt = performance.now();
    this.#id = setTimeout(() => {
      this.#id = undefined;
      onEnd();
      // Node's mock of timers never fires one without a delay.
    }, 0);
  }

  end(): void {
    if (this.#id === undefined) return;
    clearTimeout(this.#id);
    this.#id = undefined;
  }
}

function canUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function";
}
