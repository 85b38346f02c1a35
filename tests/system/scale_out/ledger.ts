import type { SpokesMessage } from "./messages.ts";

/** How long an event may have been on its way when a fault took it, in milliseconds. */
const MAX_TRANSIT_MS = 1000;

/** When what a spoke publishes or should hear may be lost: from a fault until the spoke is told of its gap. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/** What was said, heard and told, and whether that adds up. */
export class Ledger {
  /** How many events were published. */
  said = 0;
  /** How many were heard by those spokes that have heard the last of each. */
  heard = 0;
  /** How many gaps were told. */
  gaps = 0;
  readonly #complete = new Set<string>();
  readonly #saidAt = new Map<string, number[]>();
  readonly #gapsOf = new Map<string, Gap[]>();
  readonly #jumps: Extract<SpokesMessage, { kind: "jumped" }>[] = [];
  #faultAt = Infinity;

  /** How many spokes have heard the last word of each in their rooms. */
  get complete(): number {
    return this.#complete.size;
  }

  /** Something fails, at so many milliseconds since 1970. */
  onFault(at: number): void {
    this.#faultAt = at;
  }

  /** The process of a spoke has ended, and with it what the spoke had just said. */
  onDeath(spoke: string): void {
    this.#addGap(spoke, Infinity);
  }

  /** A process of spokes has told something. */
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

  /** What was not delivered, and what should not have been; call it once nobody says anything any more. */
  balance(): { readonly lost: number; readonly problems: readonly string[] } {
    const problems: string[] = [];
    let lost = 0;
    for (const { spoke, from, after, n } of this.#jumps) {
      if (n <= after) problems.push(`${spoke} heard ${n} of ${from} after ${after}`);
      for (let missed = after + 1; missed < n; missed++) {
        lost++;
        const at = this.#saidAt.get(from)?.[missed] ?? NaN;
        if (!this.#isInGap(spoke, at) && !this.#isInGap(from, at)) {
          problems.push(`${spoke} did not hear ${missed} of ${from}, said at ${at}, and was told of no gap`);
        }
      }
    }
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
