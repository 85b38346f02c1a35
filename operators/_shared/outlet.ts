import { onAbort } from "../../core/abort.ts";
import { SubscriptionOverflowError } from "../../core/errors.ts";
import { RingBuffer } from "../../core/ring_buffer.ts";
import type { OverflowPolicy } from "../../core/subscription_state.ts";
import type { OperatorIterator } from "../types.ts";

/** A `next()` that waits for a value. */
interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const idle = (): void => {};

/**
 * The side of an operator that is read. It answers each `next()` in order, with what the operator pushes, and
 * ends once, whatever the reason: then it calls {@linkcode close}, which gives back all that the operator
 * holds.
 *
 * What is pushed while nobody waits is buffered: an operator pushes no more than it states.
 */
export abstract class Outlet<T> implements OperatorIterator<T> {
  /** Who waits first; nobody who waits alone costs a queue. */
  #resolve: Waiting<T>["resolve"] | undefined;
  #reject: Waiting<T>["reject"] = idle;
  readonly #behind = new RingBuffer<Waiting<T>>();
  readonly #buffer = new RingBuffer<IteratorResult<T, undefined>>();
  readonly #capacity: number;
  readonly #overflow: OverflowPolicy;
  #finished = false;
  /** What the next call is told once. */
  #fault: { readonly error: unknown } | undefined;
  /** What closing waits for. */
  #closing: Promise<unknown> | undefined;
  /** Whether somebody was told of an error, or waits for closing: that of closing is for nobody else. */
  #told = false;
  #forgetSignal: () => void = idle;

  constructor(capacity = Infinity, overflow: OverflowPolicy = "error") {
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  /**
   * Somebody waits, and nothing is buffered. Called again for the next who waits, once the first has been
   * answered.
   */
  protected abstract demand(): void;

  /**
   * The end, for any reason, once: gives back sources and timers, and says what the sources' `return()` gave.
   */
  protected abstract close(): Promise<unknown> | undefined;

  /** Whether somebody waits. */
  get wanted(): boolean {
    return this.#resolve !== undefined;
  }

  /** Whether it has ended, though something may still be buffered. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Whether it has ended, and all that was buffered has been read, an error included. */
  get drained(): boolean {
    return this.#finished && this.#buffer.size === 0 && this.#fault === undefined;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const buffered = this.#buffer.shift();
    if (buffered === undefined) return new Promise(this.#wait);
    if (this.#finished && this.#buffer.size === 0) this.#forgetSignal();
    return Promise.resolve(buffered);
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.discard();
    const told = this.#told;
    this.#told = true;
    try {
      await this.#closing;
    } catch (error) {
      if (!told) throw error;
    }
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Ends it quietly once a signal aborts, at once if it has. */
  endOn(signal: AbortSignal | undefined): this {
    if (signal?.aborted) this.discard();
    else if (signal !== undefined) this.#forgetSignal = onAbort(signal, () => this.discard());
    return this;
  }

  /** Gives a value to who waits, or buffers it. */
  push(value: T): void {
    if (this.#finished) return;
    const resolve = this.#resolve;
    if (resolve === undefined) return this.#store({ value, done: false });
    this.#advance();
    resolve({ value, done: false });
    if (this.#resolve !== undefined) this.demand();
  }

  /** Ends it after what is buffered. */
  end(): void {
    if (this.#finished) return;
    this.#finish();
    this.#settleSoon();
  }

  /** Ends it with an error after what is buffered. */
  fail(error: unknown): void {
    if (this.#finished) return;
    this.#finish();
    // The first error is the one that counts.
    this.#told = true;
    this.#fault = { error };
    this.#settle();
  }

  /** Ends it at once, and forgets what is buffered. */
  discard(): void {
    this.#buffer.clear();
    this.#fault = undefined;
    this.#forgetSignal();
    if (!this.#finished) this.#finish();
    this.#settle();
  }

  readonly #wait = (resolve: Waiting<T>["resolve"], reject: Waiting<T>["reject"]): void => {
    if (this.#resolve !== undefined) return this.#behind.push({ resolve, reject });
    this.#resolve = resolve;
    this.#reject = reject;
    if (this.#finished) this.#settleSoon();
    else this.demand();
  };

  #advance(): void {
    const waiting = this.#behind.shift();
    this.#resolve = waiting?.resolve;
    this.#reject = waiting?.reject ?? idle;
  }

  #store(result: IteratorResult<T, undefined>): void {
    if (this.#buffer.size >= this.#capacity) {
      if (this.#overflow === "error") return this.fail(new SubscriptionOverflowError(this.#capacity));
      if (this.#overflow === "drop-newest") return;
      this.#buffer.shift();
    }
    this.#buffer.push(result);
  }

  #finish(): void {
    this.#finished = true;
    if (this.#buffer.size === 0) this.#forgetSignal();
    this.#closing = this.close();
    this.#closing?.then(undefined, (error) => {
      // Nobody waits for it in return(): the next call is told.
      if (!this.#told) this.#fault = { error };
    });
  }

  /** A source whose return() fails at once is heard; one that takes its time is not waited for. */
  #settleSoon(): void {
    if (this.#closing === undefined) this.#settle();
    else queueMicrotask(() => this.#settle());
  }

  /** Answers all who wait: the first with the error, if there is one. */
  #settle(): void {
    for (let resolve = this.#resolve; resolve !== undefined; resolve = this.#resolve) {
      const [fault, reject] = [this.#fault, this.#reject];
      this.#fault = undefined;
      this.#advance();
      if (fault === undefined) resolve({ value: undefined, done: true });
      else {
        this.#told = true;
        reject(fault.error);
      }
    }
  }
}
