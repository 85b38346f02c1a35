import type { HistoryPageBounds } from "../../../core/history_source.ts";
import type { KeptType } from "./kept_type.ts";
import { type LogEntry, readEntry } from "./log_entry.ts";
import type { LogReader } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";

/** The entries that one script goes back over. */
const STEP = 100;

/** The events that a walk keeps as they were read, and their bytes. Of later ones, it remembers only the numbers. */
const MAX_READ = 1000;
const MAX_BYTES = 1024 * 1024;

/** The events of an entry that are left: the last ones, or all. */
interface Rest {
  /** The number of the last one. */
  readonly n: number;
  /** About how many bytes they have. */
  readonly bytes: number;
  size: number;
  /** The newest first. */
  events: LogEntry[] | undefined;
}

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
  readonly #rests: Rest[] = [];
  #size = 0;
  /** The events that are kept as they were read, and the first of the entries that have them. */
  #loaded = 0;
  #loadedBytes = 0;
  #firstLoaded = 0;

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
      // The numbers of another epoch are of other events.
      const entries = state.epoch === walk.state.epoch
        ? Array.from(Object(found), (entry) => readEntry(kind.type, entry))
        : [];
      walk.#add(state, entries, next, stop, count);
    }
    return walk;
  }

  /** The number of events that are left. */
  get size(): number {
    return this.#size;
  }

  /** The first of the events that are left. */
  get oldest(): number | undefined {
    const rest = this.#rests.at(-1);
    return rest === undefined ? undefined : rest.n - rest.size + 1;
  }

  /** Takes the next events, at least one unless none may be taken. Fewer than all of these are `whole` if one was forgotten meanwhile. */
  async take({ maxEvents, maxBytes }: HistoryPageBounds): Promise<{ entries: LogEntry[]; whole: boolean }> {
    const entries: LogEntry[] = [];
    let whole = true;
    for (let bytes = 0; entries.length < maxEvents;) {
      const rest = this.#rests.at(-1);
      if (rest === undefined) break;
      if (rest.events === undefined) {
        if (entries.length > 0) break;
        whole = await this.#fetch() && whole;
        continue;
      }
      const next = rest.events.at(-1);
      if (next === undefined) {
        this.#rests.pop();
        continue;
      }
      bytes += next.bytes;
      if (bytes > maxBytes && entries.length > 0) break;
      entries.push(next);
      rest.events.pop();
      rest.size--;
      this.#size--;
    }
    return { entries, whole };
  }

  #add(
    state: LogState,
    found: readonly (readonly LogEntry[])[],
    next: number,
    stop: number,
    count: number,
  ): void {
    const most = state.perId > 1 ? Math.min(count, state.perId) : count;
    const first = Math.max(stop, state.hidden);
    for (const events of found) this.#push(events.filter(({ n }) => n > first).reverse());
    // The last entry can have events that are forgotten, and others that were not asked for.
    const hidesMore = found.at(-1)?.some(({ n }) => n > stop && n <= state.hidden) ?? false;
    const isFull = this.#size > most || (this.#size === most && (next > stop || next < 0 || hidesMore));
    this.#shorten(most);
    if (isFull) this.end = most < count ? "forgotten" : "counted";
    else if (next < 0 || state.epoch !== this.state.epoch) this.end = "forgotten";
    else if (hidesMore) this.end = "forgotten";
    else if (next <= stop) this.end = "reached";
    else if (next <= state.hidden) this.end = "forgotten";
  }

  #push(events: LogEntry[]): void {
    const [newest] = events;
    if (newest === undefined) return;
    const bytes = newest.bytes * events.length;
    this.#rests.push({ n: newest.n, bytes, size: events.length, events });
    this.#size += events.length;
    this.#loaded += events.length;
    this.#loadedBytes += bytes;
    while (this.#isFull && this.#firstLoaded < this.#rests.length - 1) {
      const late = this.#rests[this.#firstLoaded++];
      if (late === undefined) continue;
      this.#loaded -= late.size;
      this.#loadedBytes -= late.bytes;
      late.events = undefined;
    }
  }

  get #isFull(): boolean {
    return this.#loaded > MAX_READ || this.#loadedBytes > MAX_BYTES;
  }

  /** Leaves out the oldest events, of which there are too many. */
  #shorten(most: number): void {
    while (this.#size > most) {
      const oldest = this.#rests.at(-1);
      if (oldest === undefined) return;
      const size = Math.max(0, oldest.size - (this.#size - most));
      this.#size -= oldest.size - size;
      oldest.size = size;
      if (oldest.events !== undefined) oldest.events.length = size;
      if (size === 0) this.#rests.pop();
    }
  }

  /** Reads some of the entries again whose numbers are known. Returns whether all of their events are there. */
  async #fetch(): Promise<boolean> {
    const rests: Rest[] = [];
    let count = 0;
    let bytes = 0;
    for (let i = this.#rests.length - 1; i >= 0 && count < STEP && bytes < MAX_BYTES; i--) {
      const rest = this.#rests[i];
      if (rest === undefined || rest.events !== undefined) break;
      rests.push(rest);
      count += rest.size;
      bytes += rest.bytes;
    }
    const found = await this.#reader.at(this.#kind, rests.map(({ n }) => this.state.placeOf(n)));
    rests.forEach((rest, i) => {
      rest.events = [...found[i] ?? []].reverse().slice(0, rest.size);
      this.#size -= rest.size - rest.events.length;
      rest.size = rest.events.length;
    });
    return rests.reduce((sum, { size }) => sum + size, 0) === count;
  }
}
