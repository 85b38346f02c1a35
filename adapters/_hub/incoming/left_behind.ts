import type { HubBounds } from "../bounds.ts";
import { isWithin, type PendingWork, type Work } from "./pending_work.ts";

/** The events that spokes left behind and that still take effect: of all such spokes no more than one may have waiting. */
export class LeftBehind {
  readonly #works = new WeakSet<PendingWork>();
  #count = 0;
  #bytes = 0;

  /** Adds the events of a spoke that has ended, unless that is too much. Returns whether it has. */
  add(work: PendingWork, bounds: HubBounds): boolean {
    const count = this.#count + work.count;
    const bytes = this.#bytes + work.bytes;
    if (!isWithin({ count, bytes }, bounds)) return false;
    this.#works.add(work);
    this.#count = count;
    this.#bytes = bytes;
    return true;
  }

  /** Forgets the events of a spoke, which another one takes over. */
  take(work: PendingWork): void {
    if (!this.#works.delete(work)) return;
    this.#count -= work.count;
    this.#bytes -= work.bytes;
  }

  /** Notes that one of a spoke's events does not wait any more. */
  remove(work: PendingWork, { bytes }: Work): void {
    if (!this.#works.has(work)) return;
    this.#count--;
    this.#bytes -= bytes;
  }
}
