import { isRefusal, type RedisClient } from "../client.ts";
import { type KeptType, randomSeed } from "./kept_type.ts";
import { type LogEntry, readEntry } from "./log_entry.ts";
import { LogState } from "./log_state.ts";
import { entryIdOf, type Place } from "./place.ts";
import { READ_SCRIPT } from "./read_script.ts";

/** The time until a read is sent again that the server could not answer. */
const RETRY_MS = 100;

/** Reads begin at a multiple of this number or a smaller power of two, so that readers at different places of it are one. */
const MAX_BLOCK = 64;

/** The largest number of reads in one pipeline. */
const MAX_READS = 64;

/** A read that waits, or that Redis has not answered. Equal reads that wait are one. */
interface Read {
  readonly key: string;
  readonly commands: readonly unknown[][];
  readonly promise: Promise<readonly unknown[]>;
  readonly resolve: (replies: readonly unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

/** The reads of one type. */
interface Queue {
  readonly waiting: Map<string, Read>;
  inFlight: readonly Read[] | undefined;
}

/** Some entries, and the state of the history. */
export interface Entries {
  readonly state: LogState;
  readonly entries: readonly LogEntry[];
}

/**
 * Reads the histories of all types with the publishing client: one pipeline a type at a time. Reads wait until the client is
 * connected, and are sent again after a loss. Each read has the script: a replica refuses it, and would answer other commands
 * with an old state.
 */
export class LogReader {
  readonly #client: RedisClient;
  readonly #queues = new Map<KeptType, Queue>();
  /** The results of replies that several reads share. */
  readonly #parsed = new WeakMap<readonly unknown[], Entries>();
  #stopped: Error | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** Runs an operation of the read script. */
  async run(
    kind: KeptType,
    ...operation: (string | number)[]
  ): Promise<{ state: LogState; rest: readonly unknown[] }> {
    const [reply] = await this.#read(kind, operation.join(" "), () => [readCommand(kind, operation)]);
    return stateAndRest(reply);
  }

  /** Reads the values of ids, and the state. */
  async values(
    kind: KeptType,
    ids: readonly string[],
  ): Promise<{ state: LogState; values: readonly unknown[] }> {
    const fields = ids.map((id) => `:${id}`);
    const [reply, values] = await this.#read(
      kind,
      `values ${JSON.stringify(ids)}`,
      () => [readCommand(kind, ["head"]), ["hmget", kind.keys[1], ...fields]],
    );
    return { state: stateAndRest(reply).state, values: values as readonly unknown[] };
  }

  /** Reads at least so many entries after a place, if there are. Readers that have got about as far share one read. */
  async after(kind: KeptType, place: Place | undefined, count: number): Promise<Entries> {
    // Not more events that were read before than others.
    const block = Math.min(MAX_BLOCK, 2 ** Math.floor(Math.log2(count)));
    const start = place === undefined ? "-" : `(${entryIdOf({ ...place, n: place.n - place.n % block })}`;
    const limit = place === undefined ? count : count + block;
    const replies = await this.#read(
      kind,
      `after ${start} ${limit}`,
      () => [readCommand(kind, ["head"]), ["xrange", kind.keys[0], start, "+", "COUNT", limit]],
    );
    const read = this.#parsed.get(replies) ?? entriesOf(kind, replies);
    this.#parsed.set(replies, read);
    if (place === undefined) return read;
    return { ...read, entries: read.entries.filter(({ epoch, n }) => epoch > place.epoch || n > place.n) };
  }

  /** Reads the entries before a place, or the last ones, the last first. */
  async before(kind: KeptType, place: Place | undefined, count: number): Promise<Entries> {
    const end = place === undefined ? "+" : `(${entryIdOf(place)}`;
    const replies = await this.#read(
      kind,
      `before ${end} ${count}`,
      () => [readCommand(kind, ["head"]), ["xrevrange", kind.keys[0], end, "-", "COUNT", count]],
    );
    return entriesOf(kind, replies);
  }

  /** Reads entries by their places. An entry that is not there is left out. */
  async at(kind: KeptType, places: readonly Place[]): Promise<readonly LogEntry[]> {
    const ids = places.map(entryIdOf);
    const [, ...replies] = await this.#read(
      kind,
      `at ${ids}`,
      () => [readCommand(kind, ["head"]), ...ids.map((id) => ["xrange", kind.keys[0], id, id])],
    );
    return replies.flatMap((found) => Array.from(Object(found), (entry) => readEntry(kind.type, entry)));
  }

  /** Reads a part of the values of all ids. */
  async scan(kind: KeptType, cursor: string): Promise<{ cursor: string; found: readonly string[] }> {
    const [, reply] = await this.#read(
      kind,
      `scan ${cursor}`,
      () => [readCommand(kind, ["head"]), ["hscan", kind.keys[1], cursor, "COUNT", 1000]],
    );
    const [next, found] = Object(reply);
    return { cursor: String(next), found: Array.from(Object(found), String) };
  }

  /** Sends what waits, once the client is connected. */
  pump(): void {
    for (const [kind, queue] of this.#queues) this.#send(kind, queue);
  }

  /** The connection is lost, and the client may never settle what it had sent. */
  onDown(): void {
    for (const queue of this.#queues.values()) requeue(queue);
  }

  /** Rejects every read, and all that come later. */
  stop(error: Error): void {
    this.#stopped = error;
    clearTimeout(this.#retry);
    for (const queue of this.#queues.values()) {
      requeue(queue);
      for (const { reject } of queue.waiting.values()) reject(error);
    }
    this.#queues.clear();
  }

  #read(kind: KeptType, key: string, commands: () => readonly unknown[][]): Promise<readonly unknown[]> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped);
    let queue = this.#queues.get(kind);
    if (queue === undefined) this.#queues.set(kind, queue = { waiting: new Map(), inFlight: undefined });
    const equal = queue.waiting.get(key);
    if (equal !== undefined) return equal.promise;
    const { promise, resolve, reject } = withResolvers<readonly unknown[]>();
    queue.waiting.set(key, { key, commands: commands(), promise, resolve, reject });
    // Later: equal reads of this turn are one.
    queueMicrotask(() => queue && this.#send(kind, queue));
    return promise;
  }

  #send(kind: KeptType, queue: Queue): void {
    if (queue.inFlight !== undefined || queue.waiting.size === 0 || this.#client.status !== "ready") return;
    const reads = [...queue.waiting.values()].slice(0, MAX_READS);
    for (const { key } of reads) queue.waiting.delete(key);
    queue.inFlight = reads;
    this.#client.pipeline(reads.flatMap(({ commands }) => commands)).exec().then(
      (replies) => this.#onAnswer(kind, queue, reads, replies as readonly (readonly [unknown, unknown])[]),
      (error) =>
        this.#onAnswer(
          kind,
          queue,
          reads,
          reads.flatMap(({ commands }) => commands.map(() => [error, null])),
        ),
    );
  }

  #onAnswer(
    kind: KeptType,
    queue: Queue,
    reads: readonly Read[],
    replies: readonly (readonly [error: unknown, reply: unknown])[],
  ): void {
    if (queue.inFlight !== reads) return;
    queue.inFlight = undefined;
    let next = 0;
    for (const read of reads) {
      const own = replies.slice(next, next += read.commands.length);
      const error = own.find(([error]) => error !== null && error !== undefined)?.[0];
      if (error === undefined) read.resolve(own.map(([, reply]) => reply));
      else if (isRefusal(error)) read.reject(error);
      else {
        // Merged with an equal one that came meanwhile.
        const equal = queue.waiting.get(read.key);
        if (equal === undefined) queue.waiting.set(read.key, read);
        else equal.promise.then(read.resolve, read.reject);
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined;
          this.pump();
        }, RETRY_MS);
      }
    }
    if (this.#retry === undefined) this.#send(kind, queue);
  }
}

function entriesOf({ type }: KeptType, [reply, found]: readonly unknown[]): Entries {
  const entries = Array.from(Object(found), (entry) => readEntry(type, entry));
  return { state: stateAndRest(reply).state, entries };
}

function readCommand({ keys, bounds }: KeptType, operation: readonly (string | number)[]): unknown[] {
  return ["eval", READ_SCRIPT, keys.length, ...keys, randomSeed(), bounds, ...operation];
}

function stateAndRest(reply: unknown): { state: LogState; rest: readonly unknown[] } {
  const [state, ...rest]: readonly unknown[] = Array.from(Object(reply));
  return { state: new LogState(Array.from(Object(state))), rest };
}

/** Puts reads that were sent in front of those that came later. */
function requeue(queue: Queue): void {
  const { waiting, inFlight = [] } = queue;
  queue.inFlight = undefined;
  const later = [...waiting.values()];
  waiting.clear();
  for (const read of [...inFlight, ...later]) {
    const equal = waiting.get(read.key);
    if (equal === undefined) waiting.set(read.key, read);
    else equal.promise.then(read.resolve, read.reject);
  }
}

function withResolvers<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => (resolve = onValue, reject = onError));
  return { promise, resolve, reject };
}
