import { Queue } from "../../core/queue.ts";
import type { MaybePromise, Source, SourceValue } from "../types.ts";
import { closeAll, Inlet, type InletReader } from "./inlet.ts";
import { LaterSource } from "./later_source.ts";
import { isPromiseLike } from "./outcome.ts";
import { Outlet, type Producer } from "./outlet.ts";

/** Returns its argument, for operators whose outer values are the sources. */
export const itself = <T>(value: T): T => value;

/** The part of an operator of many sources that is its own. */
export interface ManySourcesOptions<TOuter, TSource> {
  /** The sources that are opened at once. */
  readonly opened?: readonly TSource[];
  /** Each of its values gives one more source. */
  readonly outer: Source<TOuter>;
  readonly sourceOf: (value: TOuter, index: number) => TSource;
  /** The number of open sources from which on no outer value is requested. */
  readonly concurrency?: number;
  /** Whether each source replaces the one before. Outer values are then also requested while no reader waits. */
  readonly latest?: boolean;
}

/**
 * Reads many sources into one outlet. The rules of reading, ending and failing are the same whether sources are read one
 * after the other, at the same time, or until the next one comes.
 */
export class ManySources<
  TOuter,
  TSource extends MaybePromise<Source<unknown>>,
  T = SourceValue<Awaited<TSource>>,
> implements Producer, InletReader<T> {
  readonly outlet: Outlet<T> = new Outlet(this);
  readonly #outer: Inlet<TOuter>;
  readonly #inner = new Set<Inlet<T>>();
  /** The inner sources from which no value is requested, so that a demand need not pass all. A lone one needs no queue. */
  #idle: Inlet<T> | undefined;
  readonly #alsoIdle = new Queue<Inlet<T>>();
  readonly #concurrency: number;
  readonly #latest: boolean;

  constructor(options: ManySourcesOptions<TOuter, TSource>) {
    const { opened = [], outer, sourceOf, concurrency = Infinity, latest = false } = options;
    this.#concurrency = concurrency;
    this.#latest = latest;
    let index = 0;
    this.#outer = new Inlet(outer, {
      onValue: (value) => {
        if (this.#latest) this.#drop();
        const source = sourceOf(value, index++);
        this.#open(source);
        if (this.outlet.wanted) this.demand();
        else if (this.#latest) this.#outer.pull();
      },
      onDone: () => this.#endWhenDone(),
      onError: (error) => this.outlet.fail(error),
    });
    try {
      for (const source of opened) this.#open(source);
    } catch (error) {
      this.outlet.discard();
      throw error;
    }
  }

  demand(): void {
    const idle = this.#idle;
    this.#idle = undefined;
    for (let inlet = idle; inlet !== undefined; inlet = this.#alsoIdle.shift()) inlet.pull();
    if (this.#latest || this.#inner.size < this.#concurrency) this.#outer.pull();
  }

  close(): Promise<unknown> | undefined {
    return closeAll([...this.#inner, this.#outer]);
  }

  onValue(value: T, inlet: Inlet<T>): void {
    this.#rest(inlet);
    this.outlet.push(value);
  }

  onDone(inlet: Inlet<T>): void {
    this.#inner.delete(inlet);
    this.#endWhenDone();
    if (this.outlet.wanted) this.demand();
  }

  onError(error: unknown): void {
    this.outlet.fail(error);
  }

  #open(source: TSource): void {
    const opened = isPromiseLike(source) ? new LaterSource(source) : source;
    // The values of a TSource are of the type T.
    const inlet = new Inlet(opened as Source<T>, this);
    // Opening the source may have ended the iteration.
    if (this.outlet.finished) return void inlet.close();
    this.#inner.add(inlet);
    this.#rest(inlet);
  }

  #rest(inlet: Inlet<T>): void {
    if (this.#idle === undefined) this.#idle = inlet;
    else this.#alsoIdle.push(inlet);
  }

  /** Returns the inner sources. A `return()` that fails ends the iteration. */
  #drop(): void {
    const closing = closeAll(this.#inner);
    this.#inner.clear();
    this.#idle = undefined;
    this.#alsoIdle.clear();
    closing?.then(undefined, (error) => this.outlet.fail(error));
  }

  #endWhenDone(): void {
    if (this.#outer.closed && this.#inner.size === 0) this.outlet.end();
  }
}
