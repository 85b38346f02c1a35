import type { Source } from "../types.ts";
import { isDone, openSource } from "./source.ts";

/** Who reads an inlet. What {@linkcode onValue} throws is told to {@linkcode onError}. */
export interface InletReader<T> {
  onValue(value: T, inlet: Inlet<T>): void;
  /** The source has ended. */
  onDone(inlet: Inlet<T>): void;
  /** The source has failed, or the reader has. */
  onError(error: unknown, inlet: Inlet<T>): void;
}

/** A source that is read one value at a time, and returned once, unless it has ended or failed by itself. */
export class Inlet<T> {
  readonly #iterator: AsyncIterator<T>;
  readonly #reader: InletReader<T>;
  #asked = false;
  #closed = false;
  #closing: Promise<unknown> | undefined;

  /**
   * Opens a source.
   *
   * @param source The source.
   * @param reader Who hears its values.
   * @throws {TypeError} If it is not a source.
   */
  constructor(source: Source<T>, reader: InletReader<T>) {
    this.#iterator = openSource(source);
    this.#reader = reader;
  }

  /** Whether the source has ended, failed or been returned. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Asks for a value, unless one is on its way or the source is closed. */
  pull(): void {
    if (this.#asked || this.#closed) return;
    this.#asked = true;
    try {
      Promise.resolve(this.#iterator.next()).then(this.#onResult, this.#onRejection);
    } catch (error) {
      this.#onRejection(error);
    }
  }

  /** Returns the source, once. What its `return()` rejects with is for who looks at the promise. */
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
      const returned = this.#iterator.return?.();
      return returned === undefined ? undefined : Promise.resolve(returned);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readonly #onResult = (result: IteratorResult<T>): void => {
    this.#asked = false;
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
  close(): Promise<unknown> | undefined;
}

/**
 * Returns sources.
 *
 * @param inlets The sources.
 * @returns What to wait for until all are returned; rejects with the first error.
 */
export function closeAll(inlets: Iterable<Closable | undefined>): Promise<unknown> | undefined {
  const closing = Array.from(inlets, (inlet) => inlet?.close()).filter((promise) => promise !== undefined);
  return closing.length < 2 ? closing[0] : Promise.all(closing);
}

/**
 * Opens one more source.
 *
 * @param opened The sources that are open: they are returned if this one can not be opened.
 * @param source The source.
 * @param reader Who hears its values.
 * @returns Its inlet.
 * @throws {TypeError} If it is not a source.
 */
export function openBeside<T>(
  opened: Iterable<Closable>,
  source: Source<T>,
  reader: InletReader<T>,
): Inlet<T> {
  try {
    return new Inlet(source, reader);
  } catch (error) {
    for (const inlet of opened) void inlet.close();
    throw error;
  }
}
