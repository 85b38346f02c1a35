// Operators that handle one value at a time.
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  dedupe,
  drop,
  filter,
  map,
  pipe,
  reduce,
  scan,
  take,
  takeUntil,
  takeWhile,
  tap,
  toArray,
  window,
} from "@alkdev/pubsub";
import { ManualSource } from "../support/operators/manual_source.ts";

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };

Deno.test("filter keeps the values that its predicate accepts, at once or later, and passes the index", async () => {
  const indices: number[] = [];
  const odd = filter((value: number, index) => {
    indices.push(index);
    return value % 2 === 1;
  });
  assertEquals(await pipe([1, 2, 3, 4, 5], odd, toArray()), [1, 3, 5]);
  assertEquals(indices, [0, 1, 2, 3, 4]);
  const later = filter((value: number) => Promise.resolve(value > 3));
  assertEquals(await pipe([1, 2, 3, 4, 5], later, toArray()), [4, 5]);
});

Deno.test("an operator can be applied many times, and each iteration counts from the start", async () => {
  const indices = map((_: string, index) => index);
  const first = pipe(["a", "b"], drop(1), indices, take(1));
  const second = pipe(["a", "b", "c"], indices);
  assertEquals([await toArray()(first), await toArray()(second)], [[0], [0, 1, 2]]);
  const [takeTwo, unique, total] = [
    take<number>(2),
    dedupe<number>(),
    scan((a: number, b: number) => a + b, 0),
  ];
  for (let i = 0; i < 2; i++) {
    assertEquals(await pipe([1, 1, 2, 3], unique, total, takeTwo, toArray()), [1, 3]);
  }
});

Deno.test("map passes undefined, and promises that are values of an async source", async () => {
  assertEquals(await pipe([1, 2], map(() => undefined), toArray()), [undefined, undefined]);
  const source = new ManualSource<Promise<number>>();
  const rejected = Promise.reject(new Error("a value"));
  source.push(rejected);
  const { value } = await pipe(source, filter(() => true), tap(() => {}), take(1)).next();
  assertStrictEquals(value, rejected);
  await rejected.catch(() => {});
});

Deno.test("take requests no value after the last one, and take(0) requests none", async () => {
  const source = new ManualSource<number>();
  source.push(1, 2, 3);
  const values = pipe(source, take(2));
  const all = await Promise.all([values.next(), values.next(), values.next()]);
  assertEquals(all.map(({ value }) => value), [1, 2, undefined]);
  assertEquals([source.asked, source.returned], [2, 1]);
  const unread = new ManualSource<number>();
  const none = pipe(unread, take(0));
  assertEquals([await none.next(), unread.asked, unread.returned], [DONE, 0, 1]);
  assertEquals(await pipe([1, 2], take(Infinity), toArray()), [1, 2]);
});

Deno.test("take returns the source with its last value, also while a later step is pending", async () => {
  const source = new ManualSource<number>();
  source.push(1);
  const { promise, resolve } = Promise.withResolvers<string>();
  const values = pipe(source, take(1), map(() => promise));
  const next = values.next();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(source.returned, 1);
  resolve("late");
  assertEquals([await next, await values.next()], [{ value: "late", done: false }, DONE]);
  const skipped = pipe([1, 2, 3], take(2), filter((value) => value > 5));
  assertEquals(await skipped.next(), DONE);
});

Deno.test("takeWhile drops the value that ends it", async () => {
  const source = new ManualSource<number>();
  source.push(1, 5, 2);
  const values = pipe(source, takeWhile((value) => value < 3));
  assertEquals(await toArray()(values), [1]);
  assertEquals([source.asked, source.returned], [2, 1]);
  const indices: number[] = [];
  await pipe(["a", "b"], takeWhile((_, index) => Promise.resolve(indices.push(index) < 9)), toArray());
  assertEquals(indices, [0, 1]);
});

Deno.test("scan and reduce accumulate in order, also with promises", async () => {
  const join = (text: string, value: number, index: number): Promise<string> =>
    Promise.resolve(`${text}${index}:${value} `);
  assertEquals(await pipe([7, 8], scan(join, ""), toArray()), ["0:7 ", "0:7 1:8 "]);
  assertEquals(await pipe([7, 8], reduce(join, "")), "0:7 1:8 ");
  assertEquals(await pipe([], reduce(join, "none")), "none");
});

Deno.test("tap awaits the promise of its observer", async () => {
  const order: string[] = [];
  const observer = async (value: string, index: number): Promise<void> => {
    await Promise.resolve();
    order.push(`seen ${value}${index}`);
  };
  for await (const value of pipe(["a", "b"], tap(observer))) order.push(`given ${value}`);
  assertEquals(order, ["seen a0", "given a", "seen b1", "given b"]);
});

Deno.test("toArray resolves with a new array each time", async () => {
  const collect = toArray<number>();
  const [first, second] = [await collect([1]), await collect([2])];
  assertEquals([first, second], [[1], [2]]);
});

Deno.test("an error of a step after a pending one reaches the reader", async () => {
  const source = new ManualSource<number>();
  source.push(1);
  const later = map((value: number) => Promise.resolve(value));
  const values = pipe(
    source,
    later,
    map(() => {
      throw new Error("mine");
    }),
  );
  await assertRejects(() => values.next(), Error, "mine");
  assertEquals([await values.next(), source.returned], [DONE, 1]);
});

Deno.test("the steps after a pending one do not run after return()", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const seen: number[] = [];
  const values = pipe([1], map(() => promise), tap((value) => seen.push(value)));
  const next = values.next();
  await Promise.resolve();
  await values.return();
  resolve(5);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals([await next, seen], [DONE, []]);
});

Deno.test("an error reaches the pending call after those that got a value", async () => {
  const source = new ManualSource<number>();
  const values = map((value: number) => value)(source);
  const next = [values.next(), values.next(), values.next()].map((each) =>
    each.then(({ value }) => value, (error: Error) => error.message)
  );
  source.push(1);
  source.fail(new Error("lost"));
  assertEquals(await Promise.all(next), [1, "lost", undefined]);
});

Deno.test("dedupe drops values whose key is among the last distinct keys", async () => {
  const words = ["a", "b", "a", "c", "b", "a"];
  assertEquals(await pipe(words, dedupe(), toArray()), ["a", "b", "c"]);
  // After a, b, a, the last two keys are b and a; c replaces b.
  assertEquals(await pipe(words, dedupe({ capacity: 2 }), toArray()), ["a", "b", "c", "b", "a"]);
  assertEquals(await pipe(["a", "b", "a", "c", "a"], dedupe({ capacity: 2 }), toArray()), ["a", "b", "c"]);
  assertEquals(await pipe(["a", "a", "b", "a"], dedupe({ capacity: 1 }), toArray()), ["a", "b", "a"]);
  assertEquals(await pipe([NaN, NaN, 0, -0], dedupe(), toArray()), [NaN, 0]);
  const byLength = dedupe({ key: (word: string) => word.length });
  assertEquals(await pipe(["ab", "cd", "e"], byLength, toArray()), ["ab", "e"]);
});

Deno.test("dedupe remembers 1,024 keys by default", async () => {
  const numbers = Array.from({ length: 1025 }, (_, i) => i);
  assertEquals((await pipe([...numbers, 1, 1024], dedupe(), toArray())).length, 1025);
  assertEquals((await pipe([...numbers, 0], dedupe(), toArray())).length, 1026);
});

Deno.test("window of a size slides by its step, and yields only full windows", async () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7];
  assertEquals(await pipe(numbers.slice(0, 4), window({ size: 3 }), toArray()), [[1, 2, 3], [2, 3, 4]]);
  assertEquals(await pipe(numbers, window({ size: 2, step: 2 }), toArray()), [[1, 2], [3, 4], [5, 6]]);
  assertEquals(await pipe(numbers, window({ size: 2, step: 3 }), toArray()), [[1, 2], [4, 5]]);
  assertEquals(await pipe(numbers, window({ size: 8 }), toArray()), []);
  const windows = await pipe(numbers, window({ size: 2 }), tap((values) => values.length = 0), toArray());
  assertEquals(windows.length, 6);
});

Deno.test("takeUntil ends at the first value of another source, and not at its end", async () => {
  const [source, stop] = [new ManualSource<number>(), new ManualSource<string>()];
  source.push(1);
  const values = pipe(source, takeUntil(stop));
  assertEquals([await values.next(), stop.asked], [{ value: 1, done: false }, 1]);
  const next = values.next();
  stop.push("now");
  assertEquals([await next, source.returned, stop.returned], [DONE, 1, 1]);

  const ended = new ManualSource<string>();
  ended.end();
  assertEquals(await pipe([1, 2, 3], takeUntil(ended), toArray()), [1, 2, 3]);
  assertEquals(ended.returned, 0);
});

Deno.test("takeUntil fails with its other source, and returns it at each end", async () => {
  const [source, stop] = [new ManualSource<number>(), new ManualSource<string>()];
  const values = pipe(source, takeUntil(stop));
  const next = values.next().catch((error: unknown) => error);
  const error = new Error("lost");
  stop.fail(error);
  assertEquals([await next, await values.next(), source.returned, stop.returned], [error, DONE, 1, 0]);
  const [other, unused] = [new ManualSource<number>(), new ManualSource<string>()];
  other.end();
  await pipe(other, takeUntil(unused), toArray());
  assertEquals([other.returned, unused.returned], [0, 1]);
});

Deno.test("pipe without operators returns its source", () => {
  const source = [1];
  assertStrictEquals(pipe(source), source);
});

Deno.test("several readers of one iterator share its values", async () => {
  const jobs = map((value: number) => value)([1, 2, 3, 4]);
  const [first, second] = [pipe(jobs, map((value) => `a${value}`)), pipe(jobs, map((value) => `b${value}`))];
  const results = [await first.next(), await second.next(), await second.next(), await first.next()];
  assertEquals(results.map(({ value }) => value), ["a1", "b2", "b3", "a4"]);
});

Deno.test("invalid arguments throw at the call, and the error names them", () => {
  // The types forbid these, but untyped callers can pass them.
  const wrong = (value: unknown): never => value as never;
  for (const value of [undefined, null, 5, "f", {}]) {
    assertThrows(() => filter(wrong(value)), TypeError);
    assertThrows(() => map(wrong(value)), TypeError);
    assertThrows(() => takeWhile(wrong(value)), TypeError);
    assertThrows(() => tap(wrong(value)), TypeError);
    assertThrows(() => scan(wrong(value), 0), TypeError);
    assertThrows(() => reduce(wrong(value), 0), TypeError);
  }
  for (const value of [-1, 1.5, NaN, "1", null, undefined]) {
    assertThrows(() => take(wrong(value)), RangeError);
    assertThrows(() => drop(wrong(value)), RangeError);
  }
  for (const value of [0, -1, 1.5, NaN, Infinity, "1", null]) {
    assertThrows(() => dedupe({ capacity: wrong(value) }), RangeError);
    assertThrows(() => window({ size: wrong(value) }), RangeError);
    assertThrows(() => window({ size: 1, step: wrong(value) }), RangeError);
  }
  for (const value of [undefined, null, 5, "5", {}]) {
    assertThrows(() => window(wrong(value)), RangeError, "as size: it must be a whole number of at least 1");
  }
  assertThrows(() => dedupe({ key: wrong(5) }), TypeError);
  for (const value of [undefined, null, 5, {}]) assertThrows(() => takeUntil(wrong(value)), TypeError);
  assertThrows(
    () => take(-1),
    RangeError,
    "Cannot use -1 as the number of values to take: it must be a whole number of at least 0",
  );
});

Deno.test("a function that has a method then is a promise, as for await", async () => {
  const laterOf = <T>(value: T) =>
    Object.assign(() => {}, { then: (resolve: (value: T) => void) => resolve(value) });
  const promised = <T>(value: T) => laterOf(value) as unknown as PromiseLike<T>;
  assertEquals(await pipe([promised(1), 2], map((n) => promised(n * 10)), toArray()), [10, 20]);
  assertEquals(await pipe([1, 2], filter((n) => promised(n === 2)), toArray()), [2]);
  assertEquals(await pipe([1, 2], reduce((sum, n) => promised(sum + n), 0)), 3);
});
