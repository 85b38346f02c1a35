// What operators keep of 10⁶ values. Run with --v8-flags=--expose-gc; prints one line of JSON: operator →
// bytes kept.

import {
  filter,
  flatMap,
  join,
  map,
  type OperatorIterator,
  pipe,
  type Source,
  takeWhile,
} from "@alkdev/pubsub";
import { SUBJECTS } from "./_subjects.ts";

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
// A signal that lives on keeps nothing of an iteration that is over.
const { signal } = new AbortController();
for (const { name, withSignal } of SUBJECTS) {
  if (withSignal === undefined || name === "join") continue;
  const reference = await (async () => {
    const values = withSignal([1], signal);
    for await (const _ of values);
    return new WeakRef(values);
  })();
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    gc();
  }
  kept[`${name}, by its signal`] = reference.deref() === undefined ? 0 : COUNT * 100;
}
// The signal has to live until here.
if (!signal.aborted) console.log(JSON.stringify(kept));
