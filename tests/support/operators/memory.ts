// Measures the memory that operators keep after 200,000 values. Run with --v8-flags=--expose-gc. Prints one line of JSON:
// the bytes kept, by operator.

import {
  batch,
  createPubSub,
  filter,
  flatMap,
  type Group,
  groupBy,
  join,
  map,
  mergeMap,
  type OperatorIterator,
  pipe,
  reduce,
  type Source,
  switchMap,
  takeWhile,
  tap,
  window,
} from "@alkdev/pubsub";
import { ManualSource } from "./manual_source.ts";
import { SUBJECTS } from "./subjects.ts";

declare const gc: () => void;

const COUNT = 200_000;
const WARM_UP = 20_000;
/** Reported for an object that should have been collected and was not. */
const LEAKED = 100_000_000;

/** Yields objects or numbers. Measures the heap after the warm-up, and at the end. */
class Measured {
  kept = NaN;
  #before = 0;
  #index = 0;

  constructor(readonly valueOf: (index: number) => unknown) {}

  async measure(apply: (source: Source<number>) => OperatorIterator<unknown>): Promise<number> {
    // The operators under test accept any value as a number.
    const source = this as unknown as AsyncIterable<number>;
    for await (const _ of apply(source));
    return this.kept;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const index = this.#index++;
    if (index === WARM_UP) this.#before = used();
    if (index === COUNT) {
      this.kept = used() - this.#before;
      return Promise.resolve({ value: undefined, done: true });
    }
    return Promise.resolve({ value: this.valueOf(index), done: false });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function used(): number {
  gc();
  return Deno.memoryUsage().heapUsed;
}

/** Collects unreachable objects. */
async function collected(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
  }
}

/** Yields nothing until it is returned. */
class Unending {
  readonly #returned = Promise.withResolvers<IteratorResult<never, undefined>>();

  next(): Promise<IteratorResult<never, undefined>> {
    return this.#returned.promise;
  }

  return(): Promise<IteratorResult<never, undefined>> {
    this.#returned.resolve({ value: undefined, done: true });
    return this.#returned.promise;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const nothing: number[] = [];
const large = (index: number) => ({ id: String(index), payload: new Array(20).fill(index) });
const kept: Record<string, number> = {};

kept["filter that keeps nothing"] = await new Measured(large).measure(filter(() => false));
kept["filter that keeps nothing, later"] = await new Measured(large).measure(
  filter(() => Promise.resolve(false)),
);
kept["pipe that keeps nothing"] = await new Measured(large).measure((source) =>
  pipe(source, map((value) => ({ value })), filter(() => false), takeWhile(() => true))
);
kept["flatMap to nothing"] = await new Measured(large).measure(flatMap(() => nothing));
kept["mergeMap to nothing"] = await new Measured(large).measure(mergeMap(() => nothing));
kept["switchMap to sources that never end"] = await new Measured(large).measure(
  switchMap((_, index) => index < COUNT - 1 ? new Unending() : nothing),
);
kept["join without partners"] = await new Measured(large).measure((source) =>
  join<number, { id: string }>([], { leftKey: (value) => value, capacity: 100 })(source)
);
// Groups that are not read rightly hold their values. The others are measured in another form.
const others = /^(groupBy|take$|pipe$|mergeMap of|switchMap to|debounce with|share,)/;
const numbers = SUBJECTS.filter(({ name }) => !others.test(name));
for (const { name, apply } of numbers) {
  kept[name] = await new Measured((index) => index % 500).measure(apply);
}
kept["groupBy whose groups are read"] = await new Measured(large).measure((source) => {
  const groups = groupBy((_: number, index) => index % 10)(source);
  const readAll = tap(({ values }: Group<number, number>) => void reduce(() => 0, 0)(values));
  return readAll(groups);
});
kept["groupBy of ever new keys, whose groups are returned"] = await new Measured(large).measure((source) =>
  tap(({ values }: Group<number, number>) => values.return())(groupBy((value: number) => value)(source))
);

/** Yields large values as fast as they are requested, then none. */
class Stalling {
  readonly #stalled = Promise.withResolvers<void>();
  readonly stalled = this.#stalled.promise;
  #left = 50_000;

  next(): Promise<IteratorResult<number, undefined>> {
    if (this.#left-- > 0) {
      // As above.
      return Promise.resolve({ value: large(this.#left) as unknown as number, done: false });
    }
    this.#stalled.resolve();
    return new Promise(() => {});
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

// An iteration that is over keeps nothing, even while the iterator is reachable.
const collecting: Record<string, (source: Source<number>) => OperatorIterator<unknown>> = {
  batch: batch({ size: COUNT }),
  "window of a time": window({ durationMs: 600_000, capacity: COUNT }),
  join: join<number, number>([], { leftKey: (value) => value, capacity: COUNT }),
  "join of the other": (source) => {
    const silent = new ManualSource<number>();
    return join<number, number>(source, { rightKey: (value) => value, capacity: COUNT })(silent);
  },
};
for (const [name, apply] of Object.entries(collecting)) {
  const before = used();
  const source = new Stalling();
  const values = apply(source);
  const next = values.next();
  await source.stalled;
  if (used() - before < 5_000_000) throw new Error(`${name} has collected nothing`);
  await values.return();
  await next;
  kept[`${name}, when it is over`] = used() - before;
  // Keeps the iterator reachable until here.
  await values.return();
}

// Sources that were replaced while the reader was busy.
{
  const before = used();
  const source = new Stalling();
  const values = switchMap((_: number, index) => index === 0 ? [0] : new Unending())(source);
  await values.next();
  await source.stalled;
  await collected();
  kept["switchMap with a busy reader"] = used() - before;
  await values.return();
}

// A signal that does not abort keeps nothing of an iteration that is over.
const { signal } = new AbortController();
const [first, rest] = [
  async (values: OperatorIterator<unknown>) => {
    await values.next();
    await new Promise((resolve) => setTimeout(resolve, 10));
  },
  async (values: OperatorIterator<unknown>) => {
    for await (const _ of values);
  },
];
const leave = (values: OperatorIterator<unknown>) => values.return();
const ways = { "by its signal": [rest], "buffered": [first, rest], "left": [first, leave] };
const signalled = SUBJECTS.flatMap(({ name, withSignal }) =>
  withSignal === undefined || name === "join"
    ? []
    : Object.entries(ways).map(([way, acts]) => ({ name: `${name}, ${way}`, withSignal, acts }))
);
for (const { name, withSignal, acts } of signalled) {
  const reference = await (async () => {
    const values = withSignal([1, 2, 3], signal);
    for (const act of acts) await act(values);
    return new WeakRef(values);
  })();
  await collected();
  kept[name] = reference.deref() === undefined ? 0 : LEAKED;
}
const accumulated = await (async () => {
  const initial = {};
  await reduce(() => initial, initial, { signal })([1]);
  return new WeakRef(initial);
})();
await collected();
kept["reduce, by its signal"] = accumulated.deref() === undefined ? 0 : LEAKED;
// An abandoned iterator is collected, together with its subscription.
const pubsub = createPubSub<{ news: number }>();
const abandoned = (() => {
  const subscription = pubsub.subscribe("news");
  map(() => 1)(subscription);
  return new WeakRef(subscription);
})();
await collected();
kept["map of a subscription, abandoned"] = abandoned.deref() === undefined ? 0 : LEAKED;
await pubsub.close();
// Keeps the signal reachable until here.
if (!signal.aborted) console.log(JSON.stringify(kept));
