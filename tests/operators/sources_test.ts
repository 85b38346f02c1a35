// Operators with several sources.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  chain,
  createPubSub,
  filter,
  flat,
  flatMap,
  groupBy,
  join,
  merge,
  pipe,
  share,
  type Source,
  take,
  toArray,
} from "@alkdev/pubsub";
import { ManualSource } from "../support/operators/manual_source.ts";

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };
const wrong = (value: unknown): never => value as never;

Deno.test("flat flattens one level of iterables and async iterables", async () => {
  const source = new ManualSource<number[]>();
  source.push([3]);
  source.end();
  const values: Source<number | number[]>[] = [[1], new Set([2]), [], source];
  assertEquals(await pipe(values, flat(), toArray()), [1, 2, [3]]);
  await assertRejects(
    () => pipe([5] as unknown as number[][], flat(), toArray()),
    TypeError,
    "Cannot read 5",
  );
});

Deno.test("flat returns the inner source first, and both once", async () => {
  const [outer, inner] = [new ManualSource<ManualSource<number>>(), new ManualSource<number>()];
  const values = pipe(outer, flat());
  outer.push(inner);
  inner.push(1);
  await values.next();
  const next = values.next();
  await values.return();
  assertEquals([await next, outer.returned, inner.returned, inner.opened], [DONE, 1, 1, 1]);
});

Deno.test("flat returns the outer source when an inner one fails", async () => {
  const [outer, inner] = [new ManualSource<ManualSource<number>>(), new ManualSource<number>()];
  outer.push(inner);
  const error = new Error("lost");
  inner.fail(error);
  const values = pipe(outer, flat());
  assertStrictEquals(await assertRejects(() => values.next()), error);
  assertEquals([outer.returned, inner.returned], [1, 0]);
});

Deno.test("flatMap reads one source to its end before it requests the next", async () => {
  const source = new ManualSource<string>();
  source.push("ab", "c");
  const values = pipe(
    source,
    flatMap((word, index) => Promise.resolve([...word].map((c) => `${index}${c}`))),
  );
  assertEquals([await values.next(), source.asked], [{ value: "0a", done: false }, 1]);
  await values.next();
  assertEquals([await values.next(), source.asked], [{ value: "1c", done: false }, 2]);
  await values.return();
});

Deno.test("chain opens a source only when its turn comes", async () => {
  const [first, second, third] = [1, 2, 3].map(() => new ManualSource<number>());
  assert(first !== undefined && second !== undefined && third !== undefined);
  const values = pipe(first, chain(second, third));
  assertEquals([first.opened, second.opened, third.opened], [1, 0, 0]);
  first.push(1);
  first.end();
  second.push(2, 3);
  assertEquals(await pipe(values, take(2), toArray()), [1, 2]);
  assertEquals([second.opened, third.opened], [1, 0]);
  assertEquals([first.returned, second.returned, third.returned], [0, 1, 0]);
  assertEquals(await pipe([1], chain(), toArray()), [1]);
  assertEquals(await pipe([1], chain([2], [3]), toArray()), [1, 2, 3]);
});

Deno.test("merge yields values as they arrive, and ends after all sources", async () => {
  const [first, second] = [new ManualSource<number>(), new ManualSource<number>()];
  const values = pipe(first, merge(second));
  const next = [values.next(), values.next(), values.next()];
  second.push(1, 2);
  first.push(3);
  assertEquals((await Promise.all(next)).map(({ value }) => value).sort(), [1, 2, 3]);
  first.end();
  second.push(4);
  assertEquals(await values.next(), { value: 4, done: false });
  second.end();
  assertEquals(await values.next(), DONE);
});

Deno.test("merge requests at most one value ahead from each source", async () => {
  const [first, second] = [new ManualSource<number>(), new ManualSource<number>()];
  first.push(1, 2, 3);
  second.push(4, 5, 6);
  const values = pipe(first, merge(second));
  await values.next();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals([first.asked, second.asked], [1, 1]);
  await values.return();
});

Deno.test("merge that fails returns the other sources, after their values", async () => {
  const [first, second, third] = [1, 2, 3].map(() => new ManualSource<number>());
  assert(first !== undefined && second !== undefined && third !== undefined);
  const values = pipe(first, merge(second, third));
  const error = new Error("lost");
  first.push(1);
  third.push(2);
  second.fail(error);
  assertEquals(await values.next(), { value: 1, done: false });
  const rest = await Promise.allSettled([values.next(), values.next(), values.next()]);
  assertEquals(rest.filter(({ status }) => status === "rejected").length, 1);
  assertEquals([first.returned, second.returned, third.returned], [1, 0, 1]);
});

Deno.test("an operator that cannot open one source returns those that are open", () => {
  for (const apply of [merge, (other: Source<number>) => join<number, number>(other)]) {
    const source = new ManualSource<number>();
    const broken: AsyncIterable<number> = {
      [Symbol.asyncIterator]() {
        throw new Error("cannot open");
      },
    };
    assertThrows(() => apply(broken)(source), Error, "cannot open");
    assertEquals(source.returned, 1);
  }
});

Deno.test("join pairs equal keys, each value once, in order of arrival", async () => {
  const left = [{ id: "a", n: 1 }, { id: "a", n: 2 }, { id: "b", n: 3 }, { id: "x", n: 4 }];
  const right = [{ id: "b", m: 5 }, { id: "a", m: 6 }, { id: "a", m: 7 }, { id: "a", m: 8 }];
  const pairs = await pipe(left, join(right), toArray());
  assertEquals(pairs.map(([{ n }, { m }]) => `${n}${m}`).sort(), ["16", "27", "35"]);
  const byKeys = join<string, number>([1, 2], { leftKey: (word) => word.length, rightKey: (n) => n });
  assertEquals(await pipe(["ab", "c"], byKeys, toArray()).then((all) => all.sort()), [["ab", 2], ["c", 1]]);
});

Deno.test("join works on subscriptions without options", async () => {
  type Calls = { asked: string; answered: number };
  await using pubsub = createPubSub<Calls>();
  const pairs = pipe(pubsub.subscribe("asked"), join(pubsub.subscribe("answered")));
  pubsub.publish("asked", "1", "how many?");
  pubsub.publish("answered", "2", 5);
  pubsub.publish("answered", "1", 7);
  const { value } = await pairs.next();
  assertEquals(value?.map(({ payload }) => payload), ["how many?", 7]);
  await pairs.return();
});

Deno.test("join keeps the newest values of each source, and refuses a value without an id", async () => {
  const [left, right] = [new ManualSource<number>(), new ManualSource<number>()];
  const key = (value: number): number => value;
  const pairs = pipe(left, join(right, { leftKey: key, rightKey: key, capacity: 2 }));
  const next = pairs.next();
  left.push(1, 2, 3);
  await new Promise((resolve) => setTimeout(resolve, 0));
  right.push(1, 2);
  assertEquals(await next, { value: [2, 2], done: false });
  await pairs.return();
  assertEquals([left.returned, right.returned], [1, 1]);
  await assertRejects(() => pipe([5], join([]), toArray()), TypeError, "Cannot join 5");
});

Deno.test("an unread subscription is released through operators", async () => {
  await using pubsub = createPubSub<{ news: number }>();
  const subscription = pubsub.subscribe("news");
  const values = pipe(subscription, filter(() => true), chain(), merge());
  pubsub.publish("news", "1", 1);
  const pending = [values.next(), values.next()];
  assertEquals((await pending[0])?.value?.payload, 1);
  await values.return();
  assertEquals([await pending[1], await subscription.next()], [DONE, DONE]);
});

Deno.test("invalid arguments throw at the call", () => {
  for (const value of [undefined, null, 5, {}]) {
    assertThrows(() => join(wrong(value)), TypeError);
    assertThrows(() => groupBy(wrong(value)), TypeError);
    assertThrows(() => flatMap(wrong(value)), TypeError);
    assertThrows(() => merge(wrong(value))([]), TypeError);
  }
  for (const value of [0, -1, 1.5, NaN, Infinity, "1", null]) {
    assertThrows(() => join([], { capacity: wrong(value) }), RangeError);
    assertThrows(() => join([], { withinMs: value === 1.5 ? 0 : wrong(value) }), RangeError);
    assertThrows(() => groupBy(String, { capacity: wrong(value) }), RangeError);
    assertThrows(() => groupBy(String, { maxGroups: wrong(value) }), RangeError);
    assertThrows(() => share({ capacity: wrong(value) }), RangeError);
  }
  for (const value of ["block", null, 5]) {
    assertThrows(() => groupBy(String, { overflow: wrong(value) }), TypeError);
    assertThrows(() => share({ overflow: wrong(value) }), TypeError);
  }
  assertThrows(() => join([], { leftKey: wrong(5) }), TypeError);
  assertThrows(() => join([], { rightKey: wrong(5) }), TypeError);
  for (const signal of [null, 5, {}]) {
    assertThrows(() => join([], { signal: wrong(signal) }), TypeError);
    assertThrows(() => groupBy(String, { signal: wrong(signal) }), TypeError);
    assertThrows(() => share({ signal: wrong(signal) }), TypeError);
    assertThrows(() => toArray({ signal: wrong(signal) }), TypeError);
  }
});
