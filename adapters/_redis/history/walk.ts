import type { HistoryPageBounds } from "../../../core/history_source.ts";
import type { KeptType } from "./kept_type.ts";
import { type LogEntry, readEntry } from "./log_entry.ts";
import type { LogReader } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";

/** The entries that one script goes back over. */
const STEP = 100;

/** The entries that a walk keeps as they were read. Of later ones, it remembers only the numbers. */
const MAX_READ = 1000;

/** The end of a walk: at its number, where an entry is forgotten, or after as many entries as were asked for. */
type WalkEnd = "reached" | "forgotten" | "counted";

/**
 * The events of one id after a number. Each entry names the one before it of the same id, so a walk begins at the last. It
 * costs as much as there is to replay, however busy other ids are.
 */
export class Walk {
  /** The state of the history when the walk began. Later events are not in it. */
  readonly state: LogState;
  /** The value of the id, for types that have only the latest event of each. */
  readonly value: string;
  end: WalkEnd | undefined;
  readonly #reader: LogReader;
  readonly #kind: KeptType;
  /** The newest first. */
  readonly #entries: (LogEntry | number)[] = [];

  private constructor(reader: LogReader, kind: KeptType, state: LogState, value: string) {
    this.#reader = reader;
    this.#kind = kind;
    this.state = state;
    this.value = value;
  }

  /** Goes back from the last event of an id to a number, over at most as many events. */
  static async start(
    reader: LogReader,
    kind: KeptType,
    id: string,
    stop: number,
    count: number,
  ): Promise<Walk> {
    let walk: Walk | undefined;
    for (let next: number | "" = ""; walk?.end === undefined;) {
      const limit = Math.min(STEP, count - (walk?.size ?? 0));
      const { state, rest } = await reader.run(kind, "walk", id, next, stop, limit);
      const [value, number, found] = rest;
      walk ??= new Walk(reader, kind, state, String(value));
      next = Number(number);
      walk.#add(state, Array.from(Object(found), (entry) => readEntry(kind.type, entry)), next, stop, count);
    }
    return walk;
  }

  /** The number of events that are left. */
  get size(): number {
    return this.#entries.length;
  }

  /** The first of the events that are left. */
  get oldest(): number | undefined {
    const entry = this.#entries.at(-1);
    return typeof entry === "object" ? entry.n : entry;
  }

  /** Takes the next events, at least one unless none may be taken. Fewer than all of these are `whole` if one was forgotten meanwhile. */
  async take({ maxEvents, maxBytes }: HistoryPageBounds): Promise<{ entries: LogEntry[]; whole: boolean }> {
    const entries: LogEntry[] = [];
    let whole = true;
    for (let bytes = 0; entries.length < maxEvents;) {
      const next = this.#entries.at(-1);
      if (next === undefined) break;
      if (typeof next === "number") {
        if (entries.length > 0) break;
        whole = await this.#fetch() && whole;
        continue;
      }
      bytes += next.bytes;
      if (bytes > maxBytes && entries.length > 0) break;
      entries.push(next);
      this.#entries.pop();
    }
    return { entries, whole };
  }

  #add(state: LogState, found: readonly LogEntry[], next: number, stop: number, count: number): void {
    const entries = this.#entries;
    const most = state.perId > 1 ? Math.min(count, state.perId) : count;
    for (const entry of found) {
      if (entries.push(entry) <= MAX_READ) continue;
      const late = entries.length - 1 - MAX_READ;
      const early = entries[late];
      if (typeof early === "object") entries[late] = early.n;
    }
    const isFull = entries.length > most || (entries.length === most && next > stop);
    if (entries.length > most) entries.length = most;
    if (isFull) this.end = most < count ? "forgotten" : "counted";
    // The numbers of another epoch are of other events.
    else if (next < 0 || state.epoch !== this.state.epoch) this.end = "forgotten";
    else if (next <= stop) this.end = "reached";
    else if (next <= state.hidden) this.end = "forgotten";
  }

  /** Reads some of the entries again whose numbers are known. Returns whether all of them are there. */
  async #fetch(): Promise<boolean> {
    const numbers: number[] = [];
    for (let next = this.#entries.at(-1); typeof next === "number" && numbers.length < STEP;) {
      numbers.push(next);
      this.#entries.pop();
      next = this.#entries.at(-1);
    }
    const found = await this.#reader.at(this.#kind, numbers.map((n) => this.state.placeOf(n)));
    this.#entries.push(...[...found].reverse());
    return found.length === numbers.length;
  }
}
