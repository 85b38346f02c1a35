// Operators that read many sources by one rule.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  createPubSub,
  flatMap,
  mergeMap,
  type OperatorIterator,
  pipe,
  switchMap,
  toArray,
} from "@alkdev/pubsub";
import { ManualSource } from "../support/operators/manual_source.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };
const wrong = (value: unknown): never => value as never;
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const sources = (count: number): ManualSource<string>[] =>
  Array.from({ length: count }, () => new ManualSource());

/** An outer source, inner ones, and a mapper from a number to the inner source of that index. */
function setUp() {
  const [outer, inner] = [new ManualSource<number>(), sources(4)];
  const toInner = (index: number): ManualSource<string> => {
    const source = inner[index];
    assert(source !== undefined);
    return source;
  };
  return { outer, inner, toInner };
}

const counts = (inner: readonly ManualSource<string>[]) => ({
  opened: inner.map(({ opened }) => opened).join(""),
  returned: inner.map(({ returned }) => returned).join(""),
});

Deno.test("mergeMap yields the values of all mapped sources as they arrive, and ends after all", async () => {
  const { outer, toInner } = setUp();
  const values = pipe(outer, mergeMap(toInner));
  const next = [1, 2, 3, 4, 5].map(() => values.next());
  outer.push(0, 1);
  await turn();
  toInner(1).push("b1");
  await turn();
  toInner(0).push("a1");
  outer.push(2);
  outer.end();
  await turn();
  toInner(0).end();
  toInner(2).push("c1");
  await turn();
  toInner(1).push("b2");
  toInner(1).end();
  toInner(2).end();
  const results = await Promise.all(next);
  assertEquals(results.map(({ value }) => value), ["b1", "a1", "c1", "b2", undefined]);
});

Deno.test("mergeMap maps the next value while the promise of a mapper is pending", async () => {
  const started: number[] = [];
  const results = new Map<number, (values: string[]) => void>();
  const values = pipe(
    [1, 2, 3],
    mergeMap((n, index) => {
      started.push(index);
      return new Promise<string[]>((resolve) => results.set(n, resolve));
    }),
    toArray(),
  );
  await turn();
  assertEquals(started, [0, 1, 2]);
  for (const n of [3, 1, 2]) {
    results.get(n)?.([`${n}`]);
    await turn();
  }
  assertEquals(await values, ["3", "1", "2"]);
});

Deno.test("mergeMap opens no more sources than its concurrency, and requests no value meanwhile", async () => {
  const { outer, inner, toInner } = setUp();
  const values = pipe(outer, mergeMap(toInner, { concurrency: 2 }));
  const next = [1, 2, 3].map(() => values.next());
  outer.push(0, 1, 2, 3);
  await turn();
  assertEquals([counts(inner).opened, outer.asked], ["1100", 2]);
  toInner(1).end();
  await turn();
  assertEquals([counts(inner).opened, outer.asked], ["1110", 3]);
  toInner(2).push("c");
  assertEquals((await next[0])?.value, "c");
  await values.return();
  assertEquals([counts(inner).returned, outer.returned], ["1010", 1]);
  assertEquals(await Promise.all(next.slice(1)), [DONE, DONE]);
});

Deno.test("mergeMap requests one value ahead from each source, and none while no reader waits", async () => {
  const { outer, inner, toInner } = setUp();
  const values = pipe(outer, mergeMap(toInner));
  outer.push(0, 1);
  for (const source of inner) source.push("x", "y", "z");
  const asked = () => [outer, ...inner].map(({ asked }) => asked).join("");
  await values.next();
  await turn();
  // The second outer value was requested together with the first value.
  assertEquals([asked(), counts(inner).opened], ["21000", "1100"]);
  await values.next();
  await turn();
  assertEquals(asked(), "32100");
  await values.next();
  await turn();
  assertEquals(asked(), "32100");
  await values.return();
});

Deno.test("mergeMap and switchMap that fail return the other sources, whichever source fails", async () => {
  const error = new Error("lost");
  for (const [operator, others] of [[mergeMap, "1000"], [switchMap, "1000"]] as const) {
    for (const failing of ["outer", "inner"] as const) {
      const { outer, inner, toInner } = setUp();
      const values = pipe(outer, operator(toInner));
      const waiting = [values.next(), values.next()];
      outer.push(0, 1);
      await turn();
      if (failing === "outer") outer.fail(error);
      else toInner(1).fail(error);
      assertStrictEquals(await assertRejects(() => waiting[0] ?? Promise.resolve()), error);
      assertEquals(await waiting[1], DONE);
      assertEquals(
        [outer.returned, counts(inner).returned],
        failing === "outer" ? [0, "1100"] : [1, others],
      );
    }
  }
});

Deno.test("switchMap returns a mapped source when the next value arrives, also while no reader waits", async () => {
  const { outer, inner, toInner } = setUp();
  const values = pipe(outer, switchMap(toInner));
  const first = values.next();
  outer.push(0);
  toInner(0).push("a1", "a2");
  assertEquals((await first).value, "a1");
  outer.push(1, 2);
  await turn();
  assertEquals(counts(inner), { opened: "1110", returned: "1100" });
  const next = [values.next(), values.next()];
  toInner(2).push("c1");
  assertEquals((await next[0])?.value, "c1");
  outer.end();
  await turn();
  toInner(2).push("c2");
  toInner(2).end();
  assertEquals([(await next[1])?.value, await values.next()], ["c2", DONE]);
  assertEquals([counts(inner).returned, outer.returned], ["1100", 0]);
});

Deno.test("switchMap drops values that a source yields after it was replaced", async () => {
  const { outer, toInner } = setUp();
  const values = pipe(outer, switchMap(toInner));
  const next = values.next();
  outer.push(0, 1);
  await turn();
  toInner(0).push("late");
  await turn();
  toInner(1).push("current");
  assertEquals((await next).value, "current");
  await values.return();
});

Deno.test("switchMap gives waiting readers what a source has ready, and a busy one what is newest", async () => {
  const waiting = pipe([1, 2, 3], switchMap((n) => [n]));
  const results = await Promise.all([1, 2, 3, 4].map(() => waiting.next()));
  assertEquals(results.map(({ value }) => value), [1, 2, 3, undefined]);
  const busy = pipe([1, 2, 3], switchMap((n) => [n]));
  const first = await busy.next();
  await turn();
  assertEquals([first.value, (await busy.next()).value, await busy.next()], [1, 3, DONE]);
});

Deno.test("a promised source that is no longer wanted is returned when it is known", async () => {
  await using pubsub = createPubSub<{ news: number }>();
  const unhandled = await unhandledRejections(async () => {
    for (const operator of [flatMap, mergeMap, switchMap]) {
      const given: PromiseWithResolvers<AsyncIterable<unknown>>[] = [];
      const outer = new ManualSource<number>();
      const values = operator((_: number) => {
        const { length } = given;
        given.push(Promise.withResolvers());
        return given[length]?.promise ?? Promise.reject();
      })(outer);
      const next = values.next();
      outer.push(0, 1);
      await turn();
      // switchMap no longer wants the first one, and after return() no operator wants any.
      if (operator !== switchMap) void values.return();
      const subscription = pubsub.subscribe("news");
      given[0]?.resolve(subscription);
      await turn();
      assertEquals(await subscription.next(), DONE);
      void values.return();
      given[1]?.reject(new Error("late"));
      assertEquals(await next, DONE);
      await turn();
    }
  });
  assertEquals(unhandled, []);
});

Deno.test("a promised source that fails while no reader waits rejects the next call, or is dropped if replaced", async () => {
  const unhandled = await unhandledRejections(async () => {
    for (const replaced of [false, true]) {
      const outer = new ManualSource<() => Iterable<string> | Promise<string[]>>();
      const values = pipe(outer, switchMap((source) => source()));
      const error = new Error("lost");
      outer.push(() => ["a"]);
      assertEquals((await values.next()).value, "a");
      outer.push(() => Promise.reject(error));
      await turn();
      if (replaced) outer.push(() => ["b"]);
      await turn();
      if (replaced) assertEquals((await values.next()).value, "b");
      else assertStrictEquals(await assertRejects(() => values.next()), error);
      await values.return();
    }
  });
  assertEquals(unhandled, []);
});

Deno.test("an error of return() when switchMap replaces a source ends the iteration", async () => {
  for (const mode of ["throws", "rejects"] as const) {
    const [outer, first, second] = [
      new ManualSource<ManualSource<string>>(),
      new ManualSource<string>(mode),
      new ManualSource<string>(),
    ];
    const values = pipe(outer, switchMap((source) => source));
    const next = values.next();
    outer.push(first, second);
    assertStrictEquals(await assertRejects(() => next), first.returnError);
    assertEquals([outer.returned, second.returned], [1, 1]);
  }
});

Deno.test("an operator of many sources returns a source that is opened during its end", async () => {
  for (const operator of [flatMap, mergeMap, switchMap]) {
    const [outer, inner] = [new ManualSource<number>(), new ManualSource<string>()];
    const values: OperatorIterator<string> = operator((_: number) => ({
      [Symbol.asyncIterator]: () => {
        void values.return();
        return inner;
      },
    }))(outer);
    outer.push(1);
    assertEquals(await values.next(), DONE);
    assertEquals([outer.returned, inner.asked, inner.returned], [1, 0, 1]);
  }
});

Deno.test("mergeMap follows subscriptions of each event", async () => {
  await using pubsub = createPubSub<{ opened: null; text: string }>();
  const texts = pipe(pubsub.subscribe("opened"), mergeMap(({ id }) => pubsub.subscribe("text", id)));
  const next = [texts.next(), texts.next(), texts.next()];
  for (const id of ["a", "b"]) pubsub.publish("opened", id, null);
  await turn();
  for (const id of ["b", "c", "a"]) pubsub.publish("text", id, id);
  const heard = await Promise.all(next.slice(0, 2));
  assertEquals(heard.map(({ value }) => value?.payload), ["b", "a"]);
  await texts.return();
  assertEquals(await next[2], DONE);
});

Deno.test("invalid arguments of mergeMap and switchMap throw at the call", () => {
  for (const value of [undefined, null, 5, {}]) {
    assertThrows(() => mergeMap(wrong(value)), TypeError, "as the mapper");
    assertThrows(() => switchMap(wrong(value)), TypeError, "as the mapper");
  }
  for (const value of [0, -1, 1.5, NaN, Infinity, "1", null]) {
    assertThrows(() => mergeMap(() => [], { concurrency: wrong(value) }), RangeError, "as concurrency");
  }
});
