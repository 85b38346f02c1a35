// What operators keep of 10⁶ values. Run with --v8-flags=--expose-gc; prints one line of JSON: operator →
// bytes kept.

import {
  batch,
  createPubSub,
  filter,
  flatMap,
  type Group,
  groupBy,
  join,
  map,
  type OperatorIterator,
  pipe,
  reduce,
  type Source,
  takeWhile,
  tap,
  window,
} from "@alkdev/pubsub";
import { ManualSource } from "./manual_source.ts";
import { SUBJECTS } from "./subjects.ts";

declare const gc: () => void;

const COUNT = 1_000_000;
const WARM_UP = 20_000;

/** Gives objects, or numbers; measures after a while, and at the last of them. */
class Measured {
  kept = NaN;
  #before = 0;
  #index = 0;

  constructor(readonly valueOf: (index: number) => unknown) {}

  async measure(apply: (source: Source<number>) => OperatorIterator<unknown>): Promise<number> {
    // The values are numbers, or what the operator under test takes for them.
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

/** Lets go of what nobody refers to. */
async function collected(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
  }
}

/** A source that ends at once. */
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
kept["join without partners"] = await new Measured(large).measure((source) =>
  join<number, { id: string }>([], { leftKey: (value) => value, capacity: 100 })(source)
);
const numbers = SUBJECTS.filter(({ name }) => !["groupBy", "take", "pipe"].includes(name));
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

/** Gives large values as fast as they are asked for, then nothing more. */
class Stalling {
  readonly #stalled = Promise.withResolvers<void>();
  readonly stalled = this.#stalled.promise;
  #left = 50_000;

  next(): Promise<IteratorResult<number, undefined>> {
    if (this.#left-- > 0) {
      // The operators under test take any value for a number.
      return Promise.resolve({ value: large(this.#left) as unknown as number, done: false });
    }
    this.#stalled.resolve();
    return new Promise(() => {});
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

// What is over keeps nothing, though somebody refers to it.
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
  // It has to live until here.
  await values.return();
}

// A signal that lives on keeps nothing of an iteration that is over.
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
  kept[name] = reference.deref() === undefined ? 0 : COUNT * 100;
}
const accumulated = await (async () => {
  const initial = {};
  await reduce(() => initial, initial, { signal })([1]);
  return new WeakRef(initial);
})();
await collected();
kept["reduce, by its signal"] = accumulated.deref() === undefined ? 0 : COUNT * 100;
// An iterator that is abandoned goes, and its subscription with it.
const pubsub = createPubSub<{ news: number }>();
const abandoned = (() => {
  const subscription = pubsub.subscribe("news");
  map(() => 1)(subscription);
  return new WeakRef(subscription);
})();
await collected();
kept["map of a subscription, abandoned"] = abandoned.deref() === undefined ? 0 : COUNT * 100;
await pubsub.close();
// The signal has to live until here.
if (!signal.aborted) console.log(JSON.stringify(kept));
