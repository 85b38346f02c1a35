import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { createPubSub as createYogaPubSub } from "@graphql-yoga/subscription";
import {
  createInProcessEventTarget,
  createPubSub,
  type ErrorContext,
  type EventEnvelope,
  type PubSub,
} from "@alkdev/pubsub";
import { CountedEventTarget } from "../support/counted_event_target.ts";
import { ManualEventTarget } from "../support/manual_event_target.ts";

type Events = { news: string; other: number };

interface Fault {
  readonly error: unknown;
  readonly context: ErrorContext;
}

/** A handler that records its calls. */
function keepFaults(): { faults: Fault[]; onError: (error: unknown, context: ErrorContext) => void } {
  const faults: Fault[] = [];
  return { faults, onError: (error, context) => void faults.push({ error, context }) };
}

/** The buffered events, as `type:id=payload`, after the subscription has ended. */
async function readAll(subscription: AsyncIterable<EventEnvelope>): Promise<string[]> {
  return await Array.fromAsync(subscription, ({ type, id, payload }) => `${type}:${id}=${payload}`);
}

function publishSome(pubsub: PubSub<Events>): void {
  pubsub.publish("news", "1", "a");
  pubsub.publish("news", "2", "b");
  pubsub.publish("other", "1", 3);
}

// Publish and subscribe.

Deno.test("subscribe receives one id or every id of a type, and subscribeAll receives all events", async () => {
  const pubsub = createPubSub<Events>();
  const subscriptions = [
    pubsub.subscribe("news", "1"),
    pubsub.subscribe("news"),
    pubsub.subscribeAll(),
    pubsub.subscribe("news", ""),
  ];
  publishSome(pubsub);
  await pubsub.close();
  assertEquals(await Promise.all(subscriptions.map(readAll)), [
    ["news:1=a"],
    ["news:1=a", "news:2=b"],
    ["news:1=a", "news:2=b", "other:1=3"],
    [],
  ]);
});

Deno.test("options can be given with an id, without one, and to subscribeAll", async () => {
  const pubsub = createPubSub<Events>();
  const options = { capacity: 1, overflow: "drop-oldest" } as const;
  const subscriptions = [
    pubsub.subscribe("news", "1", options),
    pubsub.subscribe("news", options),
    pubsub.subscribeAll(options),
    pubsub.subscribe("news", "1", undefined),
    pubsub.subscribe("news", {}),
  ];
  publishSome(pubsub);
  publishSome(pubsub);
  await pubsub.close();
  assertEquals(await Promise.all(subscriptions.map(readAll)), [
    ["news:1=a"],
    ["news:2=b"],
    ["other:1=3"],
    ["news:1=a", "news:1=a"],
    ["news:1=a", "news:2=b", "news:1=a", "news:2=b"],
  ]);
  assertEquals(subscriptions.map(({ dropped }) => dropped), [1, 3, 5, 0, 0]);
});

Deno.test("any value but a string is refused as an id", () => {
  const { subscribe, subscribeAll } = createPubSub<Events>();
  // The types forbid these, but untyped callers can pass them.
  const untyped = subscribe as (...args: unknown[]) => unknown;
  for (const args of [[undefined], [undefined, {}], [null], [null, {}], [5], [true], [{}, {}], [() => {}]]) {
    const error = assertThrows(() => untyped("news", ...args), TypeError);
    assert(error.message.startsWith('Cannot subscribe to "news" with the id '), error.message);
  }
  assertThrows(() => untyped("news", "1", null), TypeError);
  assertThrows(() => (subscribeAll as (options: unknown) => unknown)(null), TypeError);
  assertThrows(() => untyped(), TypeError);
});

Deno.test("an invalid type is refused, also with an aborted signal, and no listener is added", () => {
  const eventTarget = new CountedEventTarget();
  const pubsub = createPubSub({ eventTarget });
  for (const options of [{}, { signal: AbortSignal.abort() }]) {
    for (const type of ["", "a:b", "__hello", "\ud800"]) {
      assertThrows(() => pubsub.subscribe(type, "1", options), TypeError);
      assertThrows(() => pubsub.subscribe(type, options), TypeError);
    }
    assertThrows(() => pubsub.subscribe("a", "\ud800", options), TypeError);
  }
  assertEquals(eventTarget.count(), 0);
});

Deno.test("* is not an event type: only subscribeAll subscribes to all events", () => {
  const pubsub = createPubSub();
  assertThrows(() => pubsub.subscribe("*"), TypeError);
  assertThrows(() => pubsub.subscribe("*", "1"), TypeError);
  assertThrows(() => pubsub.publish("*", "1", null), TypeError);
});

Deno.test("the functions of a PubSub can be destructured", async () => {
  const { publish, subscribe, subscribeAll, flush, close, [Symbol.asyncDispose]: dispose } = createPubSub<
    Events
  >();
  const [one, all] = [subscribe("news", "1"), subscribeAll()];
  publish("news", "1", "a");
  await flush();
  await close();
  await dispose();
  assertEquals([await readAll(one), await readAll(all)], [["news:1=a"], ["news:1=a"]]);
});

Deno.test("publish gives the event target an envelope, whatever the payload", () => {
  const eventTarget = new ManualEventTarget();
  const pubsub = createPubSub({ eventTarget });
  const payloads = [undefined, null, 0, "", NaN, { nested: [] }, () => {}];
  for (const payload of payloads) pubsub.publish("news", "1", payload);
  assertEquals(eventTarget.sent, payloads.map((payload) => ({ type: "news", id: "1", payload })));
});

Deno.test("flush is that of the event target", async () => {
  const pubsub = createPubSub();
  await pubsub.flush();
  const reason = new RangeError("mine");
  assertStrictEquals(await assertRejects(() => pubsub.flush({ signal: AbortSignal.abort(reason) })), reason);
});

// The event target.

Deno.test("a PubSub creates an in-process event target by default", () => {
  const [first, second] = [createPubSub(), createPubSub({})];
  assertEquals(String(first.eventTarget), "[object InProcessEventTarget]");
  assert(first.eventTarget !== second.eventTarget);
});

Deno.test("eventTarget is the given event target, foreign or not", () => {
  for (const eventTarget of [createInProcessEventTarget(), new EventTarget(), new ManualEventTarget()]) {
    assertStrictEquals(createPubSub({ eventTarget }).eventTarget, eventTarget);
  }
});

Deno.test("a value that is not an EventTarget is refused", () => {
  const noTargets = [null, 5, "text", {}, { addEventListener() {} }, { dispatchEvent() {} }, () => {}];
  for (const eventTarget of noTargets) {
    // The types forbid this, but untyped callers can pass it.
    const config = { eventTarget } as unknown as { eventTarget: EventTarget };
    assertThrows(() => createPubSub(config), TypeError, "eventTarget must be an EventTarget");
  }
});

Deno.test("an event target of this library is recognized by its methods, also one of a second copy", () => {
  const target = createInProcessEventTarget();
  const calls: string[] = [];
  const eventTarget = new Proxy(target, {
    get(target, name) {
      if (typeof name === "string") calls.push(name);
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
    getPrototypeOf: () => EventTarget.prototype,
  });
  const pubsub = createPubSub({ eventTarget });
  void pubsub.subscribe("news").return();
  pubsub.publish("news", "1", null);
  assertEquals(calls.filter((name) => name === "addEventListener" || name === "dispatchEvent"), []);
  assert(calls.includes("listen") && calls.includes("publish"));
});

Deno.test("an event target with only one of the two methods is foreign", () => {
  class HalfTarget extends EventTarget {
    publish(): void {
      throw new Error("not ours");
    }
  }
  const pubsub = createPubSub({ eventTarget: new HalfTarget() });
  let heard = 0;
  pubsub.eventTarget.addEventListener("news:1", () => heard++);
  pubsub.publish("news", "1", null);
  assertEquals(heard, 1);
});

// Faults.

Deno.test("onError gets the faults of the default event target and of a foreign one", () => {
  class Throwing extends EventTarget {
    override dispatchEvent(): boolean {
      throw new Error("thrown");
    }
  }
  const own = keepFaults();
  const pubsub = createPubSub({ onError: own.onError });
  pubsub.eventTarget.addEventListener("news:1", () => {
    throw new Error("thrown");
  });
  pubsub.publish("news", "1", null);
  const foreign = keepFaults();
  createPubSub({ eventTarget: new Throwing(), onError: foreign.onError }).publish("news", "1", null);
  assertEquals(own.faults.map(({ context }) => [context.stage, context.topic]), [["listener", "news:1"]]);
  assertEquals(foreign.faults.map(({ context }) => [context.stage, context.topic]), [
    ["publish", "news:1"],
    ["publish", "news"],
    ["publish", "*"],
  ]);
});

Deno.test("an event target of this library keeps its own onError", () => {
  const [own, other] = [keepFaults(), keepFaults()];
  const eventTarget = createInProcessEventTarget({ onError: own.onError });
  const pubsub = createPubSub({ eventTarget, onError: other.onError });
  eventTarget.addEventListener("news:1", () => {
    throw new Error("thrown");
  });
  pubsub.publish("news", "1", null);
  assertEquals([own.faults.length, other.faults.length], [1, 0]);
});

// The end.

Deno.test("close ends the PubSub's own subscriptions, after their buffered events, and no others", async () => {
  const eventTarget = createInProcessEventTarget();
  const [pubsub, other] = [createPubSub<Events>({ eventTarget }), createPubSub<Events>({ eventTarget })];
  const [mine, waiting, others] = [
    pubsub.subscribe("news"),
    pubsub.subscribe("other"),
    other.subscribe("news"),
  ];
  const next = waiting.next();
  pubsub.publish("news", "1", "a");
  await pubsub.close();
  other.publish("news", "1", "b");
  assertEquals(await readAll(mine), ["news:1=a"]);
  assertEquals(await next, { value: undefined, done: true });
  await other.close();
  assertEquals(await readAll(others), ["news:1=a", "news:1=b"]);
});

Deno.test("close closes the default event target, and leaves a given one open", async () => {
  const own = createPubSub();
  await own.close();
  const { closed, status } = own.eventTarget as ReturnType<typeof createInProcessEventTarget>;
  assertEquals([status.state, await closed], ["closed", undefined]);
  const eventTarget = new ManualEventTarget();
  await createPubSub({ eventTarget }).close();
  assertEquals([eventTarget.status.state, eventTarget.shutdowns], ["open", 0]);
});

Deno.test("close removes every listener from a foreign target, and a later publish is reported", async () => {
  const { faults, onError } = keepFaults();
  const eventTarget = new CountedEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget, onError });
  for (let i = 0; i < 100; i++) pubsub.subscribe("news", "1");
  pubsub.subscribeAll();
  assertEquals([eventTarget.count("news:1"), eventTarget.count()], [1, 2]);
  await pubsub.close();
  assertEquals(eventTarget.count(), 0);
  let heard = 0;
  eventTarget.addEventListener("news:1", () => heard++);
  pubsub.publish("news", "1", "late");
  assertEquals([heard, faults.map(({ context }) => context.stage)], [0, ["publish"]]);
});

Deno.test("a subscription made after close has ended, on any event target", async () => {
  for (const eventTarget of [undefined, createInProcessEventTarget(), new CountedEventTarget()]) {
    const pubsub = createPubSub<Events>(eventTarget === undefined ? {} : { eventTarget });
    await pubsub.close();
    for (
      const subscription of [pubsub.subscribe("news", "1"), pubsub.subscribe("news"), pubsub.subscribeAll()]
    ) {
      if (eventTarget !== undefined) createPubSub<Events>({ eventTarget }).publish("news", "1", "late");
      assertEquals(await subscription.next(), { value: undefined, done: true });
    }
    if (eventTarget instanceof CountedEventTarget) assertEquals(eventTarget.count(), 0);
  }
});

Deno.test("close can be called many times, and await using calls it", async () => {
  const eventTarget = new ManualEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget });
  const subscription = pubsub.subscribe("news");
  {
    await using closed = pubsub;
    assertStrictEquals(closed.eventTarget, eventTarget);
  }
  assertEquals(eventTarget.told, ["want news", "unwant news"]);
  await pubsub.close();
  assertEquals(await subscription.next(), { value: undefined, done: true });
});

// Foreign event targets, and foreign users of our event targets.

Deno.test("two PubSubs on one foreign target receive each other's events at all three levels, once each", async () => {
  const eventTarget = new EventTarget();
  const [first, second] = [createPubSub<Events>({ eventTarget }), createPubSub<Events>({ eventTarget })];
  const subscriptions = [first, second].flatMap((pubsub) => [
    pubsub.subscribe("news", "1"),
    pubsub.subscribe("news"),
    pubsub.subscribeAll(),
  ]);
  first.publish("news", "1", "first");
  second.publish("news", "1", "second");
  await Promise.all([first.close(), second.close()]);
  for (const subscription of subscriptions) {
    assertEquals(await readAll(subscription), ["news:1=first", "news:1=second"]);
  }
});

type YogaEvents = { ping: [payload: string]; user: [id: string, payload: { name: string }] };

Deno.test("graphql-yoga's PubSub over our target carries any detail to its own subscribers", async () => {
  const { faults, onError } = keepFaults();
  const eventTarget = createInProcessEventTarget({ onError });
  const yoga = createYogaPubSub<YogaEvents>({ eventTarget });
  const [pings, users] = [yoga.subscribe("ping"), yoga.subscribe("user", "1")];
  // A Repeater listens from its first next().
  const [ping, user] = [pings.next(), users.next()];
  yoga.publish("ping", "hello");
  yoga.publish("user", "2", { name: "Bob" });
  yoga.publish("user", "1", { name: "Ada" });
  assertEquals((await ping).value, "hello");
  assertEquals((await user).value, { name: "Ada" });
  await Promise.all([pings.return(), users.return()]);
  assertEquals(faults, []);
  await eventTarget.close();
});

Deno.test("details of graphql-yoga reach event listeners, and are reported for our subscriptions", async () => {
  for (const eventTarget of [undefined, new EventTarget()]) {
    const { faults, onError } = keepFaults();
    const pubsub = createPubSub<{ user: unknown; ping: unknown }>(
      eventTarget === undefined ? { onError } : { eventTarget, onError },
    );
    // Its type is wider than the one that yoga requires; at run time both are EventTargets.
    const target = pubsub.eventTarget as ReturnType<typeof createInProcessEventTarget>;
    const yoga = createYogaPubSub<YogaEvents>({ eventTarget: target });
    const details: unknown[] = [];
    target.addEventListener("user:1", (event) => details.push(event.detail));
    const subscriptions = [pubsub.subscribe("user", "1"), pubsub.subscribe("ping")];
    const users = yoga.subscribe("user", "1");
    const user = users.next();
    yoga.publish("user", "1", { name: "Ada" });
    yoga.publish("ping", "hello");
    assertEquals(details, [{ name: "Ada" }]);
    assertEquals((await user).value, { name: "Ada" });
    assertEquals(
      faults.map(({ error, context: { stage, topic } }) => [(error as Error).name, stage, topic]),
      [
        ["TypeError", "decode", "user:1"],
        ["TypeError", "decode", "ping"],
      ],
    );
    // Our events arrive among theirs.
    pubsub.publish("user", "1", "ours");
    assertEquals(details.at(-1), { type: "user", id: "1", payload: "ours" });
    await users.return();
    await pubsub.close();
    assertEquals(await Promise.all(subscriptions.map(readAll)), [["user:1=ours"], []]);
  }
});
