import { Batch } from "../../_session/batch.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import type { Spoke } from "../spoke.ts";

const NOBODY: readonly Spoke[] = [];

/**
 * Consecutive events of one turn for the same spokes. From the second one on, all spokes whose frame begins with the
 * first share one batch, so that an event costs no more for a thousand of them than for one.
 */
export class Burst {
  /** The spokes of the last event: one list as long as they stay the same. */
  #spokes = NOBODY;
  /** Begins with the first event. */
  #batch: Batch | undefined;
  /** Those of the spokes that do not follow the batch, once it has followers. */
  #others: readonly Spoke[] | undefined;

  /** Sends an event to spokes. */
  send(spokes: readonly Spoke[], event: EncodedEnvelope): void {
    if (spokes === this.#spokes && this.#extend(spokes, event)) return;
    for (const spoke of spokes) spoke.deliver(event);
    this.#spokes = spokes;
    this.#batch = event.batch instanceof Batch ? event.batch : undefined;
    this.#others = undefined;
  }

  #extend(spokes: readonly Spoke[], event: EncodedEnvelope): boolean {
    const batch = this.#batch;
    // Sealed: the events before have left.
    if (batch === undefined || batch.isSealed || event.immediate) return false;
    this.#others ??= spokes.filter((spoke) => !spoke.follow(batch));
    if (!batch.append(event)) return false;
    for (const spoke of this.#others) spoke.deliver(event);
    return true;
  }
}
