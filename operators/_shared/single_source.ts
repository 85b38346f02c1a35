import type { OverflowPolicy } from "../../core/subscription_state.ts";
import type { Source } from "../types.ts";
import { closeAll, Inlet } from "./inlet.ts";
import { Outlet, type Producer } from "./outlet.ts";

/** An operator of one source. It has a producer only where it does more than to request a value for each reader. */
export interface SourceHandler<T> extends Partial<Producer> {
  readonly onValue: (value: T) => void;
  /** The source has ended, or has failed: yields the values that are left. */
  readonly onEnd?: (fault?: { readonly error: unknown }) => void;
}

/** An outlet of values that come from one source. It can set one timer. */
export class SingleSource<TIn, TOut> extends Outlet<TOut> {
  readonly inlet: Inlet<TIn>;
  /** Cleared at the end, for any reason. */
  readonly timer: Timer = new Timer();

  constructor(
    source: Source<TIn>,
    { onValue, onEnd, demand, close }: SourceHandler<TIn>,
    capacity?: number,
    overflow?: OverflowPolicy,
  ) {
    const producer: Producer = {
      demand: demand ?? (() => this.inlet.pull()),
      close: () => {
        this.timer.stop();
        return closeAll([this.inlet, close && { close }]);
      },
    };
    super(producer, capacity, overflow);
    this.inlet = new Inlet(source, {
      onValue,
      onDone: () => {
        onEnd?.();
        this.end();
      },
      onError: (error) => {
        onEnd?.({ error });
        this.fail(error);
      },
    });
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
