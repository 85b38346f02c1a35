// Steps over a subscription whose events are buffered: they run in the call of next(), without a promise for each event.
import { assertEquals, assertRejects } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  filter,
  map,
  pipe,
  type PubSub,
  scan,
  SubscriptionOverflowError,
  take,
  takeWhile,
  tap,
} from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";

type Events = { n: number };

function publish(pubsub: PubSub<Events>, count: number): void {
  for (let n = 1; n <= count; n++) pubsub.publish("n", "", n);
}

const payload = map(({ payload }: { payload: number }) => payload);

Deno.test("a step runs once for each buffered event that a reader asks for, and for no further one", async () => {
  await using pubsub = createPubSub<Events>();
  const seen: number[] = [];
  await using values = pipe(
    pubsub.subscribe("n"),
    payload,
    tap((n) => seen.push(n)),
    filter((n) => n % 2 === 0),
  );
  publish(pubsub, 6);
  assertEquals(seen, []);
  assertEquals(await values.next(), { value: 2, done: false });
  assertEquals(seen, [1, 2]);
  assertEquals(await Promise.all([values.next(), values.next()]), [
    { value: 4, done: false },
    { value: 6, done: false },
  ]);
  const pending = values.next();
  pubsub.publish("n", "", 8);
  assertEquals(await pending, { value: 8, done: false });
});

Deno.test("a filter drops a full buffer in one call", async () => {
  await using pubsub = createPubSub<Events>();
  const values = pipe(pubsub.subscribe("n"), payload, filter((n) => n === 16_384));
  publish(pubsub, 16_384);
  assertEquals(await values.next(), { value: 16_384, done: false });
});

Deno.test("the error of a subscription that overflowed comes after its buffered events", async () => {
  await using pubsub = createPubSub<Events>();
  const values = pipe(pubsub.subscribe("n", { capacity: 3 }), payload, filter((n) => n !== 2));
  publish(pubsub, 4);
  assertEquals([await values.next(), await values.next()], [
    { value: 1, done: false },
    { value: 3, done: false },
  ]);
  await assertRejects(() => values.next(), SubscriptionOverflowError);
  assertEquals(await values.next(), { value: undefined, done: true });
});

Deno.test("calls that wait are answered in order by a burst, however many they are", async () => {
  await using pubsub = createPubSub<Events>();
  const values = pipe(pubsub.subscribe("n", { capacity: 50_000 }), payload, filter((n) => n % 2 === 0));
  const pending = Array.from({ length: 20_000 }, () => values.next());
  publish(pubsub, 40_000);
  assertEquals(
    await Promise.all(pending),
    pending.map((_, i) => ({ value: 2 * (i + 1), done: false as const })),
  );
});

Deno.test("a step that calls next() gets the event after its own, and sees each event once", async () => {
  await using pubsub = createPubSub<Events>();
  const nested: Promise<IteratorResult<number, undefined>>[] = [];
  const totals: [total: number, n: number][] = [];
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    scan((total: number, n) => {
      totals.push([total, n]);
      if (n < 3) nested.push(values.next());
      return total + n;
    }, 0),
    filter((total) => total !== 1),
  );
  publish(pubsub, 5);
  assertEquals(await values.next(), { value: 3, done: false });
  assertEquals(await Promise.all(nested), [{ value: 6, done: false }, { value: 10, done: false }]);
  assertEquals(totals, [[0, 1], [1, 2], [3, 3], [6, 4]]);
  assertEquals(await values.next(), { value: 15, done: false });
});

Deno.test("a step that calls next() at the last event gets the end, and its reader the event", async () => {
  await using pubsub = createPubSub<Events>();
  const nested: Promise<IteratorResult<number, undefined>>[] = [];
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    tap(() => {
      nested.push(values.next());
    }),
    take(1),
  );
  publish(pubsub, 2);
  assertEquals(await values.next(), { value: 1, done: false });
  assertEquals(await Promise.all(nested), [{ value: undefined, done: true }]);
  assertEquals([await values.next(), pubsub.stats().subscriptions.count], [
    { value: undefined, done: true },
    0,
  ]);
});

Deno.test("calls of next() from a step that drops the last buffered event wait in order", async () => {
  await using pubsub = createPubSub<Events>();
  const nested: Promise<IteratorResult<number, undefined>>[] = [];
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    filter((n) => {
      if (n === 1) nested.push(values.next(), values.next());
      return n > 1;
    }),
  );
  publish(pubsub, 1);
  const first = values.next();
  for (const n of [2, 3, 4]) pubsub.publish("n", "", n);
  const results = await Promise.all([first, ...nested]);
  assertEquals(results.map(({ value }) => value), [2, 3, 4]);
});

Deno.test("a step that calls next() and then fails rejects its reader, and ends the other one", async () => {
  await using pubsub = createPubSub<Events>();
  const nested: Promise<IteratorResult<number, undefined>>[] = [];
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    tap(() => {
      nested.push(values.next());
      throw new Error("one");
    }),
  );
  publish(pubsub, 2);
  await assertRejects(() => values.next(), Error, "one");
  assertEquals(await Promise.all(nested), [{ value: undefined, done: true }]);
  assertEquals(pubsub.stats().subscriptions.count, 0);
});

Deno.test("a step that calls next() and then returns its iterator ends both readers", async () => {
  await using pubsub = createPubSub<Events>();
  const nested: Promise<IteratorResult<number, undefined>>[] = [];
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    tap(() => {
      nested.push(values.next());
      void values.return();
    }),
  );
  publish(pubsub, 2);
  assertEquals(await values.next(), { value: undefined, done: true });
  assertEquals(await Promise.all(nested), [{ value: undefined, done: true }]);
});

Deno.test("an error of a step rejects once, and returns the subscription with what it has buffered", async () => {
  await using pubsub = createPubSub<Events>();
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    tap((n) => {
      if (n === 2) throw new Error("two");
    }),
  );
  publish(pubsub, 3);
  assertEquals(await values.next(), { value: 1, done: false });
  const [failed, after] = [values.next(), values.next()];
  await assertRejects(() => failed, Error, "two");
  assertEquals(await after, { value: undefined, done: true });
  assertEquals(pubsub.stats().subscriptions.count, 0);
});

Deno.test("a step that returns its own iterator ends it", async () => {
  await using pubsub = createPubSub<Events>();
  const seen: number[] = [];
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    tap((n) => {
      seen.push(n);
      void values.return();
    }),
  );
  publish(pubsub, 3);
  assertEquals(await values.next(), { value: undefined, done: true });
  assertEquals([seen, pubsub.stats().subscriptions.count], [[1], 0]);
});

Deno.test("take and takeWhile return a subscription in the call that gets their last event", async () => {
  await using pubsub = createPubSub<Events>();
  const taken = pipe(pubsub.subscribe("n"), payload, take(2));
  const whileSmall = pipe(pubsub.subscribe("n"), payload, takeWhile((n) => n < 2));
  publish(pubsub, 3);
  await taken.next();
  await whileSmall.next();
  assertEquals(pubsub.stats().subscriptions.count, 2);
  const [second, end] = [taken.next(), whileSmall.next()];
  assertEquals(pubsub.stats().subscriptions.count, 0);
  assertEquals([(await second).value, (await taken.next()).done, (await end).done], [2, true, true]);
});

Deno.test("an asynchronous step handles one event at a time, also if the next ones are buffered", async () => {
  await using pubsub = createPubSub<Events>();
  let running = 0;
  const values = pipe(
    pubsub.subscribe("n"),
    payload,
    filter(async (n) => {
      if (running++ > 0) throw new Error("overlaps");
      await Promise.resolve();
      running--;
      return n % 3 !== 0;
    }),
  );
  publish(pubsub, 6);
  const results = await Promise.all([values.next(), values.next(), values.next(), values.next()]);
  assertEquals(results.map(({ value }) => value), [1, 2, 4, 5]);
});

Deno.test("a subscription of the past knows the position of each event that a step has read", async () => {
  const eventTarget = createInProcessEventTarget({ history: createMemoryHistory({ n: {} }) });
  await using pubsub = createPubSub<Events>({ eventTarget });
  publish(pubsub, 2);
  const subscription = pubsub.subscribe("n", { from: "start" });
  const values = pipe(subscription, payload);
  publish(pubsub, 4);
  const positions = [];
  for (let i = 0; i < 6; i++) {
    await values.next();
    positions.push(subscription.position);
  }
  assertEquals(new Set(positions).size, 6);
});
