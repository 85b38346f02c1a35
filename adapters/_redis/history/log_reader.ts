import { MAX_EVENTS } from "./chunk.ts";
import { type KeptType, randomSeed } from "./kept_type.ts";
import { type LogEntry, readEntry } from "./log_entry.ts";
import { LogState } from "./log_state.ts";
import { FIRST } from "./open_script.ts";
import { entryIdOf, type Place } from "./place.ts";
import type { ReadQueue } from "./read_queue.ts";
import { READ_SCRIPT } from "./read_script.ts";

/** Reads begin at a multiple of this number or a smaller power of two, so that readers at different places of it are one. */
const MAX_BLOCK = 64;

/** The entries and the bytes that one command reads, whatever the bounds of a page are: in less than 2.5 ms. */
export const MAX_READ = 1000;
export const MAX_READ_BYTES = 512 * 1024;

/** The same for a script, which takes several times as long for each entry. */
const MAX_READ_BY_SCRIPT = 256;

/** Some events, and the state of the history. */
export interface Entries {
  readonly state: LogState;
  readonly entries: readonly LogEntry[];
}

/** How much a read may bring. */
export interface ReadBounds {
  readonly count: number;
  readonly bytes: number;
}

/** Reads the histories of all types. Each read has the script: a replica would answer other commands with an old state. */
export class LogReader {
  readonly #queue: ReadQueue;
  /** The results of replies that several reads share. */
  readonly #parsed = new WeakMap<readonly unknown[], Entries>();

  constructor(queue: ReadQueue) {
    this.#queue = queue;
  }

  /** Runs an operation of the read script. */
  async run(
    kind: KeptType,
    ...operation: (string | number)[]
  ): Promise<{ state: LogState; rest: readonly unknown[] }> {
    const [reply] = await this.#queue.read(kind, operation.join(" "), () => [readCommand(kind, operation)]);
    return stateAndRest(reply);
  }

  /** Reads the values of ids, and the state. */
  async values(
    kind: KeptType,
    ids: readonly string[],
  ): Promise<{ state: LogState; values: readonly unknown[] }> {
    const fields = ids.map((id) => `:${id}`);
    const [reply, values] = await this.#queue.read(
      kind,
      `values ${JSON.stringify(ids)}`,
      () => [readCommand(kind, ["head"]), ["hmget", kind.keys[1], ...fields]],
    );
    return { state: stateAndRest(reply).state, values: values as readonly unknown[] };
  }

  /** Reads the numbers of the last events of ids: of as many ids as a read may look at. An id that is not there has none. */
  async numbers(
    kind: KeptType,
    ids: readonly string[],
  ): Promise<{ state: LogState; numbers: readonly (number | undefined)[] }> {
    const [reply] = await this.#queue.read(
      kind,
      `numbers ${JSON.stringify(ids)}`,
      () => [readCommand(kind, ["numbers", MAX_READ_BYTES, ...ids])],
    );
    const { state, rest } = stateAndRest(reply);
    return {
      state,
      numbers: Array.from(Object(rest[0]), (n) => n === null ? undefined : Number(n)),
    };
  }

  /**
   * Reads about so many events after a place, if there are, or fewer with so many bytes. Readers that have got about as far
   * share one read. An entry can have many events, so the read ends at a number, of which `known` gives the place.
   */
  async after(
    kind: KeptType,
    known: LogState,
    place: Place | undefined,
    { count, bytes }: ReadBounds,
  ): Promise<Entries> {
    // So many entries have no more bytes, if they were there before.
    const fit = Math.floor(bytes / Math.max(known.largest, 1));
    // Not more events that were read before than others.
    const block = Math.min(MAX_BLOCK, 2 ** Math.floor(Math.log2(Math.max(1, Math.min(count, fit / 2)))));
    const first = place === undefined ? FIRST : place.n - place.n % block;
    const last = Math.max(first, known.hidden) + block + count + MAX_EVENTS;
    const start = place === undefined ? "-" : `(${entryIdOf({ ...place, n: first })}`;
    const end = entryIdOf(known.placeOf(last));
    const isSmall = last <= known.n && Math.min(count, MAX_READ_BY_SCRIPT) + block <= fit;
    const found = isSmall
      ? await this.#range(kind, start, end, Math.min(count + block, fit))
      : await this.#bounded(kind, "XRANGE", start, end, { count: count + block, bytes });
    const read = eventsAfter(found, place);
    if (read.entries.length > 0 || read.state.n <= (place?.n ?? FIRST)) return read;
    // The next entry comes after some that are missing, or what was known is out of date.
    const next = place === undefined ? "-" : `(${entryIdOf(place)}`;
    return eventsAfter(await this.#bounded(kind, "XRANGE", next, "+", { count: 1, bytes }), place);
  }

  /** Reads about so many events before a place, or the last ones, or fewer with so many bytes, the last first. */
  async before(
    kind: KeptType,
    known: LogState,
    place: Place | undefined,
    { count, bytes }: ReadBounds,
  ): Promise<Entries> {
    const end = place === undefined ? "+" : `(${entryIdOf(place)}`;
    const first = (place?.n ?? known.n) - count;
    const start = first <= FIRST ? "-" : entryIdOf(known.placeOf(first));
    const read = await this.#bounded(kind, "XREVRANGE", end, start, { count, bytes });
    if (read.entries.length > 0 || start === "-") return read;
    return this.#bounded(kind, "XREVRANGE", end, "-", { count: 1, bytes });
  }

  /** Reads the events of entries by their places. An entry that is not there has none. */
  async at(kind: KeptType, places: readonly Place[]): Promise<readonly (readonly LogEntry[])[]> {
    const ids = places.map(entryIdOf);
    const [, ...replies] = await this.#queue.read(
      kind,
      `at ${ids}`,
      () => [readCommand(kind, ["head"]), ...ids.map((id) => ["xrange", kind.keys[0], id, id])],
    );
    return replies.map((found) => Array.from(Object(found)).flatMap((entry) => readEntry(kind.type, entry)));
  }

  /** Reads a part of the values of all ids. */
  async scan(kind: KeptType, cursor: string): Promise<{ cursor: string; found: readonly string[] }> {
    const [, reply] = await this.#queue.read(
      kind,
      `scan ${cursor}`,
      () => [readCommand(kind, ["head"]), ["hscan", kind.keys[1], cursor, "COUNT", 1000]],
    );
    const [next, found] = Object(reply);
    return { cursor: String(next), found: Array.from(Object(found), String) };
  }

  /** Reads the entries between two ids, of which so many are known to be small. */
  async #range(kind: KeptType, start: string, end: string, count: number): Promise<Entries> {
    const replies = await this.#queue.read(
      kind,
      `xrange ${start} ${end} ${count}`,
      () => [readCommand(kind, ["head"]), ["xrange", kind.keys[0], start, end, "COUNT", count]],
    );
    return this.#parse(kind, replies, false);
  }

  /** Reads the entries between two ids by the script, which looks at their bytes. */
  async #bounded(
    kind: KeptType,
    command: "XRANGE" | "XREVRANGE",
    start: string,
    end: string,
    { count, bytes }: ReadBounds,
  ): Promise<Entries> {
    const operation = ["range", command, start, end, Math.min(count, MAX_READ_BY_SCRIPT), bytes];
    const replies = await this.#queue.read(kind, operation.join(" "), () => [readCommand(kind, operation)]);
    return this.#parse(kind, replies, command === "XREVRANGE");
  }

  #parse(kind: KeptType, replies: readonly unknown[], isReversed: boolean): Entries {
    const read = this.#parsed.get(replies) ?? entriesOf(kind, replies, isReversed);
    this.#parsed.set(replies, read);
    return read;
  }
}

/** The script has the entries in its own reply, a command after it in another one. */
function entriesOf({ type }: KeptType, [reply, found]: readonly unknown[], isReversed: boolean): Entries {
  const { state, rest } = stateAndRest(reply);
  const entries = Array.from(Object(found ?? rest[0])).flatMap((entry) => {
    const events = readEntry(type, entry);
    return isReversed ? events.reverse() : events;
  });
  return { state, entries };
}

function eventsAfter({ state, entries }: Entries, place: Place | undefined): Entries {
  if (place === undefined) return { state, entries };
  return { state, entries: entries.filter(({ epoch, n }) => epoch > place.epoch || n > place.n) };
}

function readCommand({ keys, bounds }: KeptType, operation: readonly (string | number)[]): unknown[] {
  return ["eval", READ_SCRIPT, keys.length, ...keys, randomSeed(), bounds, ...operation];
}

function stateAndRest(reply: unknown): { state: LogState; rest: readonly unknown[] } {
  const [state, ...rest]: readonly unknown[] = Array.from(Object(reply));
  return { state: new LogState(Array.from(Object(state))), rest };
}
