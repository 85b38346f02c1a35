import type { Bounds } from "../../core/subscribe_options.ts";
import type { Source } from "../types.ts";
import { closeAll, Inlet, type InletReader } from "./inlet.ts";
import { Outlet, type Producer } from "./outlet.ts";
import { Timer } from "./timer.ts";

/** The part of an operator of one source that is its own. By default, each reader's demand requests one value. */
export interface SourceHandler<T> extends Partial<Producer> {
  onValue(value: T): void;
  /** The source has ended, or has failed: yields the values that are left. */
  onEnd?(fault?: { readonly error: unknown }): void;
}

/** An operator of one source. It has a timer. */
export class SingleSource<TIn, TOut> implements Producer, InletReader<TIn> {
  readonly inlet: Inlet<TIn>;
  readonly outlet: Outlet<TOut>;
  /** Cleared at the end, for any reason. */
  readonly timer: Timer = new Timer();
  readonly #handler: SourceHandler<TIn>;

  constructor(source: Source<TIn>, handler: SourceHandler<TIn>, bounds?: Bounds) {
    this.#handler = handler;
    this.inlet = new Inlet(source, this);
    this.outlet = new Outlet(this, bounds);
  }

  onValue(value: TIn): void {
    this.#handler.onValue(value);
  }

  onDone(): void {
    this.#handler.onEnd?.();
    this.outlet.end();
  }

  onError(error: unknown): void {
    this.#handler.onEnd?.({ error });
    this.outlet.fail(error);
  }

  demand(): void {
    if (this.#handler.demand === undefined) this.inlet.pull();
    else this.#handler.demand();
  }

  close(): Promise<unknown> | undefined {
    this.timer.stop();
    return this.#handler.close === undefined ? this.inlet.close() : closeAll([this.inlet, this.#handler]);
  }
}
