import { fileURLToPath } from "node:url";
import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { MAX_QUEUE_LENGTH, Repeater, RepeaterOverflowError } from "@repeaterjs/repeater";
import { createPubSub, type Subscription } from "@alkdev/pubsub";
import { ManualEventTarget } from "../support/manual_event_target.ts";
import { DONE, type Events, open, payloadOf, publish, readRest } from "../support/subscriptions.ts";

// Readers.

Deno.test("pending next() calls are answered in order", async () => {
  const { pubsub } = open();
  const subscription = pubsub.subscribe("news");
  publish(pubsub, 0);
  const results = Array.from({ length: 50 }, () => subscription.next());
  const order: unknown[] = [];
  results.forEach((result) => void payloadOf(result).then((payload) => order.push(payload)));
  publish(pubsub, ...Array.from({ length: 40 }, (_, i) => i + 1));
  await pubsub.close();
  await Promise.all(results);
  assertEquals(order, [...Array.from({ length: 41 }, (_, i) => i), ...Array(9).fill("done")]);
});

Deno.test("1,024 next() calls can be pending, one more rejects, and the others are answered", async () => {
  const { pubsub } = open();
  const subscription = pubsub.subscribe("news");
  assertEquals(MAX_QUEUE_LENGTH, 1024);
  const waiting = Array.from({ length: MAX_QUEUE_LENGTH }, () => subscription.next());
  const error = await assertRejects(() => subscription.next(), RepeaterOverflowError);
  assertEquals(error.message, "Cannot have more than 1024 pending calls of next()");
  publish(pubsub, ...waiting.keys());
  assertEquals(await Promise.all(waiting.map(payloadOf)), [...waiting.keys()]);
  const again = subscription.next();
  publish(pubsub, "after");
  assertEquals(await payloadOf(again), "after");
  await pubsub.close();
});

Deno.test("only the first pending next() gets the error of an end", async () => {
  const target = new ManualEventTarget();
  const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news");
  const waiting = Promise.allSettled([subscription.next(), subscription.next()]);
  const reason = new Error("lost");
  target.lose(reason);
  assertEquals(await waiting, [{ status: "rejected", reason }, { status: "fulfilled", value: DONE }]);
  assertEquals([await subscription.next(), await subscription.return()], [DONE, DONE]);
});

Deno.test("an end from the far side comes after the buffered events", async () => {
  const target = new ManualEventTarget();
  const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news");
  target.deliver("news", "1", "a");
  target.deliver("news", "2", "b");
  target.lose(new RangeError("lost"));
  target.deliver("news", "1", "late");
  assertEquals(await readRest(subscription), ["a", "b", "RangeError"]);
  assertEquals(await readRest(subscription), []);
});

Deno.test("a subscription is its own iterator", () => {
  const { pubsub } = open();
  const subscription = pubsub.subscribe("news");
  assertStrictEquals(subscription[Symbol.asyncIterator](), subscription);
  void subscription.return();
});

// The ways to end a subscription. Each ends it at once and quietly, and discards buffered events.

const WAYS_OUT: Record<string, (subscription: Subscription<{ payload: unknown }>) => unknown> = {
  "return()": (subscription) => subscription.return(),
  "throw()": (subscription) => subscription.throw(new Error("mine")).catch(() => {}),
  "Symbol.asyncDispose": (subscription) => subscription[Symbol.asyncDispose](),
  "Symbol.dispose": (subscription) => subscription[Symbol.dispose](),
};

for (const [way, leave] of Object.entries(WAYS_OUT)) {
  Deno.test(`${way} releases the listener at once, answers pending calls, and yields no more events`, async () => {
    const { pubsub, listeners } = open();
    const subscription = pubsub.subscribe("news");
    const waiting = [subscription.next(), subscription.next()];
    const left = leave(subscription);
    assertEquals(listeners(), 0);
    publish(pubsub, "late");
    assertEquals(await Promise.all(waiting), [DONE, DONE]);
    await left;
    assertEquals([await subscription.next(), await subscription.return()], [DONE, DONE]);
  });

  Deno.test(`${way} discards buffered events, and the error after them`, async () => {
    const { pubsub, listeners } = open();
    const [buffered, failed] = [pubsub.subscribe("news"), pubsub.subscribe("news", { capacity: 1 })];
    publish(pubsub, 1, 2);
    await leave(buffered);
    await leave(failed);
    assertEquals([await buffered.next(), await failed.next(), listeners()], [DONE, DONE, 0]);
  });
}

Deno.test("return() and throw() answer like those of a Repeater", async () => {
  const { pubsub } = open();
  assertEquals(await pubsub.subscribe("news").return(), DONE);
  assertEquals(await pubsub.subscribe("news").return(Promise.resolve(undefined)), DONE);
  const error = new RangeError("mine");
  assertStrictEquals(await assertRejects(() => pubsub.subscribe("news").throw(error)), error);
});

Deno.test("return() ends the subscription at once, whatever happens to the value that it awaits", async () => {
  const { pubsub, listeners } = open();
  const subscription = pubsub.subscribe("news");
  const { promise, reject } = Promise.withResolvers<undefined>();
  const left = subscription.return(promise);
  assertEquals(listeners(), 0);
  assertEquals(await subscription.next(), DONE);
  const error = new RangeError("mine");
  reject(error);
  assertStrictEquals(await assertRejects(() => left), error);
});

Deno.test("break, and a body that throws, release the listener before the loop ends", async () => {
  const { pubsub, listeners } = open();
  const [broken, thrown] = [pubsub.subscribe("news"), pubsub.subscribe("news")];
  publish(pubsub, 1, 2);
  for await (const { payload } of broken) {
    assertEquals(payload, 1);
    break;
  }
  const error = await assertRejects(async () => {
    for await (const { payload } of thrown) throw new RangeError(String(payload));
  }, RangeError);
  assertEquals([error.message, listeners()], ["1", 0]);
  assertEquals([await readRest(broken), await readRest(thrown)], [[], []]);
});

Deno.test("await using and using release the listener at the end of the block", async () => {
  const { pubsub, listeners } = open();
  {
    await using subscription = pubsub.subscribe("news");
    assertEquals([listeners(), subscription.dropped], [1, 0]);
  }
  assertEquals(listeners(), 0);
  {
    using subscription = pubsub.subscribe("news");
    assertEquals([listeners(), subscription.dropped], [1, 0]);
  }
  assertEquals(listeners(), 0);
});

// A Repeater.

Deno.test("a subscription is a Repeater, and the combinators of Repeater accept it", async () => {
  const { pubsub, listeners } = open();
  const [first, second] = [pubsub.subscribe("news", "1"), pubsub.subscribe("news", "2")];
  assertInstanceOf(first, Repeater);
  const merged = Repeater.merge([first, second]);
  pubsub.publish("news", "2", "b");
  pubsub.publish("news", "1", "a");
  assertEquals(
    new Set([await payloadOf(merged.next()), await payloadOf(merged.next())]),
    new Set(["a", "b"]),
  );
  await merged.return();
  assertEquals(listeners(), 0);
});

Deno.test("Repeater.race yields the first event, and its end releases every listener", async () => {
  const { pubsub, listeners } = open();
  const raced = Repeater.race([pubsub.subscribe("news", "1"), pubsub.subscribe("news", "2")]);
  const next = raced.next();
  pubsub.publish("news", "2", "first");
  assertEquals(await payloadOf(next), "first");
  await raced.return();
  assertEquals(listeners(), 0);
});

// Garbage collection, which needs a separate process.

let collected: Promise<Record<string, unknown>> | undefined;

async function runCollected(): Promise<Record<string, unknown>> {
  const script = fileURLToPath(new URL("../support/collected.ts", import.meta.url));
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--v8-flags=--expose-gc", script],
    env: { NO_COLOR: "1" },
  }).output();
  const [text, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  try {
    return JSON.parse(text ?? "");
  } catch (cause) {
    throw new Error(`The process failed: ${errors}`, { cause });
  }
}

const COLLECTED = [
  "an abandoned subscription releases its listener",
  "a reachable subscription keeps its listener",
  "a reachable subscription keeps its buffer",
  "a pending for await survives, and gets events",
  "a for await ends with its PubSub",
  "a pending next() survives, and gets an event",
  "the subscription of a next() is released after the answer",
  "a pending ready survives",
  "an unread event is kept",
  "return() releases buffered events",
  "a signal releases buffered events",
  "return() after the end releases buffered events",
  "read events are released while the subscription continues",
  "dropped events are released while the subscription continues",
  "a queue releases removed items",
  "a large queue that was emptied releases its memory",
  "a removed listener is released",
  "a subscription that ended unread is released while its signal lives on",
];

for (const fact of COLLECTED) {
  Deno.test(`on garbage collection, ${fact}`, async () => {
    assertEquals((await (collected ??= runCollected()))[fact], true);
  });
}
