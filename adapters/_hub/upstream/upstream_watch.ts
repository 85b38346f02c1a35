import { callSafely } from "../../../core/report.ts";
import { ignore } from "../../../core/ignore.ts";
import type { PubSubEventTarget } from "../../../core/types.ts";
import { MAX_HOPS } from "../../../core/via.ts";

/** An upstream that may be connected to further hubs. */
type Watched = Partial<PubSubEventTarget> & { readonly outageHops?: number };

/** Watches whether an upstream is there. An upstream of the program's own that has no status always is. */
export class UpstreamWatch {
  readonly #target: Watched;
  readonly #onChange: () => void;
  #outageHops: number;

  /** @param onChange Called with each change, until {@linkcode UpstreamWatch.stop}. */
  constructor(target: PubSubEventTarget, onChange: () => void) {
    this.#target = target;
    this.#onChange = onChange;
    this.#outageHops = this.#read();
    callSafely(() => this.#target.addEventListener?.("statuschange", this.#onStatus), ignore);
  }

  /**
   * How many hubs away the outage is: 1 if the upstream itself is away, 0 if there is none. Hubs that are upstreams of each
   * other hear of their own outage, and count until it is too far away to be one.
   */
  get outageHops(): number {
    return this.#outageHops;
  }

  stop(): void {
    callSafely(() => this.#target.removeEventListener?.("statuschange", this.#onStatus), ignore);
  }

  // Not of the event: the upstream may come from another copy of the library.
  readonly #onStatus = (): void => {
    const outageHops = this.#read();
    if (outageHops === this.#outageHops || this.#target.status?.state === "closed") return;
    this.#outageHops = outageHops;
    this.#onChange();
  };

  #read(): number {
    const { status, outageHops = 0 } = this.#target;
    if (status === undefined) return 0;
    if (status.state !== "open") return 1;
    return status.degraded === true && outageHops < MAX_HOPS ? outageHops + 1 : 0;
  }
}
