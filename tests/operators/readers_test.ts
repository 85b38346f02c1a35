// Operators with several readers.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { createPubSub, groupBy, pipe, share, SubscriptionOverflowError, take, toArray } from "@alkdev/pubsub";
import { ManualSource, ReopenedSource } from "../support/operators/manual_source.ts";

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };

Deno.test("groupBy yields groups as keys appear, and each group its values", async () => {
  const groups: Record<string, number[]> = {};
  const readers: Promise<void>[] = [];
  for await (const { key, values } of groupBy((n: number) => n % 2 === 0 ? "even" : "odd")([1, 2, 3, 4, 5])) {
    readers.push(
      toArray<number>()(values).then((all) => {
        groups[key] = all;
      }),
    );
  }
  await Promise.all(readers);
  assertEquals(groups, { odd: [1, 3, 5], even: [2, 4] });
});

Deno.test("reading a group reads the source, also while no reader waits for groups", async () => {
  const source = new ManualSource<number>();
  const groups = pipe(source, groupBy((value) => value % 2));
  source.push(1);
  const { value: odd } = await groups.next();
  assert(odd !== undefined);
  const all = pipe(odd.values, take(2), toArray());
  source.push(2, 3);
  assertEquals([await all, source.asked], [[1, 3], 3]);
  const { value: even } = await groups.next();
  assertEquals(await even?.values.next(), { value: 2, done: false });
  await groups.return();
  assertEquals(source.returned, 1);
});

Deno.test("an unread group is bounded, and does not block others", async () => {
  const numbers = Array.from({ length: 100 }, (_, i) => i);
  const groups = await pipe(numbers, groupBy((n) => n % 2, { capacity: 3 }), toArray());
  for (const { key, values } of groups) {
    assertEquals((await values.next()).value, key);
    await values.next();
    await values.next();
    await assertRejects(() => values.next(), SubscriptionOverflowError);
    assertEquals(await values.next(), DONE);
  }
  assertEquals(groups.length, 2);
  for (const [overflow, expected] of [["drop-oldest", [94, 96, 98]], ["drop-newest", [0, 2, 4]]] as const) {
    const [even] = await pipe(numbers, groupBy((n) => n % 2, { capacity: 3, overflow }), toArray());
    assert(even !== undefined);
    assertEquals(await toArray<number>()(even.values), [...expected]);
  }
});

Deno.test("a group that overflowed drops values until it has been read to its end, then a new one opens", async () => {
  const source = new ManualSource<number>();
  source.push(1, 1, 1, 2);
  const groups = pipe(source, groupBy((n) => n, { capacity: 1 }));
  const [first, second] = [await groups.next(), await groups.next()];
  assertEquals([first.value?.key, second.value?.key], [1, 2]);
  assertEquals((await first.value?.values.next())?.value, 1);
  await assertRejects(() => first.value?.values.next() ?? Promise.resolve(), SubscriptionOverflowError);
  source.push(1);
  const { value } = await groups.next();
  assertEquals([value?.key, await value?.values.next()], [1, { value: 1, done: false }]);
  await groups.return();
});

Deno.test("groupBy refuses one group too many, and does not count a returned group", async () => {
  const values = pipe([1, 2, 3], groupBy((n) => n, { maxGroups: 2 }));
  const first = await values.next();
  assert(first.value !== undefined);
  await values.next();
  await assertRejects(() => values.next(), RangeError, "Cannot open more than 2 groups");
  assertEquals(await first.value.values.next(), { value: 1, done: false });
  await assertRejects(() => first.value?.values.next() ?? Promise.resolve(), RangeError);

  const source = new ManualSource<number>();
  source.push(1, 2, 1);
  const keys: number[] = [];
  for await (const group of groupBy((n: number) => n, { maxGroups: 1 })(source)) {
    keys.push(group.key);
    await group.values.return();
    if (keys.length === 3) break;
  }
  assertEquals([keys, source.returned], [[1, 2, 1], 1]);
});

Deno.test("a group that is returned while it waits stops reading the source", async () => {
  const source = new ManualSource<number>();
  const groups = pipe(source, groupBy((value) => value));
  source.push(1);
  const { value: group } = await groups.next();
  await group?.values.next();
  const waiting = group?.values.next();
  await group?.values.return();
  source.push(2, 3, 4);
  await new Promise((resolve) => setTimeout(resolve, 0));
  // The value that was requested before has arrived.
  assertEquals([await waiting, source.asked], [DONE, 2]);
  await groups.return();
});

Deno.test("groupBy passes the index, and its end ends the groups after their buffered values", async () => {
  const indices: number[] = [];
  const source = new ManualSource<string>();
  source.push("a", "b", "a");
  const groups = pipe(source, groupBy((word, index) => (indices.push(index), word)));
  const [{ value: a }, { value: b }] = [await groups.next(), await groups.next()];
  assert(a !== undefined && b !== undefined);
  assertEquals(await b.values.next(), { value: "b", done: false });
  const waiting = b.values.next();
  await new Promise((resolve) => setTimeout(resolve, 0));
  await groups.return();
  assertEquals([await waiting, await toArray<string>()(a.values), indices], [DONE, ["a", "a"], [0, 1, 2]]);
});

Deno.test("an error of the source reaches groupBy and each group, after buffered values", async () => {
  const source = new ManualSource<number>();
  const error = new Error("lost");
  source.push(1, 2);
  source.fail(error);
  const groups = pipe(source, groupBy((n) => n));
  const all = [await groups.next(), await groups.next()];
  assertStrictEquals(await assertRejects(() => groups.next()), error);
  for (const [i, { value }] of all.entries()) {
    assert(value !== undefined);
    assertEquals(await value.values.next(), { value: i + 1, done: false });
    assertStrictEquals(await assertRejects(() => value.values.next()), error);
  }
});

Deno.test("share gives each reader every value since its start", async () => {
  const source = new ManualSource<number>();
  const shared = pipe(source, share());
  const [first, second] = [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()];
  source.push(1);
  assertEquals([await first.next(), source.asked], [{ value: 1, done: false }, 1]);
  const third = shared[Symbol.asyncIterator]();
  const next = [first.next(), third.next()];
  source.push(2);
  assertEquals((await Promise.all(next)).map(({ value }) => value), [2, 2]);
  assertEquals((await Promise.all([second.next(), second.next()])).map(({ value }) => value), [1, 2]);
  await Promise.all([first.return(), second.return()]);
  assertEquals(source.returned, 0);
  await third.return();
  assertEquals(source.returned, 1);
  assertEquals(await shared[Symbol.asyncIterator]().next(), DONE);
});

Deno.test("share ends a reader that is too slow, alone", async () => {
  const numbers = Array.from({ length: 10 }, (_, i) => i);
  const shared = pipe(numbers, share({ capacity: 2 }));
  const [fast, slow] = [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()];
  assertEquals(await toArray<number>()(fast), numbers);
  assertEquals([(await slow.next()).value, (await slow.next()).value], [0, 1]);
  await assertRejects(() => slow.next(), SubscriptionOverflowError);
  assertEquals(await slow.next(), DONE);
});

Deno.test("share gives every reader an error once, and ends all when it is returned", async () => {
  const source = new ManualSource<number>();
  const shared = pipe(source, share());
  const readers = [shared, shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()];
  const error = new Error("lost");
  const next = readers.map((reader) => reader.next().catch((error: unknown) => error));
  source.fail(error);
  assertEquals(await Promise.all(next), [error, error, error]);
  assertEquals(await Promise.all(readers.map((reader) => reader.next())), [DONE, DONE, DONE]);

  const other = new ManualSource<number>("hangs");
  const ended = pipe(other, share());
  const waiting = [ended.next(), ended[Symbol.asyncIterator]().next()];
  void ended.return();
  assertEquals([other.returned, await Promise.all(waiting)], [1, [DONE, DONE]]);
});

Deno.test("calls of next() of share are one reader", async () => {
  const shared = pipe([1, 2], share());
  assertEquals(await Promise.all([shared.next(), shared.next(), shared.next()]), [
    { value: 1, done: false },
    { value: 2, done: false },
    DONE,
  ]);
});

Deno.test("share that is never read returns its source", async () => {
  const source = new ManualSource<number>();
  {
    await using _shared = pipe(source, share());
  }
  assertEquals([source.asked, source.returned], [0, 1]);
});

Deno.test("share opens its source again for the first reader after the last one has left", async () => {
  const source = new ReopenedSource();
  const shared = pipe(source, share());
  assertEquals(source.opened.length, 1);
  for (const round of [0, 1, 2]) {
    const readers = [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()];
    assertEquals(source.opened.length, round + 1);
    const next = readers.map((reader) => reader.next());
    source.at(round).push(round);
    assertEquals((await Promise.all(next)).map(({ value }) => value), [round, round]);
    for (const reader of readers) await reader.return();
    assertEquals(source.at(round).returned, 1);
    assertEquals(await readers[0]?.next(), DONE);
  }
  await shared.return();
  assertEquals(source.opened.map(({ returned }) => returned), [1, 1, 1]);
});

Deno.test("share opens its source again after its end or failure, and readers keep theirs", async () => {
  const source = new ReopenedSource();
  const shared = pipe(source, share());
  const first = shared[Symbol.asyncIterator]();
  source.at(0).push(1);
  source.at(0).end();
  const slow = shared[Symbol.asyncIterator]();
  assertEquals(await toArray<number>()(first), [1]);
  const second = shared[Symbol.asyncIterator]();
  const failed = second.next();
  const error = new Error("lost");
  source.at(1).fail(error);
  assertStrictEquals(await assertRejects(() => failed), error);
  const third = shared[Symbol.asyncIterator]();
  source.at(2).push(3);
  assertEquals((await third.next()).value, 3);
  assertEquals(await toArray<number>()(slow), [1]);
  assertEquals(source.opened.map(({ returned }) => returned), [0, 0, 0]);
  await third.return();
  const array = pipe([1, 2], share());
  for (let i = 0; i < 2; i++) assertEquals(await toArray<number>()(array), [1, 2]);
});

Deno.test("share does not open its source again after return() or its signal", async () => {
  for (const way of ["return", "dispose", "signal", "signal without readers"]) {
    const source = new ReopenedSource();
    const controller = new AbortController();
    const shared = pipe(source, share({ signal: controller.signal }));
    const reader = shared[Symbol.asyncIterator]();
    if (way === "signal without readers") await reader.return();
    if (way === "return") await shared.return();
    else if (way === "dispose") await shared[Symbol.asyncDispose]();
    else controller.abort();
    assertEquals([await reader.next(), await shared[Symbol.asyncIterator]().next()], [DONE, DONE]);
    assertEquals([source.opened.length, source.at(0).returned], [1, 1]);
  }
});

Deno.test("share of an iterator, which cannot be opened again, returns it once", async () => {
  let returned = 0;
  const iterator: IterableIterator<number> = {
    [Symbol.iterator]: () => iterator,
    next: () => ({ value: 1, done: false }),
    return: () => {
      returned++;
      return { value: undefined, done: true };
    },
  };
  const manual = new ManualSource<number>();
  for (const shared of [pipe(iterator, share()), pipe(manual, share())]) {
    await shared[Symbol.asyncIterator]().return();
    for (const reader of [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()]) {
      assertEquals([await reader.next(), await reader.return()], [DONE, DONE]);
    }
  }
  assertEquals([returned, manual.returned], [1, 1]);
});

Deno.test("share of share, and of a subscription that is opened when there are readers, opens again", async () => {
  await using pubsub = createPubSub<{ news: number }>();
  let subscribed = 0;
  const news = {
    [Symbol.asyncIterator]: () => {
      subscribed++;
      return pubsub.subscribe("news");
    },
  };
  const shared = pipe(news, share(), share());
  for (const n of [1, 2]) {
    const readers = [shared[Symbol.asyncIterator](), shared[Symbol.asyncIterator]()];
    pubsub.publish("news", "1", n);
    const heard = await Promise.all(readers.map((reader) => reader.next()));
    assertEquals(heard.map(({ value }) => value?.payload), [n, n]);
    await Promise.all(readers.map((reader) => reader.return()));
    assertEquals(subscribed, n);
  }
  await shared.return();
});

Deno.test("share whose source cannot be opened again throws at the reader's start", async () => {
  let isBroken = false;
  const shared = pipe({
    [Symbol.iterator]() {
      if (isBroken) throw new Error("cannot open");
      return [1][Symbol.iterator]();
    },
  }, share());
  assertEquals(await toArray<number>()(shared), [1]);
  isBroken = true;
  assertThrows(() => shared[Symbol.asyncIterator](), Error, "cannot open");
  isBroken = false;
  assertEquals(await toArray<number>()(shared), [1]);
});
