import type { OverflowPolicy } from "../../core/subscription_state.ts";
import type { Source } from "../types.ts";
import { Inlet, type InletReader } from "./inlet.ts";
import { Outlet } from "./outlet.ts";

/** An operator that reads one source, and can set one timer. */
export abstract class SingleSource<TIn, TOut> extends Outlet<TOut> implements InletReader<TIn> {
  protected readonly inlet: Inlet<TIn>;
  /** Cleared at the end, for any reason. */
  protected readonly timer: Timer = new Timer();

  constructor(source: Source<TIn>, capacity?: number, overflow?: OverflowPolicy) {
    super(capacity, overflow);
    this.inlet = new Inlet(source, this);
  }

  abstract onValue(value: TIn): void;

  onDone(): void {
    this.end();
  }

  onError(error: unknown): void {
    this.fail(error);
  }

  protected override demand(): void {
    this.inlet.pull();
  }

  protected override close(): Promise<unknown> | undefined {
    this.timer.stop();
    return this.inlet.close();
  }
}

/** A timer that can be set again. */
class Timer {
  #id: ReturnType<typeof setTimeout> | undefined;

  get running(): boolean {
    return this.#id !== undefined;
  }

  /** Sets the timer, and cancels its previous setting. */
  start(ms: number, callback: () => void): void {
    this.stop();
    this.#id = setTimeout(() => {
      this.#id = undefined;
      callback();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.#id);
    this.#id = undefined;
  }
}
