import type { Source } from "../types.ts";
import { SingleSource } from "./single_source.ts";

/** How long, how often and how much. */
export interface TimeWindowBounds {
  readonly durationMs: number;
  readonly stepMs: number;
  readonly capacity: number;
}

/** A value, and when it came. */
interface Timed<T> {
  readonly at: number;
  readonly value: T;
}

/** Gives the values of the last `durationMs` each `stepMs`. */
export class TimeWindow<T> extends SingleSource<T, T[]> {
  readonly #bounds: TimeWindowBounds;
  #values: Timed<T>[] = [];
  /** How many of the values, from the first on, a window has had. */
  #given = 0;
  /** When the next window ends; a timer that is late does not move it. */
  #endsAt: number | undefined;

  constructor(source: Source<T>, { durationMs, stepMs, capacity }: TimeWindowBounds) {
    super(source);
    // Whole milliseconds add up exactly.
    this.#bounds = { durationMs: Math.ceil(durationMs), stepMs: Math.ceil(stepMs), capacity };
  }

  override onValue(value: T): void {
    const at = Math.floor(performance.now());
    this.#values.push({ at, value });
    this.#endsAt ??= at + this.#bounds.stepMs;
    if (!this.timer.running) this.#schedule(this.#endsAt);
    if (this.wanted) this.demand();
  }

  override onDone(): void {
    this.#giveRest();
    this.end();
  }

  override onError(error: unknown): void {
    this.#giveRest();
    this.fail(error);
  }

  protected override demand(): void {
    if (this.#values.length < this.#bounds.capacity) this.inlet.pull();
  }

  protected override close(): Promise<unknown> | undefined {
    this.#values = [];
    return super.close();
  }

  #schedule(endsAt: number): void {
    this.timer.start(Math.ceil(Math.max(endsAt - performance.now(), 0)), this.#onTime);
  }

  readonly #onTime = (): void => {
    const now = performance.now();
    while (this.#endsAt !== undefined && this.#endsAt <= now) this.#endsAt = this.#endWindow(this.#endsAt);
    if (this.#endsAt !== undefined) this.#schedule(this.#endsAt);
    if (this.wanted) this.demand();
  };

  /** Gives the window that ends at a time, and says when the next one ends: never, while no value is kept. */
  #endWindow(endsAt: number): number | undefined {
    const { durationMs, stepMs } = this.#bounds;
    this.#forget(endsAt - durationMs);
    const next = this.#values.findIndex(({ at }) => at >= endsAt);
    const count = next < 0 ? this.#values.length : next;
    this.#given = Math.max(this.#given, count);
    if (count > 0) this.push(this.#values.slice(0, count).map(({ value }) => value));
    this.#forget(endsAt + stepMs - durationMs);
    return this.#values.length === 0 ? undefined : endsAt + stepMs;
  }

  #forget(before: number): void {
    const kept = this.#values.findIndex(({ at }) => at >= before);
    const forgotten = this.#values.splice(0, kept < 0 ? this.#values.length : kept);
    this.#given = Math.max(this.#given - forgotten.length, 0);
  }

  #giveRest(): void {
    const rest = this.#values.slice(this.#given).map(({ value }) => value);
    if (rest.length > 0) this.push(rest);
  }
}
