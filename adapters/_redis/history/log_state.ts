import { type Place, positionOf } from "./place.ts";

/** The state of the history of a type, as the read script gives it. */
export class LogState implements Place {
  /** The current epoch. */
  readonly epoch: number;
  /** The number of the last event. */
  readonly n: number;
  /** The number of the last event before the epoch. */
  readonly before: number;
  /** The epochs before, and the number of the last event of each. */
  readonly branches: readonly Place[];
  /** Positions of epochs before this one are not valid. */
  readonly firstValid: number;
  /** Events up to this number are forgotten. */
  readonly hidden: number;
  /** Up to this number, a failover may have lost events. */
  readonly lost: number;
  /** The highest number of an id that was dropped. */
  readonly gone: number;
  /** The highest number of a state that was replaced or dropped. */
  readonly replaced: number;
  /** The largest number of events of an id, 0 for any. */
  readonly perId: number;
  /** Until this state, no entry has more bytes. */
  readonly largest: number;

  constructor(reply: readonly unknown[]) {
    const [, epoch, n, before, branches, firstValid, hidden, lost, gone, replaced, bounds, largest] = reply;
    this.epoch = Number(epoch);
    this.n = Number(n);
    this.before = Number(before);
    this.branches = String(branches).split(";").slice(0, -1).map((branch) => {
      const [epoch, n] = branch.split(":");
      return { epoch: Number(epoch), n: Number(n) };
    });
    this.firstValid = Number(firstValid);
    this.hidden = Number(hidden);
    this.lost = Number(lost);
    this.gone = Number(gone);
    this.replaced = Number(replaced);
    this.perId = Number(String(bounds).split(" ")[0]);
    this.largest = Number(largest);
  }

  /** The position of the last event. */
  get head(): string {
    return positionOf(this);
  }

  /** Whether a place is one of this history: not of the future, and not of an epoch that ended before its last event. */
  has({ epoch, n }: Place): boolean {
    if (epoch === this.epoch) return n >= this.before && n <= this.n;
    if (epoch < this.firstValid) return false;
    const i = this.branches.findIndex((branch) => branch.epoch === epoch);
    return n <= (this.branches[i]?.n ?? -1) && n >= (this.branches[i - 1]?.n ?? 0);
  }

  /** The place of an event by its number. */
  placeOf(n: number): Place {
    const branch = n > this.before ? undefined : this.branches.find((branch) => n <= branch.n);
    return { epoch: branch?.epoch ?? this.epoch, n };
  }
}
