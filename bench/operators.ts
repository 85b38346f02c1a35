// What do operators add to a source, beside those of other libraries and async generators?

import { Repeater } from "@repeaterjs/repeater";
import { drop, filter, map, merge, pipe, scan, take, tap } from "../mod.ts";
import { ixFilter, ixFrom, ixMap, rxFilter, rxFrom, rxMap, yogaFilter, yogaMap, yogaPipe } from "./peers.ts";

const COUNT = 1000;

/** Numbers by settled promises, like a subscription with a full buffer. */
class Numbers implements AsyncIterableIterator<number, undefined> {
  #next = 0;

  next(): Promise<IteratorResult<number, undefined>> {
    if (this.#next === COUNT) return Promise.resolve({ value: undefined, done: true });
    return Promise.resolve({ value: this.#next++, done: false });
  }

  return(): Promise<IteratorResult<number, undefined>> {
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function* generateFiltered<T>(source: AsyncIterable<T>, predicate: (value: T) => boolean) {
  for await (const value of source) if (predicate(value)) yield value;
}

async function* generateMapped<T, U>(source: AsyncIterable<T>, mapper: (value: T) => U) {
  for await (const value of source) yield mapper(value);
}

const isKept = (value: number): boolean => value % 4 !== 0;
const twice = (value: number): number => value * 2;

/** One row: reads to the end, and throws unless the expected number of values arrived. */
function row(
  group: string,
  name: string,
  expected: number,
  read: () => AsyncIterable<unknown>,
  baseline = false,
) {
  Deno.bench({
    name,
    group,
    baseline,
    async fn() {
      let count = 0;
      for await (const _ of read()) count++;
      checkCount(count, expected);
    },
  });
}

function checkCount(count: number, expected: number): void {
  if (count !== expected) throw new Error(`${count} values arrived instead of ${expected}`);
}

/**
 * The least that one step costs, by hand: its `next()` can not settle before the source's does, so that a
 * source that hangs hangs its reader, also after `return()`.
 */
class Chained {
  readonly #source = new Numbers();

  next(): Promise<IteratorResult<number, undefined>> {
    return this.#source.next().then(this.#onResult);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #onResult = (result: IteratorResult<number, undefined>): IteratorResult<number, undefined> =>
    result.done ? result : { value: twice(result.value), done: false };
}

type Resolve = (result: IteratorResult<number, undefined>) => void;

/**
 * The least that one step costs, by hand, whose `return()` could settle a `next()` that waits: a promise of
 * its own for each value, since one that `then()` made has no resolver. It has no queue of calls, no errors of
 * callbacks and no end, and adds 55 to 69 ns a value nevertheless (`Chained` 31 to 36, the operator 73 to 86; Deno
 * 2.9.6, runs on an idle machine). So 60 ns for one step leave nothing for the rules. Steps that share an
 * iterator share that promise.
 */
class Settling {
  readonly #source = new Numbers();
  #resolve: Resolve = () => {};
  #reject: (error: unknown) => void = () => {};

  next(): Promise<IteratorResult<number, undefined>> {
    return new Promise(this.#wait);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #wait = (resolve: Resolve, reject: (error: unknown) => void): void => {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#source.next().then(this.#onResult, this.#reject);
  };

  readonly #onResult = (result: IteratorResult<number, undefined>): void =>
    this.#resolve(result.done ? result : { value: twice(result.value), done: false });
}

const KEPT = COUNT * 3 / 4;
const both = `filter and map of ${COUNT}`;
row(both, "@alkdev/pubsub", KEPT, () => pipe(new Numbers(), filter(isKept), map(twice)), true);
row(both, "@alkdev/pubsub without pipe", KEPT, () => map(twice)(filter(isKept)(new Numbers())));
row(both, "async generators", KEPT, () => generateMapped(generateFiltered(new Numbers(), isKept), twice));
row(
  both,
  "@graphql-yoga/subscription",
  KEPT,
  () => yogaPipe(new Numbers(), yogaFilter(isKept), yogaMap(twice)),
);
row(both, "IxJS", KEPT, () => ixFrom(new Numbers()).pipe(ixFilter(isKept), ixMap(twice)));
Deno.bench({
  // It reads by itself and calls back: a reader can neither stop early nor be slower than the source.
  name: "RxJS",
  group: both,
  async fn() {
    let count = 0;
    const values = rxFrom(new Numbers()).pipe(rxFilter(isKept), rxMap(twice));
    await new Promise<void>((complete, error) =>
      values.subscribe({ next: () => void count++, complete, error })
    );
    checkCount(count, KEPT);
  },
});
row(both, "the source alone", COUNT, () => new Numbers());

const steps = `steps over ${COUNT}`;
row(steps, "the source alone", COUNT, () => new Numbers(), true);
row(steps, "1 step by hand, hanging", COUNT, () => new Chained());
row(steps, "1 step by hand", COUNT, () => new Settling());
row(steps, "1 step", COUNT, () => pipe(new Numbers(), map(twice)));
row(steps, "2 steps", COUNT, () => pipe(new Numbers(), map(twice), tap(twice)));
const six = () =>
  [
    map(twice),
    tap(twice),
    drop<number>(0),
    take<number>(COUNT + 1),
    scan((_: number, value: number) => value, 0),
    map(twice),
  ] as const;
row(steps, "6 steps", COUNT, () => pipe(new Numbers(), ...six()));
row(steps, "12 steps", COUNT, () => pipe(new Numbers(), ...six(), ...six()));

const ten = (): Numbers[] => Array.from({ length: 10 }, () => new Numbers());
const merged = `merge of 10 sources of ${COUNT}`;
row(merged, "@alkdev/pubsub", COUNT * 10, () => merge(...ten().slice(1))(new Numbers()), true);
row(merged, "Repeater.merge", COUNT * 10, () => Repeater.merge(ten()));
