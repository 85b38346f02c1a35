import type { Position } from "../../../core/history_source.ts";
import type { KeptType } from "./kept_type.ts";
import type { LogState } from "./log_state.ts";
import { placeOf } from "./place.ts";

/** The epochs of one history of a type, in which the numbers of events continue. */
interface Lineage {
  readonly epochs: Set<number>;
}

/** Which epochs are of the same history, as far as this program has read. */
export class Lineages {
  readonly #byType = new Map<KeptType, Lineage>();
  readonly #byEpoch = new Map<number, Lineage>();

  note(kind: KeptType, { epoch, branches }: LogState): void {
    let lineage = this.#byType.get(kind);
    if (lineage?.epochs.has(epoch)) return;
    const epochs = [epoch, ...branches.map((branch) => branch.epoch)];
    if (lineage === undefined || !epochs.some((known) => lineage?.epochs.has(known))) {
      for (const known of lineage?.epochs ?? []) this.#byEpoch.delete(known);
      this.#byType.set(kind, lineage = { epochs: new Set() });
    }
    for (const known of epochs) {
      lineage.epochs.add(known);
      this.#byEpoch.set(known, lineage);
    }
  }

  /** Whether a position comes after another one. An event of a history that is not known is not in any page. */
  isAfter(position: Position, other: Position): boolean {
    const place = placeOf(position);
    const otherPlace = placeOf(other);
    if (place === undefined || otherPlace === undefined) return true;
    if (place.epoch === otherPlace.epoch) return place.n > otherPlace.n;
    const lineage = this.#byEpoch.get(place.epoch);
    if (lineage === undefined || lineage !== this.#byEpoch.get(otherPlace.epoch)) return true;
    return place.n > otherPlace.n;
  }
}
