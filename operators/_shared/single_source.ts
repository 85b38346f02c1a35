import type { OverflowPolicy } from "../../core/subscription_state.ts";
import type { Source } from "../types.ts";
import { Inlet, type InletReader } from "./inlet.ts";
import { Outlet } from "./outlet.ts";
import { Timer } from "./timer.ts";

/** An operator that reads one source, and may keep one timer. */
export abstract class SingleSource<TIn, TOut> extends Outlet<TOut> implements InletReader<TIn> {
  /** The source. */
  protected readonly inlet: Inlet<TIn>;
  /** Cleared on each way out. */
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
