import { callSafely } from "../../../core/report.ts";
import { ignore } from "../../../core/ignore.ts";
import type { PubSubEventTarget } from "../../../core/types.ts";

/** Watches whether an upstream is there. An upstream of the program's own that has no status always is. */
export class UpstreamWatch {
  readonly #target: Partial<PubSubEventTarget>;
  readonly #onChange: (up: boolean) => void;
  #up: boolean;

  /** @param onChange Called with each change, until {@linkcode UpstreamWatch.stop}. */
  constructor(target: PubSubEventTarget, onChange: (up: boolean) => void) {
    this.#target = target;
    this.#onChange = onChange;
    this.#up = this.#read();
    callSafely(() => this.#target.addEventListener?.("statuschange", this.#onStatus), ignore);
  }

  /** Whether the upstream, and the upstream of that, is there. */
  get up(): boolean {
    return this.#up;
  }

  stop(): void {
    callSafely(() => this.#target.removeEventListener?.("statuschange", this.#onStatus), ignore);
  }

  // Not of the event: the upstream may come from another copy of the library.
  readonly #onStatus = (): void => {
    const up = this.#read();
    if (up === this.#up || this.#target.status?.state === "closed") return;
    this.#up = up;
    this.#onChange(up);
  };

  #read(): boolean {
    const { status } = this.#target;
    return status === undefined || (status.state === "open" && status.degraded !== true);
  }
}
