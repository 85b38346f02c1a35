import type {
  EventEnvelope,
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistorySource,
} from "@alkdev/pubsub";

/** A topic in two parts. */
export interface Topic {
  readonly type: string;
  readonly id: string | undefined;
}

/** An event that was published, kept or not. */
export interface Published {
  readonly event: EventEnvelope & { readonly at: string };
  readonly number: number;
  kept: boolean;
  /** Whether it was the latest of its id when it was forgotten. */
  wasLatest: boolean;
}

export interface Cursor extends HistoryCursor {
  readonly from: HistoryFrom;
  readonly number: number;
  readonly known: number;
  /** What the history knew when the read began. */
  readonly begun: unknown;
}

/**
 * A history that never forgets that there was an event: it knows each one, and whether it is still kept. So it says what a
 * read must give, by the words of the contract. It is slow, and its positions are plain numbers.
 */
export class ReferenceHistory implements HistorySource<EventEnvelope> {
  readonly published: Published[] = [];
  readonly #types: readonly string[];

  constructor(types: readonly string[]) {
    this.#types = types;
  }

  publish(type: string, id: string, payload: unknown): EventEnvelope {
    const number = this.published.length + 1;
    const event = { type, id, payload, at: `ref.${number}` };
    this.published.push({ event, number, kept: true, wasLatest: false });
    return event;
  }

  /** Forgets the kept events that a function selects. The oldest of an id come first. */
  forget(which: (event: EventEnvelope, number: number) => boolean): void {
    for (const entry of this.published) {
      if (!entry.kept || !which(entry.event, entry.number)) continue;
      entry.kept = false;
      entry.wasLatest = this.latestOf(entry.event) === entry;
    }
  }

  /** The event that was published last of all of the same id, kept or not. */
  latestOf({ type, id }: EventEnvelope): Published | undefined {
    return this.of({ type, id }).at(-1);
  }

  /** The events of a topic, kept or not. */
  of({ type, id }: Topic): Published[] {
    return this.published.filter(({ event }) => event.type === type && (id === undefined || event.id === id));
  }

  declares(type: string): boolean {
    return this.#types.includes(type);
  }

  head(): string {
    return `ref.${this.published.length}`;
  }

  isAfter(position: string, other: string): boolean {
    return numberOf(position) > numberOf(other);
  }

  /** Whether the loss of an event was reported by an earlier page. */
  protected isReported(_topic: Topic, { number }: Published, { known }: Cursor): boolean {
    return number <= known;
  }

  /** What is to be known later of the moment when a read of the events after a number begins. */
  protected begin(_topic: Topic, _number: number): unknown {
    return undefined;
  }

  read(topic: Topic, after: HistoryFrom | Cursor, bounds: HistoryPageBounds): HistoryPage<EventEnvelope> {
    const cursor = typeof after === "object" && "number" in after ? after : undefined;
    const from = cursor?.from ?? (after as HistoryFrom);
    const all = this.of(topic);
    const position = typeof from === "object" && "latest" in from ? from.latest : from;
    const known = typeof position === "string" && /^ref\.\d+$/.test(position) &&
      numberOf(position) <= this.published.length;
    const latest = from === "latest" || (typeof from === "object" && "latest" in from);
    let number = cursor?.number ?? (known ? numberOf(position) : 0);
    let candidates = all.filter(({ kept, event }) =>
      kept && (!latest || this.latestOf(event)?.event === event)
    );
    let lost = all.filter(({ kept, event, wasLatest }) =>
      !kept &&
      (!latest || (topic.id === undefined ? wasLatest : this.latestOf(event)?.event === event))
    );
    let foreign = false;
    if (typeof from === "object" && "last" in from) {
      if (cursor === undefined) {
        lost = all.slice(-from.last).filter(({ kept }) => !kept);
        const first = candidates.slice(-from.last).at(0);
        number = first === undefined ? this.published.length : first.number - 1;
        foreign = lost.length > 0 || (candidates.length < from.last && candidates.length < all.length);
        lost = [];
      }
    } else if (from === "now" && cursor === undefined) number = this.published.length;
    else if (!known && from !== "start" && from !== "latest" && cursor === undefined) foreign = true;
    if (bounds.maxReplay !== undefined && cursor === undefined) {
      const after = candidates.filter((entry) => entry.number > number);
      foreign ||= after.length > bounds.maxReplay;
      if (after.length > bounds.maxReplay) {
        const first = after[after.length - bounds.maxReplay];
        number = first === undefined ? this.published.length : first.number - 1;
      }
    }
    const missing = lost.filter((entry) =>
      entry.number > number && (cursor === undefined || !this.isReported(topic, entry, cursor))
    );
    const strict = typeof from === "string" && from !== "start" && from !== "latest";
    // A reader of a type that is overtaken gets each loss where it is.
    const isSplit = cursor !== undefined && topic.id === undefined && !latest && !strict;
    const firstNumber = candidates.find((entry) => entry.number > number)?.number ?? Infinity;
    const before = isSplit ? missing.filter((entry) => entry.number < firstNumber) : missing;
    const whole = before.length === 0 && !foreign;
    if (!whole && strict) number = this.published.length;
    candidates = candidates.filter((entry) => entry.number > number);
    const nextLoss = isSplit
      ? missing.find((entry) => entry.number > firstNumber)?.number ?? Infinity
      : Infinity;
    const events = candidates.filter((entry) => entry.number < nextLoss).slice(0, bounds.maxEvents);
    const done = events.length === candidates.length && nextLoss === Infinity;
    const reached = done ? this.published.length : events.at(-1)?.number ?? number;
    const highest = all.filter(({ kept, wasLatest }) => !kept && (!latest || wasLatest)).at(-1)?.number ?? 0;
    return {
      events: events.map(({ event }) => event),
      from: `ref.${number}`,
      at: `ref.${reached}`,
      whole,
      done,
      ...(bounds.maxReplay !== undefined && cursor === undefined &&
        { left: candidates.length - events.length }),
      next: {
        after: `ref.${reached}`,
        from,
        number: reached,
        begun: cursor === undefined ? this.begin(topic, number) : cursor.begun,
        known: strict ? 0 : Math.max(cursor?.known ?? 0, isSplit ? before.at(-1)?.number ?? 0 : highest),
      } as Cursor,
    };
  }
}

function numberOf(position: unknown): number {
  return Number(String(position).slice("ref.".length));
}
