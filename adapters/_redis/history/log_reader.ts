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

/** Some events, and the state of the history. */
export interface Entries {
  readonly state: LogState;
  readonly entries: readonly LogEntry[];
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

  /**
   * Reads about so many events after a place, if there are. Readers that have got about as far share one read. An entry can
   * have many events, so the read ends at a number, of which `known` gives the place.
   */
  async after(kind: KeptType, known: LogState, place: Place | undefined, count: number): Promise<Entries> {
    // Not more events that were read before than others.
    const block = Math.min(MAX_BLOCK, 2 ** Math.floor(Math.log2(count)));
    const first = place === undefined ? FIRST : place.n - place.n % block;
    const last = Math.max(first, known.hidden) + block + count + MAX_EVENTS;
    const start = place === undefined ? "-" : `(${entryIdOf({ ...place, n: first })}`;
    const found = await this.#range(kind, start, entryIdOf(known.placeOf(last)), count + block);
    const read = eventsAfter(found, place);
    if (read.entries.length > 0 || read.state.n <= (place?.n ?? FIRST)) return read;
    // The next entry comes after some that are missing, or what was known is out of date.
    const next = await this.#range(kind, place === undefined ? "-" : `(${entryIdOf(place)}`, "+", 1);
    return eventsAfter(next, place);
  }

  /** Reads about so many events before a place, or the last ones, the last first. */
  async before(kind: KeptType, known: LogState, place: Place | undefined, count: number): Promise<Entries> {
    const end = place === undefined ? "+" : `(${entryIdOf(place)}`;
    const first = (place?.n ?? known.n) - count;
    const start = first <= FIRST ? "-" : entryIdOf(known.placeOf(first));
    const read = await this.#range(kind, start, end, count, "xrevrange");
    if (read.entries.length > 0 || start === "-") return read;
    return this.#range(kind, "-", end, 1, "xrevrange");
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

  /** Reads the entries between two ids. */
  async #range(
    kind: KeptType,
    start: string,
    end: string,
    limit: number,
    command: "xrange" | "xrevrange" = "xrange",
  ): Promise<Entries> {
    const ids = command === "xrange" ? [start, end] : [end, start];
    const replies = await this.#queue.read(
      kind,
      `${command} ${ids} ${limit}`,
      () => [readCommand(kind, ["head"]), [command, kind.keys[0], ...ids, "COUNT", limit]],
    );
    const read = this.#parsed.get(replies) ?? entriesOf(kind, replies, command === "xrevrange");
    this.#parsed.set(replies, read);
    return read;
  }
}

function entriesOf({ type }: KeptType, [reply, found]: readonly unknown[], isReversed: boolean): Entries {
  const entries = Array.from(Object(found)).flatMap((entry) => {
    const events = readEntry(type, entry);
    return isReversed ? events.reverse() : events;
  });
  return { state: stateAndRest(reply).state, entries };
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
