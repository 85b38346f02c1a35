import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  createPubSub,
  DEFAULT_CAPACITY,
  type EnvelopeListener,
  type EventEnvelope,
  type OverflowPolicy,
  RefusedError,
  type SubscribeOptions,
  type Subscription,
  SubscriptionOverflowError,
} from "@alkdev/pubsub";
import { SubscriptionState } from "../../core/subscription_state.ts";
import { ManualEventTarget } from "../support/manual_event_target.ts";
import {
  DONE,
  type Events,
  open,
  openManually,
  payloadOf,
  publish,
  readRest,
} from "../support/subscriptions.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";

// Bounds.

Deno.test("a subscription buffers 16,384 events by default, and ends after them", async () => {
  const { pubsub, listeners, faults } = open();
  const subscription = pubsub.subscribe("news");
  assertEquals(DEFAULT_CAPACITY, 16_384);
  for (let i = 0; i < DEFAULT_CAPACITY; i++) publish(pubsub, i);
  assertEquals([subscription.dropped, listeners()], [0, 1]);
  publish(pubsub, "one too many", "and another");
  assertEquals([subscription.dropped, listeners()], [1, 0]);
  for (let i = 0; i < DEFAULT_CAPACITY; i++) assertEquals(await payloadOf(subscription.next()), i);
  const error = await assertRejects(() => subscription.next(), SubscriptionOverflowError);
  assertEquals([error.capacity, faults], [DEFAULT_CAPACITY, []]);
  assertEquals(await subscription.next(), DONE);
});

Deno.test("the end of a full subscription affects neither the publisher nor other subscriptions", async () => {
  const { pubsub } = open();
  const [full, other] = [pubsub.subscribe("news", { capacity: 2 }), pubsub.subscribe("news")];
  publish(pubsub, 1, 2, 3, 4);
  await pubsub.close();
  assertEquals(await readRest(full), [1, 2, "SubscriptionOverflowError"]);
  assertEquals(await readRest(other), [1, 2, 3, 4]);
});

Deno.test("drop-oldest keeps the newest events, drop-newest the oldest; both count the others", async () => {
  const { pubsub } = open();
  const oldest = pubsub.subscribe("news", { capacity: 3, overflow: "drop-oldest" });
  const newest = pubsub.subscribe("news", { capacity: 3, overflow: "drop-newest" });
  publish(pubsub, 1, 2, 3, 4, 5);
  assertEquals([oldest.dropped, newest.dropped], [2, 2]);
  assertEquals([await payloadOf(oldest.next()), await payloadOf(newest.next())], [3, 1]);
  publish(pubsub, 6, 7);
  await pubsub.close();
  assertEquals([await readRest(oldest), await readRest(newest)], [[5, 6, 7], [2, 3, 6]]);
  assertEquals([oldest.dropped, newest.dropped], [3, 3]);
});

Deno.test("an event for a pending next() takes no place in the buffer", async () => {
  for (const overflow of ["error", "drop-oldest", "drop-newest"] as const) {
    const { pubsub } = open();
    const subscription = pubsub.subscribe("news", { capacity: 1, overflow });
    const waiting = [subscription.next(), subscription.next()];
    publish(pubsub, 1, 2, 3);
    assertEquals(await Promise.all(waiting.map(payloadOf)), [1, 2]);
    assertEquals(subscription.dropped, 0);
    await pubsub.close();
    assertEquals(await readRest(subscription), [3]);
  }
});

/** A subscription as a plain array and counters. */
class Model {
  readonly buffer: number[] = [];
  /** The answers to `next()` so far, without pending calls. */
  readonly answers: unknown[] = [];
  waiting = 0;
  dropped = 0;
  error: string | undefined;
  #ended = false;

  constructor(readonly capacity: number, readonly overflow: OverflowPolicy) {}

  publish(event: number): void {
    if (this.#ended) return;
    if (this.waiting > 0) {
      this.waiting--;
      this.answers.push(event);
      return;
    }
    this.buffer.push(event);
    if (this.buffer.length <= this.capacity) return;
    this.dropped++;
    if (this.overflow === "drop-oldest") this.buffer.shift();
    else this.buffer.pop();
    if (this.overflow !== "error") return;
    this.#ended = true;
    this.error = "SubscriptionOverflowError";
  }

  read(): void {
    const event = this.buffer.shift();
    if (event !== undefined) this.answers.push(event);
    else if (!this.#ended) this.waiting++;
    else {
      this.answers.push(this.error ?? "done");
      this.error = undefined;
    }
  }
}

Deno.test("a subscription behaves like a bounded array, whatever is published and read", async () => {
  const program = fc.record({
    capacity: fc.integer({ min: 1, max: 20 }),
    overflow: fc.constantFrom<OverflowPolicy>("error", "drop-oldest", "drop-newest"),
    steps: fc.array(fc.record({ publishes: fc.boolean(), times: fc.integer({ min: 1, max: 15 }) })),
  });
  await fc.assert(
    fc.asyncProperty(program, async ({ capacity, overflow, steps }) => {
      const { pubsub } = open();
      const subscription = pubsub.subscribe("news", { capacity, overflow });
      const model = new Model(capacity, overflow);
      const results: Promise<unknown>[] = [];
      let event = 0;
      for (const { publishes, times } of steps) {
        for (let i = 0; i < times; i++) {
          if (publishes) {
            publish(pubsub, event);
            model.publish(event++);
          } else {
            results.push(payloadOf(subscription.next()).catch((error: Error) => error.name));
            model.read();
          }
        }
        assertEquals(subscription.dropped, model.dropped);
      }
      await pubsub.close();
      assertEquals(await Promise.all(results), [...model.answers, ...Array(model.waiting).fill("done")]);
      assertEquals(await readRest(subscription), [
        ...model.buffer,
        ...(model.error === undefined ? [] : [model.error]),
      ]);
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("an invalid option is refused at the call, and no listener is added", () => {
  const { pubsub, listeners } = open();
  const capacities = [0, -1, 1.5, NaN, Infinity, 2 ** 53, "5", null, 5n];
  const overflows = ["", "drop", "Error", "drop_oldest", null, 5];
  const signals = [null, 5, {}, new EventTarget()];
  const refused: [options: Record<string, unknown>, error: typeof RangeError | typeof TypeError][] = [
    ...capacities.map((capacity): [Record<string, unknown>, typeof RangeError] => [{ capacity }, RangeError]),
    ...overflows.map((overflow): [Record<string, unknown>, typeof TypeError] => [{ overflow }, TypeError]),
    ...signals.map((signal): [Record<string, unknown>, typeof TypeError] => [{ signal }, TypeError]),
  ];
  for (const [options, error] of refused) {
    // The types forbid these, but untyped callers can pass them.
    const untyped = options as SubscribeOptions;
    assertThrows(() => pubsub.subscribe("news", "1", untyped), error);
    assertThrows(() => pubsub.subscribe("news", untyped), error);
    assertThrows(() => pubsub.subscribeAll(untyped), error);
    assertEquals(listeners(), 0);
  }
});

Deno.test("the error names the invalid option and its valid values", () => {
  const { pubsub } = open();
  const capacity = assertThrows(() => pubsub.subscribe("news", { capacity: 0.5 }), RangeError);
  assertEquals(capacity.message, "Cannot use 0.5 as capacity: it must be a whole number of at least 1");
  const options = { overflow: "drop" } as unknown as SubscribeOptions;
  const overflow = assertThrows(() => pubsub.subscribe("news", options), TypeError);
  assertEquals(
    overflow.message,
    'Cannot use "drop" as overflow: it must be "error", "drop-oldest" or "drop-newest"',
  );
});

Deno.test("the smallest and the largest capacity are accepted", () => {
  const { pubsub } = open();
  for (const capacity of [1, Number.MAX_SAFE_INTEGER, undefined]) {
    // An undefined option is like a missing one, although the types forbid it.
    void pubsub.subscribe("news", { capacity } as SubscribeOptions).return();
  }
});

// The signal.

Deno.test("an aborted signal makes an ended subscription that never listened", async () => {
  const { pubsub, listeners } = open();
  const subscription = pubsub.subscribe("news", { signal: AbortSignal.abort(new Error("mine")) });
  publish(pubsub, "late");
  assertEquals([await subscription.next(), listeners()], [DONE, 0]);
  const target = new ManualEventTarget();
  const { ready } = createPubSub<Events>({ eventTarget: target }).subscribe("news", {
    signal: AbortSignal.abort(),
  });
  assertEquals((await assertRejects(() => ready, DOMException)).name, "AbortError");
  assertEquals(target.told, []);
});

Deno.test("a signal ends pending calls quietly, and releases the listener at once", async () => {
  const { pubsub, listeners } = open();
  const controller = new AbortController();
  const subscription = pubsub.subscribe("news", { signal: controller.signal });
  const waiting = [subscription.next(), subscription.next()];
  controller.abort(new Error("mine"));
  assertEquals(listeners(), 0);
  assertEquals(await Promise.all(waiting), [DONE, DONE]);
});

Deno.test("a signal discards buffered events, and ends a loop after its current event", async () => {
  const { pubsub, listeners } = open();
  const controller = new AbortController();
  const subscription = pubsub.subscribe("news", { signal: controller.signal });
  publish(pubsub, 1, 2, 3);
  const heard: unknown[] = [];
  for await (const { payload } of subscription) {
    heard.push(payload);
    if (payload === 2) controller.abort();
  }
  assertEquals([heard, listeners()], [[1, 2], 0]);
});

Deno.test("a signal that aborts after the end discards buffered events and the error", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const target = new ManualEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget: target });
  const closed = pubsub.subscribe("news", { signal });
  target.deliver("news", "1", "a");
  await pubsub.close();
  const lost = createPubSub<Events>({ eventTarget: target }).subscribe("news", { signal });
  target.deliver("news", "1", "b");
  target.lose(new Error("lost"));
  controller.abort();
  assertEquals([await readRest(closed), await readRest(lost)], [[], []]);
});

Deno.test("a signal that aborts after return() has no effect", async () => {
  const { pubsub } = open();
  const controller = new AbortController();
  const subscription = pubsub.subscribe("news", { signal: controller.signal });
  await subscription.return();
  controller.abort();
  assertEquals(await subscription.next(), DONE);
});

Deno.test("a thousand subscriptions add one native listener to their signal", async () => {
  const { pubsub, listeners } = open();
  const controller = new AbortController();
  const { signal } = controller;
  const add = signal.addEventListener;
  let added = 0;
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added++;
    add.apply(signal, args);
  };
  const subscriptions = Array.from({ length: 1000 }, () => pubsub.subscribe("news", { signal }));
  assertEquals([added, listeners()], [1, 1]);
  controller.abort();
  assertEquals(listeners(), 0);
  assertEquals(
    await Promise.all(subscriptions.map((subscription) => subscription.next())),
    Array(1000).fill(DONE),
  );
});

// Readiness.

Deno.test("ready resolves when the far end has acknowledged, and is one promise", async () => {
  const { target, subscription } = openManually();
  const { ready } = subscription;
  assertStrictEquals(subscription.ready, ready);
  let settled = false;
  void ready.then(() => settled = true);
  // Promises that are settled by now call back before the next turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(settled, false);
  target.acknowledge("news:1");
  await ready;
  await subscription.return();
  await subscription.ready;
});

Deno.test("ready that is read after the acknowledgement resolves at once", async () => {
  const { target, subscription } = openManually();
  target.acknowledge("news:1");
  await subscription.ready;
  await subscription.return();
});

Deno.test("ready that is read after the end resolves if the far end had acknowledged", async () => {
  const { target, subscription } = openManually();
  target.acknowledge("news:1");
  target.lose(new Error("lost"));
  await subscription.ready;
});

Deno.test("a subscription to an acknowledged topic is ready at once, in-process always", async () => {
  const { target, subscription } = openManually();
  target.acknowledge("news:1");
  const second = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
  await second.ready;
  await Promise.all([subscription.return(), second.return()]);
  await using pubsub = createPubSub<Events>();
  await pubsub.subscribe("news").ready;
});

Deno.test("ready rejects if the far end refuses, as next() does", async () => {
  for (const observed of [true, false]) {
    const { target, subscription } = openManually();
    const before = observed ? subscription.ready : undefined;
    const error = new RefusedError("refused", { topic: "news:1", reason: "not yours" });
    target.refuse("news:1", error);
    if (before !== undefined) assertStrictEquals(await assertRejects(() => before), error);
    assertStrictEquals(await assertRejects(() => subscription.ready), error);
    assertStrictEquals(await assertRejects(() => subscription.next()), error);
    assertEquals(await subscription.next(), DONE);
  }
});

Deno.test("ready rejects if the subscription ends before it is acknowledged", async () => {
  const ends: ((target: ManualEventTarget, subscription: Subscription<unknown>) => unknown)[] = [
    (_, subscription) => subscription.return(),
    (_, subscription) => subscription.throw(new Error("mine")).catch(() => {}),
    (target) => target.close(),
  ];
  for (const end of ends) {
    const { target, subscription } = openManually();
    const { ready } = subscription;
    await end(target, subscription);
    const error = await assertRejects(() => ready, DOMException);
    assertEquals([error.name, error.message], [
      "AbortError",
      "The subscription ended before it was acknowledged",
    ]);
    assertStrictEquals(await assertRejects(() => subscription.ready), error);
  }
  const { target, subscription } = openManually();
  const error = new Error("lost");
  target.lose(error);
  assertStrictEquals(await assertRejects(() => subscription.ready), error);
});

Deno.test("an ignored rejection of ready is not an unhandled rejection", async () => {
  const unhandled = await unhandledRejections(async () => {
    for (const look of [true, false]) {
      const { target, subscription } = openManually();
      if (look) void subscription.ready;
      target.refuse("news:1", new Error("refused"));
      if (!look) void subscription.ready;
      const left = openManually().subscription;
      if (look) void left.ready;
      await left.return();
    }
  });
  assertEquals(unhandled, []);
});

Deno.test("an error of an unread subscription is not an unhandled rejection", async () => {
  const { pubsub } = open();
  const unhandled = await unhandledRejections(() => {
    pubsub.subscribe("news", { capacity: 1 });
    publish(pubsub, 1, 2);
  });
  assertEquals(unhandled, []);
});

// The target's side.

/** The state of a subscription to `news:1` whose far end is the test. */
function openState(target = new ManualEventTarget()): {
  target: ManualEventTarget;
  state: SubscriptionState<EventEnvelope>;
  open: Set<unknown>;
} {
  const open = new Set<SubscriptionState<EventEnvelope>>();
  // The open set of createPubSub can hold any listeners.
  const state = new SubscriptionState<EventEnvelope>({}, open as Set<never>);
  state.start(target, { type: "news", id: "1" }, undefined);
  return { target, state, open };
}

Deno.test("a subscription is in the open set until it ends, and never if the target ends it at once", async () => {
  const { target, state, open } = openState();
  assertEquals(open.size, 1);
  await target.close();
  assertEquals([open.size, await state.next()], [0, DONE]);
  const late = openState(target);
  assertEquals([late.open.size, await late.state.next()], [0, DONE]);
});

Deno.test("a target that ends a subscription before it listens is stopped once", () => {
  let stops = 0;
  class EndingTarget extends ManualEventTarget {
    override listen(_type: string, _id: string | undefined, listener: EnvelopeListener): () => void {
      listener.onEnd?.(undefined);
      return () => void stops++;
    }
  }
  const { state } = openState(new EndingTarget());
  state.discard();
  assertEquals(stops, 1);
});

Deno.test("the first of several ends counts", async () => {
  const { state } = openState();
  const error = new Error("first");
  state.onEnd(error);
  state.onEnd(undefined);
  state.onEnd(new Error("last"));
  assertStrictEquals(await assertRejects(() => state.next()), error);
  assertEquals(await state.next(), DONE);
});

// After the iterator has become unreachable.

Deno.test("an abandoned subscription ends at once, and discards buffered events", async () => {
  const { target, state, open } = openState();
  target.deliver("news", "1", "unread");
  assertEquals(open.size, 1);
  state.abandon();
  assertEquals([target.told.at(-1), open.size, await state.next()], ["unwant news:1", 0, DONE]);
});

Deno.test("an abandoned subscription continues until the last pending next() is answered", async () => {
  const { target, state } = openState();
  const waiting = [state.next(), state.next()];
  state.abandon();
  target.deliver("news", "1", "first");
  assertEquals(target.told, ["want news:1"]);
  target.deliver("news", "1", "second");
  assertEquals(target.told, ["want news:1", "unwant news:1"]);
  assertEquals(await Promise.all(waiting.map(payloadOf)), ["first", "second"]);
});

Deno.test("an abandoned subscription continues until a pending ready is settled", async () => {
  const { target, state } = openState();
  const { ready } = state;
  state.abandon();
  assertEquals(target.told, ["want news:1"]);
  target.acknowledge("news:1");
  await ready;
  assertEquals(target.told, ["want news:1", "unwant news:1"]);
});

Deno.test("an abandoned subscription that ends answers a pending next()", async () => {
  const { target, state } = openState();
  const waiting = state.next();
  state.abandon();
  const error = new Error("lost");
  target.lose(error);
  assertStrictEquals(await assertRejects(() => waiting), error);
});
