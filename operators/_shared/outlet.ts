import { ignore } from "../../core/ignore.ts";
import { onAbort } from "../../core/abort.ts";
import { SubscriptionOverflowError } from "../../core/errors.ts";
import { Queue } from "../../core/queue.ts";
import type { Bounds } from "../../core/subscribe_options.ts";
import type { Waiting } from "../../core/subscription_state.ts";
import type { OperatorIterator } from "../types.ts";
import { Reader } from "./reader.ts";

const UNBOUNDED: Bounds = { capacity: Infinity, overflow: "error" };

/** No value. */
export const NONE: unique symbol = Symbol("none");

/** The operator behind an {@linkcode Outlet}. */
export interface Producer {
  /** A reader waits, and no value is buffered. Called again if another one waits after the first has been answered. */
  demand(): void;
  /** The end, once: releases sources and timers. Resolves when the sources have been returned. */
  close(): Promise<unknown> | undefined;
}

/** A producer that can have values which take no waiting. */
export interface Taker<T> {
  /** Returns such a value for a lone reader, or `NONE`; a demand follows then. */
  take(): T | typeof NONE;
}

/**
 * The readable side of an operator. It answers each `next()` in order, with the values that the operator pushes. It ends
 * once, for any reason, and then closes its producer, which releases everything that the operator holds.
 *
 * A value that is pushed while no reader waits is buffered. The documentation of each operator bounds the number of them.
 */
export class Outlet<T> extends Reader<T> implements OperatorIterator<T> {
  /** The first pending `next()`; a lone reader needs no queue. */
  #resolve: Waiting<T>["resolve"] | undefined;
  #reject: Waiting<T>["reject"] = ignore;
  /** Whether {@linkcode Taker.take} is running: its callbacks can call anything of this object. */
  #isTaking = false;
  readonly #behind = new Queue<Waiting<T>>();
  readonly #buffer = new Queue<IteratorResult<T, undefined>>();
  readonly #producer: Producer;
  readonly #bounds: Bounds;
  readonly #taker: Taker<T> | undefined;
  #finished = false;
  /** The error that the next call gets. */
  #fault: { readonly error: unknown } | undefined;
  /** The result of {@linkcode Producer.close}. */
  #closing: Promise<unknown> | undefined;
  /** Whether a call got an error, or `return()` awaits closing: an error of closing is then dropped. */
  #errorTaken = false;
  #forgetSignal: () => void = ignore;

  constructor(producer: Producer, bounds?: Bounds, taker?: Taker<T>) {
    super();
    this.#producer = producer;
    this.#bounds = bounds ?? UNBOUNDED;
    this.#taker = taker;
  }

  /** Whether a reader waits. */
  get wanted(): boolean {
    return this.#resolve !== undefined;
  }

  /** Whether the iteration has ended. Values can still be buffered. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Whether the iteration has ended, and all values and the error have been read. */
  get drained(): boolean {
    return this.#finished && this.#buffer.size === 0 && this.#fault === undefined;
  }

  override next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#take();
    // V8 looks up no `then` of a literal.
    return value === NONE ? this.#nextLater() : Promise.resolve({ value, done: false });
  }

  /** The rest of {@linkcode next}, apart from what V8 is to inline. */
  #nextLater(): Promise<IteratorResult<T, undefined>> {
    const buffered = this.#buffer.shift();
    if (buffered === undefined) return new Promise(this.#wait);
    if (this.#finished && this.#buffer.size === 0) this.#forgetSignal();
    return Promise.resolve(buffered);
  }

  override async return(): Promise<IteratorResult<T, undefined>> {
    this.discard();
    const taken = this.#errorTaken;
    this.#errorTaken = true;
    try {
      await this.#closing;
    } catch (error) {
      if (!taken) throw error;
    }
    return { value: undefined, done: true };
  }

  /** Ends the iteration quietly when a signal aborts, or at once if it has aborted. */
  endOn(signal: AbortSignal | undefined): this {
    if (signal?.aborted) this.discard();
    else if (signal !== undefined) this.#forgetSignal = onAbort(signal, () => this.discard());
    return this;
  }

  /** Answers a reader that waits, or buffers the value. */
  push(value: T): void {
    if (this.#finished) return;
    const resolve = this.#resolve;
    if (resolve === undefined) return this.#store({ value, done: false });
    if (this.#behind.size > 0) this.#advance();
    else this.#resolve = undefined;
    resolve({ value, done: false });
    if (this.#resolve !== undefined) this.#producer.demand();
  }

  /** Ends the iteration after the buffered values. */
  end(): void {
    if (this.#finished) return;
    this.#finish();
    this.#settleSoon();
  }

  /** Ends the iteration with an error after the buffered values. */
  fail(error: unknown): void {
    if (this.#finished) return;
    this.#finish();
    // A later error of closing is dropped.
    this.#errorTaken = true;
    this.#fault = { error };
    this.#settle();
  }

  /** Ends the iteration at once, and discards buffered values. */
  discard(): void {
    this.#buffer.clear();
    this.#fault = undefined;
    this.#forgetSignal();
    if (!this.#finished) this.#finish();
    this.#settle();
  }

  /** Takes a value for a lone reader, without a pending promise. */
  #take(): T | typeof NONE {
    const taker = this.#taker;
    if (taker === undefined || this.#finished || this.#isTaking || this.wanted) return NONE;
    this.#isTaking = true;
    const value = taker.take();
    this.#isTaking = false;
    return this.#finished || this.#behind.size > 0 ? this.#afterTaking(value) : value;
  }

  /** A callback has ended the iteration, or has called `next()`: its reader comes after this one. */
  #afterTaking(value: T | typeof NONE): T | typeof NONE {
    const isAnswered = this.#finished ? this.#buffer.size > 0 : value !== NONE;
    if (isAnswered && this.#behind.size > 0) {
      this.#advance();
      if (this.#finished) this.#settleSoon();
      else this.#producer.demand();
    }
    return this.#finished ? NONE : value;
  }

  readonly #wait = (resolve: Waiting<T>["resolve"], reject: Waiting<T>["reject"]): void => {
    if (this.#resolve !== undefined || this.#isTaking) return this.#behind.push({ resolve, reject });
    this.#resolve = resolve;
    this.#reject = reject;
    if (this.#finished) this.#settleSoon();
    else this.#producer.demand();
  };

  #advance(): void {
    const waiting = this.#behind.shift();
    this.#resolve = waiting?.resolve;
    this.#reject = waiting?.reject ?? ignore;
  }

  #store(result: IteratorResult<T, undefined>): void {
    const { capacity, overflow } = this.#bounds;
    if (this.#buffer.size >= capacity) {
      if (overflow === "error") return this.fail(new SubscriptionOverflowError(capacity));
      if (overflow === "drop-newest") return;
      this.#buffer.shift();
    }
    this.#buffer.push(result);
  }

  #finish(): void {
    this.#finished = true;
    if (this.#buffer.size === 0) this.#forgetSignal();
    this.#closing = this.#producer.close();
    this.#closing?.then(undefined, (error) => {
      // No return() awaits it: the next call gets the error.
      if (!this.#errorTaken) this.#fault = { error };
    });
  }

  /** Lets readers get an error of a `return()` that fails at once. A slow `return()` is not awaited. */
  #settleSoon(): void {
    if (this.#closing === undefined) this.#settle();
    else queueMicrotask(() => this.#settle());
  }

  /** Answers all pending calls, the first of them with the error, if there is one. */
  #settle(): void {
    for (let resolve = this.#resolve; resolve !== undefined; resolve = this.#resolve) {
      const [fault, reject] = [this.#fault, this.#reject];
      this.#fault = undefined;
      this.#advance();
      if (fault === undefined) resolve({ value: undefined, done: true });
      else {
        this.#errorTaken = true;
        reject(fault.error);
      }
    }
  }
}
