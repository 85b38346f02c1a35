import { isRefusal } from "../client.ts";

/** A wait for every message up to a number. It counts their bytes, so that its cost does not grow with their number. */
interface Drain {
  readonly lastSequence: number;
  /** The bytes of the messages that it waits for. */
  bytes: number;
  /** The error of the first message that was given up. */
  failure: unknown;
  readonly resolve: (failure: unknown) => void;
}

/** Counts the messages by their outcome, and resolves the waits for them. */
export class Outcomes {
  /** The bytes of the messages that are waiting or unanswered. */
  bytes = 0;
  /** The number of messages that Redis has taken. */
  published = 0;
  /** The number of messages that were not published, or may not have been. */
  failed = 0;
  readonly #drains = new Set<Drain>();

  /** Resolves once every message up to a number has an outcome, as {@linkcode Publisher.drain} does. */
  drain(lastSequence: number): Promise<unknown> {
    const { bytes } = this;
    if (bytes === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drains.add({ lastSequence, bytes, failure: undefined, resolve }));
  }

  /** A message has an outcome: an error, or none. */
  settle(sequence: number, bytes: number, error: unknown): void {
    this.bytes -= bytes;
    if (error === undefined || error === null) this.published++;
    else this.failed++;
    for (const drain of this.#drains) {
      if (sequence > drain.lastSequence) continue;
      drain.bytes -= bytes;
      if (!isRefusal(error)) drain.failure ??= error ?? undefined;
      if (drain.bytes > 0) continue;
      this.#drains.delete(drain);
      drain.resolve(drain.failure);
    }
  }
}
