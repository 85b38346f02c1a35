import { type Buffered, TAKE } from "../../core/buffered.ts";
import type { Source } from "../types.ts";
import { isDone, openSource } from "./source.ts";

/** The reader of an inlet. It gets an error that its {@linkcode onValue} throws by {@linkcode onError}. */
export interface InletReader<T> {
  onValue(value: T, inlet: Inlet<T>): void;
  /** The source has ended. */
  onDone(inlet: Inlet<T>): void;
  /** The source has failed, or `onValue` has thrown. */
  onError(error: unknown, inlet: Inlet<T>): void;
}

/** A source that is read one value at a time. It is returned once, unless it has ended or failed before. */
export class Inlet<T> {
  readonly iterator: AsyncIterator<T> & Partial<Buffered<T>>;
  /** Whether {@linkcode take} can return values. To ask each time takes 5 ns. */
  readonly isBuffered: boolean;
  readonly #reader: InletReader<T>;
  #requested = false;
  #closed = false;
  #closing: Promise<unknown> | undefined;

  constructor(source: Source<T>, reader: InletReader<T>) {
    this.iterator = openSource(source);
    this.isBuffered = TAKE in this.iterator;
    this.#reader = reader;
  }

  /** Whether the source has ended, failed or been returned. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Requests a value, unless one is requested already or the source is closed. */
  pull(): void {
    if (this.#requested || this.#closed) return;
    this.#requested = true;
    try {
      Promise.resolve(this.iterator.next()).then(this.#onResult, this.#onRejection);
    } catch (error) {
      this.#onRejection(error);
    }
  }

  /** Takes a value that the source has buffered, unless one is requested or the source is closed. */
  take(): T | undefined {
    return this.#requested || this.#closed ? undefined : this.iterator[TAKE]?.();
  }

  /** Returns the source, once. The promise is that of its `return()`; a rejection that is not awaited is ignored. */
  close(): Promise<unknown> | undefined {
    if (!this.#closed) {
      this.#closed = true;
      this.#closing = this.#return();
      this.#closing?.then(undefined, () => {});
    }
    return this.#closing;
  }

  #return(): Promise<unknown> | undefined {
    try {
      const returned = this.iterator.return?.();
      return returned === undefined ? undefined : Promise.resolve(returned);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readonly #onResult = (result: IteratorResult<T>): void => {
    this.#requested = false;
    if (this.#closed) return;
    try {
      if (isDone(result)) {
        this.#closed = true;
        return this.#reader.onDone(this);
      }
      this.#reader.onValue(result.value, this);
    } catch (error) {
      this.#reader.onError(error, this);
    }
  };

  readonly #onRejection = (error: unknown): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.onError(error, this);
  };
}

interface Closable {
  close?(): Promise<unknown> | undefined;
}

/** Returns several sources. The promise settles when all have been returned, or rejects with the first error. */
export function closeAll(inlets: Iterable<Closable | undefined>): Promise<unknown> | undefined {
  const closing = Array.from(inlets, (inlet) => inlet?.close?.()).filter((promise) => promise !== undefined);
  return closing.length < 2 ? closing[0] : Promise.all(closing);
}

/** Opens one more source. If that fails, returns the sources that are open already. */
export function openBeside<T>(
  opened: Iterable<Closable>,
  source: Source<T>,
  reader: InletReader<T>,
): Inlet<T> {
  try {
    return new Inlet(source, reader);
  } catch (error) {
    for (const inlet of opened) void inlet.close?.();
    throw error;
  }
}
