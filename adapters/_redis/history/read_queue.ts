import { isRefusal, type RedisClient } from "../client.ts";
import type { KeptType } from "./kept_type.ts";

/** The time until a read is sent again that the server could not answer. */
const RETRY_MS = 100;

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

/**
 * Sends reads of the histories with the publishing client: one pipeline a type at a time. Reads wait until the client is
 * connected, and are sent again after a loss, or if a server refuses them that is a replica.
 */
export class ReadQueue {
  readonly #client: RedisClient;
  readonly #queues = new Map<KeptType, Queue>();
  #stopped: Error | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  /** Resolves with the replies of a read. `key` tells equal reads from others. */
  read(kind: KeptType, key: string, commands: () => readonly unknown[][]): Promise<readonly unknown[]> {
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
