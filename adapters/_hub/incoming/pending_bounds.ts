import { TOO_MANY_REQUESTS } from "../../_wire/close_codes.ts";
import type { HubBounds } from "../bounds.ts";
import type { Spoke } from "../spoke.ts";
import type { PendingWork, Work } from "./pending_work.ts";

/** Bounds the pending work of each spoke: one that sends faster than the hub handles must not fill the memory. */
export class PendingBounds {
  readonly #maxPending: number;
  readonly #maxBytes: number;

  constructor({ maxPending, maxBufferedBytes }: Pick<HubBounds, "maxPending" | "maxBufferedBytes">) {
    this.#maxPending = maxPending;
    this.#maxBytes = maxBufferedBytes;
  }

  /** Adds work to the pending work of a spoke, and drops the spoke if that is too much. */
  add(spoke: Spoke, pending: PendingWork, work: Work): void {
    pending.add(work);
    if (this.allow([pending])) return;
    const reason = `more than ${this.#maxPending} events or ${this.#maxBytes} bytes wait to be handled`;
    spoke.drop(TOO_MANY_REQUESTS, reason, "backpressure");
  }

  /** Whether the pending work of several spokes is within the bounds of one. */
  allow(all: Iterable<PendingWork>): boolean {
    let count = 0;
    let bytes = 0;
    for (const pending of all) {
      count += pending.count;
      bytes += pending.bytes;
    }
    return count <= this.#maxPending && bytes <= this.#maxBytes;
  }
}
