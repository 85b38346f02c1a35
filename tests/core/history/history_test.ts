import FakeTimers from "@sinonjs/fake-timers";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  type EventEnvelope,
  type SubscribeOptions,
  type Subscription,
  SubscriptionOverflowError,
} from "@alkdev/pubsub";
import { createMemoryHistory, GapError, type HistoryBounds, NoHistoryError } from "@alkdev/pubsub/history";
import { viaOf, withVia } from "../../../core/via.ts";
import { microtasks } from "../../support/clock.ts";

type Events = { news: number; plain: number };

function open(bounds: HistoryBounds = {}, options = {}) {
  const faults: unknown[] = [];
  const history = createMemoryHistory({ news: bounds }, options);
  const eventTarget = createInProcessEventTarget({ history, onError: (error) => void faults.push(error) });
  const pubsub = createPubSub<Events>({ eventTarget });
  const publish = (id: string, ...payloads: number[]) =>
    payloads.forEach((n) => pubsub.publish("news", id, n));
  return { history, eventTarget, pubsub, publish, faults };
}

const pending = new WeakMap<object, Promise<IteratorResult<{ payload: unknown }, undefined>>>();

/** Reads what can be read now. */
async function readNow(subscription: Subscription<{ payload: unknown }>): Promise<unknown[]> {
  const payloads: unknown[] = [];
  for (;;) {
    const next = pending.get(subscription) ?? subscription.next();
    pending.set(subscription, next);
    const result = await Promise.race([next, microtasks().then(() => undefined)]);
    if (result === undefined) return payloads;
    pending.delete(subscription);
    if (result.value === undefined) return payloads;
    payloads.push(result.value.payload);
  }
}

const STARTS: [SubscribeOptions["from"], unknown[]][] = [
  ["now", [5]],
  ["start", [1, 2, 3, 4, 5]],
  ["latest", [3, 4, 5]],
  [{ last: 2 }, [3, 4, 5]],
];

for (const [from, payloads] of STARTS) {
  Deno.test(`a subscription from ${JSON.stringify(from)} gets the past, then what is published, once and in order`, async () => {
    const { pubsub, publish } = open();
    publish("1", 1, 2, 3);
    publish("2", 4);
    const subscription = pubsub.subscribe("news", { from });
    publish("1", 5);
    assertEquals(await readNow(subscription), payloads);
    assertEquals([subscription.gaps, await subscription.replayed], [0, { whole: true }]);
  });
}

Deno.test("a subscription continues after the position of another one, or of its event", async () => {
  const { pubsub, publish } = open();
  publish("1", 1, 2, 3);
  const first = pubsub.subscribe("news", "1", { from: "start" });
  const { value } = await first.next();
  assertEquals(first.position, value?.at);
  for (const from of [first.position ?? "", { latest: first.position ?? "" }]) {
    const second = pubsub.subscribe("news", "1", { from });
    assertEquals(await readNow(second), typeof from === "string" ? [2, 3] : [3]);
    assertEquals(second.gaps, 0);
  }
});

Deno.test("before the first event, the position is the place where the subscription began", async () => {
  const { pubsub, publish } = open();
  const before = pubsub.subscribe("news");
  publish("1", 1, 2);
  const all = pubsub.subscribe("news", { from: before.position ?? "" });
  const start = pubsub.subscribe("news", { from: "start" });
  const late = pubsub.subscribe("news", { from: "now" });
  for (const { position } of [all, start]) {
    assertEquals(await readNow(pubsub.subscribe("news", { from: position })), [1, 2]);
  }
  assertEquals(await readNow(pubsub.subscribe("news", { from: late.position })), []);
  assertEquals(await readNow(before), [1, 2]);
  assertEquals(before.position, late.position);
});

Deno.test("a position has 12 ASCII characters, and only the history that gave it can read it", async () => {
  const { history, eventTarget, publish } = open();
  const positions: string[] = [];
  eventTarget.listen("news", undefined, { onEvent: ({ at = "" }) => void positions.push(at) });
  publish("1", ...Array(1500).keys());
  for (const position of positions) assertMatch(position, /^[\w-]{5}\.[0-9a-z]{6}$/);
  assertEquals(new Set(positions).size, 1500);
  const [some = ""] = positions;
  const other = createMemoryHistory({ news: {} });
  const forged = [
    "",
    "now.",
    some.slice(0, -1),
    `${some}0`,
    `!${some.slice(1)}`,
    ` ${some}`,
    `${some.slice(0, 6)}1e5`,
    `${some.slice(0, 6)}00000a`,
  ];
  for (const position of [...forged, "x".repeat(100_000)]) {
    const page = history.read({ type: "news", id: undefined }, position, { maxEvents: 10, maxBytes: 1e6 });
    assertEquals([page.whole, page.events.length, page.done], [false, 0, true], position.slice(0, 40));
  }
  assertEquals(other.read({ type: "news", id: "1" }, some, { maxEvents: 10, maxBytes: 1e6 }).whole, false);
  assertEquals(history.isAfter(positions[1] ?? "", some), true);
  assertEquals([history.isAfter(some, some), history.isAfter(some, positions[1] ?? "")], [false, false]);
  await eventTarget.close();
});

Deno.test("a gap is known before the first event; then comes what is kept, but nothing after a position", async () => {
  const { pubsub, publish } = open({ perId: 2 });
  publish("1", 0);
  const early = pubsub.subscribe("news", "1").position ?? "";
  publish("1", 1, 2, 3);
  for (
    const [from, payloads] of [["start", [2, 3]], [{ last: 3 }, [2, 3]], [early, []], [
      "Xk3f9.100001",
      [],
    ]] as const
  ) {
    const subscription = pubsub.subscribe("news", "1", { from });
    assertEquals([subscription.gaps, await subscription.replayed], [1, { whole: false }]);
    assertEquals(await readNow(subscription), [...payloads]);
    publish("1", 9);
    assertEquals(await readNow(subscription), [9]);
    publish("1", 2, 3);
  }
});

Deno.test("each loss is reported by one page, which begins behind it", () => {
  const { history, publish } = open({ perId: 1 });
  publish("1", 1);
  publish("2", 2);
  publish("3", 3);
  publish("4", 4, 5);
  const topic = { type: "news", id: undefined };
  const bounds = { maxEvents: 2, maxBytes: Infinity };
  const first = history.read(topic, "start", bounds);
  const second = history.read(topic, first.next, bounds);
  assertEquals([first.whole, first.done, second.whole, second.done], [false, false, true, true]);
  publish("4", 6, 7);
  const third = history.read(topic, first.next, bounds);
  const last = history.read(topic, third.next, bounds);
  const read = [third, last].map((
    { events, whole, done },
  ) => [events.map((event) => event.payload), whole, done]);
  assertEquals(read, [[[3], true, false], [[7], false, true]]);
  history.forget("news", "4");
  const end = history.read(topic, third.next, bounds);
  assertEquals([end.events, end.whole, end.done], [[], false, true]);
});

Deno.test("ids can be forgotten in any order: the highest position counts", () => {
  const { history, publish } = open();
  const topic = { type: "news", id: undefined };
  publish("1", 1);
  const after = history.head(topic);
  publish("2", 2);
  history.forget("news", "2");
  history.forget("news", "1");
  for (const from of [after, { latest: after }]) {
    assertEquals(history.read(topic, from, { maxEvents: 9, maxBytes: 1e6 }).whole, false);
  }
  for (const from of [history.head(topic), { latest: history.head(topic) }]) {
    assertEquals(history.read(topic, from, { maxEvents: 9, maxBytes: 1e6 }).whole, true);
  }
});

Deno.test("after a gap, a cursor continues at the head, also if the last event that it read is still kept", () => {
  const { history, publish } = open({ perId: 1 });
  const bounds = { maxEvents: 2, maxBytes: Infinity };
  const topic = { type: "news", id: undefined };
  let page = history.read(topic, "now", bounds);
  const read = () => {
    page = history.read(topic, page.next, bounds);
    return [page.whole, page.events.map(({ payload }) => payload)];
  };
  publish("2", 1);
  assertEquals(read(), [true, [1]]);
  publish("1", 2, 3);
  assertEquals([read(), read()], [[false, []], [true, []]]);
  publish("1", 4);
  assertEquals(read(), [true, [4]]);
});

Deno.test("onGap: error ends with a GapError and nothing else, also in the middle", async () => {
  const { history, pubsub, publish } = open({ perId: 1000 });
  publish("1", ...Array(600).keys());
  const late = pubsub.subscribe("news", "1", { from: "start", onGap: "error" });
  assertEquals((await late.next()).value?.payload, 0);
  history.forget("news", "1");
  // The page that was read, and nothing of the rest.
  for (let i = 1; i < 256; i++) assertEquals((await late.next()).value?.payload, i);
  const error = await assertRejects(() => late.next(), GapError);
  assertEquals([error.name, error.topic, late.gaps, (await late.next()).done], [
    "GapError",
    "news:1",
    1,
    true,
  ]);
  const early = pubsub.subscribe("news", { from: "start", onGap: "error" });
  await assertRejects(() => early.next(), GapError);
  assertEquals([await early.replayed, (await early.next()).done], [{ whole: false }, true]);
});

Deno.test("a reader that is slower than the log is cut gets a gap, and what is kept", async () => {
  const { pubsub, publish } = open({ perId: 300 });
  publish("1", ...Array(300).keys());
  const subscription = pubsub.subscribe("news", "1", { from: "start" });
  publish("1", ...Array.from({ length: 100 }, (_, i) => 300 + i));
  const heard = await readNow(subscription);
  assertEquals(heard, Array.from({ length: 400 }, (_, i) => i));
  const slow = pubsub.subscribe("news", "1", { from: { last: 300 } });
  publish("1", ...Array.from({ length: 280 }, (_, i) => 400 + i));
  const rest = await readNow(slow);
  assertEquals(rest, [
    ...Array.from({ length: 256 }, (_, i) => 100 + i),
    ...Array.from({ length: 300 }, (_, i) => 380 + i),
  ]);
  assertEquals(slow.gaps, 1);
});

Deno.test("only live events count for the capacity", async () => {
  const { pubsub, publish } = open();
  publish("1", ...Array(1000).keys());
  const subscription = pubsub.subscribe("news", { from: "start", capacity: 2 });
  publish("1", 1000, 1001, 1002);
  assertEquals((await readNow(subscription)).length, 1003);
  assertEquals(subscription.dropped, 0);
  // The first answers a `next()` that is pending.
  publish("1", 1, 2, 3, 4);
  await assertRejects(() => readNow(subscription), SubscriptionOverflowError);
});

Deno.test("asking for `replayed` reads the rest of the log, without a reader", async () => {
  const { pubsub, publish } = open();
  publish("1", ...Array(1000).keys());
  const subscription = pubsub.subscribe("news", { from: "start" });
  assertEquals(await subscription.replayed, { whole: true });
  publish("1", 1000);
  assertEquals(await readNow(subscription), Array.from({ length: 1001 }, (_, i) => i));
});

Deno.test("a subscription that is ended, aborted or late replays nothing", async () => {
  const { pubsub, publish, eventTarget } = open();
  publish("1", ...Array(1000).keys());
  const ended = pubsub.subscribe("news", { from: "start" });
  await ended.next();
  await ended.return();
  const aborted = pubsub.subscribe("news", { from: "start", signal: AbortSignal.abort() });
  const closing = pubsub.subscribe("news", { from: "start" });
  await eventTarget.close();
  const late = pubsub.subscribe("news", { from: "start" });
  for (const subscription of [ended, aborted, late]) {
    assertEquals([(await subscription.next()).done, await subscription.replayed], [true, { whole: false }]);
  }
  // Its log can still be read, as a buffer could.
  let heard = 0;
  for await (const _ of closing) heard++;
  assertEquals(heard, 1000);
});

Deno.test("a callback that is aborted or late hears nothing, and says so", async () => {
  const { pubsub, publish, eventTarget } = open();
  publish("1", 1);
  const heard: number[] = [];
  const listen = (signal?: AbortSignal) =>
    pubsub.on("news", ({ payload }) => heard.push(payload), { from: "start", ...(signal && { signal }) });
  const aborted = listen(AbortSignal.abort());
  await eventTarget.close();
  for (const stop of [aborted, listen()]) {
    assertEquals([await stop.replayed, stop.gaps, stop.position], [{ whole: false }, 0, undefined]);
  }
  assertEquals(heard, []);
});

Deno.test("on calls back with the past from microtasks, then with live events at once", async () => {
  const { pubsub, publish, faults } = open();
  publish("1", 1, 2);
  const heard: number[] = [];
  const stop = pubsub.on("news", ({ payload }) => {
    heard.push(payload);
    if (payload === 1) publish("2", 3);
    if (payload === 2) throw new Error("mine");
  }, { from: "start" });
  assertEquals([heard, stop.gaps], [[], 0]);
  assertEquals(await stop.replayed, { whole: true });
  assertEquals(heard, [1, 2, 3]);
  publish("2", 4);
  assertEquals(heard, [1, 2, 3, 4]);
  assertEquals(String(faults), "Error: mine");
  stop();
  const more: number[] = [];
  const next = pubsub.on("news", "2", ({ payload }) => more.push(payload), { from: stop.position ?? "" });
  assertEquals(await next.replayed, { whole: true });
  publish("2", 5);
  assertEquals([heard, more], [[1, 2, 3, 4], [5]]);
});

Deno.test("on reports a gap before the first event, and a callback that has ended hears nothing more", async () => {
  const { pubsub, publish } = open({ perId: 1 });
  publish("1", 1, 2);
  const heard: unknown[] = [];
  const options = {
    from: "start",
    onGap: () => void heard.push("gap"),
    onEnd: () => void heard.push("end"),
  } as const;
  const stop = pubsub.on("news", "1", ({ payload }) => heard.push(payload), options);
  await stop.replayed;
  assertEquals([heard, stop.gaps], [["gap", 2], 1]);
  const ended = pubsub.on("news", "1", () => heard.push("late"), { from: "start" });
  ended();
  assertEquals(await ended.replayed, { whole: false });
  await pubsub.close();
  await microtasks();
  assertEquals(heard, ["gap", 2, "end"]);
});

Deno.test("an event that a listener publishes is delivered after the one before it, in the order of the log", () => {
  const { eventTarget, pubsub } = open();
  const heard: string[] = [];
  eventTarget.listen("news", undefined, {
    onEvent: ({ payload }) => {
      if (payload !== 1) return;
      pubsub.publish("news", "2", 2);
      pubsub.publish("plain", "3", 3);
    },
  });
  eventTarget.listen("*", undefined, {
    onEvent: ({ payload, at = "" }) => void heard.push(`${payload} ${at !== ""}`),
  });
  pubsub.publish("news", "1", 1);
  assertEquals(heard, ["1 true", "2 true", "3 false"]);
});

Deno.test("a dispatched envelope is kept, and its listeners get the position; a foreign detail is not", () => {
  const { eventTarget, history } = open();
  const details: unknown[] = [];
  eventTarget.addEventListener("news:1", (event) => {
    details.push(event.detail);
    event.preventDefault();
  });
  const envelope = { type: "news", id: "1", payload: 1, at: "forged" };
  assertEquals(
    eventTarget.dispatchEvent(new CustomEvent("news:1", { detail: envelope, cancelable: true })),
    false,
  );
  eventTarget.dispatchEvent(new CustomEvent("news:1", { detail: "text" }));
  assertEquals(history.stats().events, 1);
  const { events } = history.read({ type: "news", id: "1" }, "start", { maxEvents: 9, maxBytes: 1e6 });
  assertEquals(details, [...events, "text"]);
});

Deno.test("a position that a publisher gives is ignored, and the hubs on the way of an event are kept", () => {
  const { eventTarget, history } = open();
  const heard: EventEnvelope[] = [];
  eventTarget.listen("news", "1", { onEvent: (event) => void heard.push(event) });
  eventTarget.publish(withVia({ type: "news", id: "1", payload: 1, at: "forged" }, ["hub"]));
  const { events: [kept] } = history.read({ type: "news", id: "1" }, "start", {
    maxEvents: 9,
    maxBytes: 1e6,
  });
  assert(kept !== undefined && heard[0] !== undefined);
  assertEquals(heard, [kept]);
  assertEquals([viaOf(kept), viaOf(heard[0]), kept.at === "forged"], [["hub"], ["hub"], false]);
});

Deno.test("a quiet log forgets what is too old", () => {
  const clock = FakeTimers.install({ toFake: ["performance"] });
  try {
    const { history, publish } = open({ ttlMs: 1000 });
    publish("1", 1);
    clock.tick(999);
    assertEquals(history.stats().events, 1);
    clock.tick(1);
    const page = history.read({ type: "news", id: undefined }, "start", { maxEvents: 9, maxBytes: 1e6 });
    assertEquals([page.events, page.whole, history.stats().events], [[], false, 0]);
  } finally {
    clock.uninstall();
  }
});

Deno.test("maxBytes counts what a payload takes, also one that cannot be read", () => {
  const { history, eventTarget } = open({}, { maxBytes: 10_000 });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  eventTarget.publish({ type: "news", id: "1", payload: "x".repeat(2000) });
  const { bytes } = history.stats();
  assert(bytes > 4000 && bytes < 4500, `${bytes}`);
  for (const payload of [new Uint8Array(3000), proxy, { list: ["x".repeat(1000)] }]) {
    eventTarget.publish({ type: "news", id: "2", payload });
  }
  const stats = history.stats();
  assert(stats.bytes <= 10_000 && stats.events === 3, JSON.stringify(stats));
  eventTarget.publish({ type: "news", id: "3", payload: "x".repeat(20_000) });
  assertEquals([history.stats().events, history.stats().bytes], [0, 0]);
});

Deno.test("forgetting a type frees its ids, and what came before is a gap", () => {
  const { history, publish } = open();
  publish("1", 1);
  publish("2", 2);
  history.forget("news", "1");
  assertEquals([history.stats().events, history.stats().ids], [1, 2]);
  history.forget("news");
  assertEquals(history.stats(), { appended: 2, forgotten: 2, replayed: 0, events: 0, bytes: 0, ids: 0 });
  const bounds = { maxEvents: 9, maxBytes: 1e6 };
  for (const id of ["1", "2", "never"]) {
    assertEquals(history.read({ type: "news", id }, "start", bounds).whole, false);
  }
  assertThrows(
    () => history.forget("plain"),
    TypeError,
    'Cannot use the history of "plain": the type is not declared',
  );
});

Deno.test("from needs a history of the type", () => {
  const { pubsub, eventTarget, history } = open();
  assertStrictEquals(eventTarget.history, history);
  const error = assertThrows(() => pubsub.subscribe("plain", "1", { from: "start" }), NoHistoryError);
  assertEquals([error.name, error.topic], ["NoHistoryError", "plain:1"]);
  assertThrows(() => pubsub.on("plain", () => {}, { from: "latest" }), NoHistoryError);
  assertThrows(() => pubsub.subscribeAll({ from: "start" }), TypeError, "name an event type");
  const bare = createPubSub<Events>();
  assertThrows(
    () => bare.subscribe("news", { from: "start" }),
    TypeError,
    "Cannot use from without a history",
  );
  assertThrows(() => bare.on("news", () => {}, { from: "start" }), TypeError);
  const live = bare.subscribe("news", { from: "now" });
  assertEquals([live.position, live.gaps, live.replayed], [undefined, undefined, undefined]);
  assertEquals(pubsub.subscribe("plain").position, undefined);
  for (const from of [null, 5, {}, { last: 0 }, { last: 1.5 }, { latest: 1 }]) {
    const options: object = { from };
    const thrown = from !== null && typeof from === "object" && "last" in from ? RangeError : TypeError;
    assertThrows(() => pubsub.subscribe("news", options), thrown);
  }
  const options: object = { onGap: "ignore" };
  assertThrows(() => pubsub.subscribe("news", options), TypeError, "onGap");
});

Deno.test("a history serves one event target, and its bounds are checked", () => {
  const { history } = open();
  assertThrows(
    () => createInProcessEventTarget({ history }),
    TypeError,
    "Cannot use a history on two event targets",
  );
  for (const type of ["", "*", "a:b", "__a"]) {
    assertThrows(() => createMemoryHistory({ [type]: {} }), TypeError);
  }
  for (const bounds of [{ perId: 0 }, { perType: NaN }, { ttlMs: -1 }]) {
    assertThrows(() => createMemoryHistory({ news: bounds }), RangeError);
  }
  for (const options of [{ maxBytes: 0 }, { maxIds: 0 }, { maxIds: 0.5 }]) {
    assertThrows(() => createMemoryHistory({ news: {} }, options), RangeError);
  }
});
