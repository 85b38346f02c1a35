import type { SpokesMessage } from "./messages.ts";

/** The longest time that an event was in transit before a fault lost it, in milliseconds. */
const MAX_TRANSIT_MS = 1000;

/** The time in which events to and from a spoke may be lost: from a fault until the report of the gap. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** All published and received events and reported gaps, and whether they are consistent. */
export class Ledger {
  /** The number of published events. */
  said = 0;
  /** The number of events that complete spokes received. */
  heard = 0;
  /** The number of reported gaps. */
  gaps = 0;
  readonly #complete = new Set<string>();
  readonly #saidAt = new Map<string, number[]>();
  readonly #gapsOf = new Map<string, Gap[]>();
  readonly #jumps: Extract<SpokesMessage, { kind: "jumped" }>[] = [];
  readonly #dead = new Set<string>();
  #faultAt = Infinity;

  /** The number of spokes that have received the last event of each spoke in their room. */
  get complete(): number {
    return this.#complete.size;
  }

  /** The number of events that spokes published whose process has been killed. */
  get saidByDead(): number {
    return [...this.#dead].reduce((sum, spoke) => sum + (this.#saidAt.get(spoke)?.length ?? 0), 0);
  }

  /** Records a fault, at a time in milliseconds since 1970. */
  onFault(at: number): void {
    this.#faultAt = at;
  }

  /** Records the end of a spoke, with which its last events can be lost. */
  onDeath(spoke: string): void {
    this.#dead.add(spoke);
    this.#addGap(spoke, Infinity);
  }

  /** Records a message of a process of spokes. */
  onMessage(message: SpokesMessage): void {
    switch (message.kind) {
      case "status":
        if (!message.gap) return;
        this.gaps++;
        return this.#addGap(message.spoke, message.at);
      case "said": {
        this.said++;
        const times = this.#saidAt.get(message.spoke) ?? [];
        times[message.n] = message.at;
        return void this.#saidAt.set(message.spoke, times);
      }
      case "jumped":
        return void this.#jumps.push(message);
      case "complete":
        this.heard += message.heard;
        return void this.#complete.add(message.spoke);
    }
  }

  /**
   * Returns the number of lost events, and the problems. Call it when no spoke publishes any more. With the events that Redis
   * has kept, those are the only ones that spokes must have heard, and no gap may be told.
   */
  balance(kept?: ReadonlySet<string>): { readonly lost: number; readonly problems: readonly string[] } {
    const problems: string[] = [];
    let lost = 0;
    for (const { spoke, from, after, n } of this.#jumps) {
      if (n <= after) problems.push(`${spoke} heard ${n} of ${from} after ${after}`);
      for (let missed = after + 1; missed < n; missed++) {
        if (kept !== undefined) {
          if (!kept.has(`${from} ${missed}`)) continue;
          problems.push(`${spoke} did not hear ${missed} of ${from}, which Redis has`);
        }
        lost++;
        if (kept !== undefined) continue;
        const at = this.#saidAt.get(from)?.[missed] ?? NaN;
        if (!this.#isInGap(spoke, at) && !this.#isInGap(from, at)) {
          problems.push(`${spoke} did not hear ${missed} of ${from}, said at ${at}, and got no gap`);
        }
      }
    }
    if (kept !== undefined && this.gaps > 0) problems.push(`${this.gaps} gaps were told`);
    return { lost, problems };
  }

  #addGap(spoke: string, to: number): void {
    const gaps = this.#gapsOf.get(spoke) ?? [];
    gaps.push({ from: this.#faultAt - MAX_TRANSIT_MS, to });
    this.#gapsOf.set(spoke, gaps);
  }

  #isInGap(spoke: string, at: number): boolean {
    return this.#gapsOf.get(spoke)?.some(({ from, to }) => from <= at && at <= to) ?? false;
  }
}
