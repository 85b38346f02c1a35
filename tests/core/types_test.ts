// The guarantees of the types. The type checker runs these tests; at run time they show that the values exist.

import { assertEquals } from "@std/assert";
import { Repeater } from "@repeaterjs/repeater";
import { createPubSub as createYogaPubSub } from "@graphql-yoga/subscription";
import type * as yoga from "@graphql-yoga/typed-event-target";
import { expectTypeOf } from "expect-type";
import {
  createInProcessEventTarget,
  createPubSub,
  debounce,
  type EnvelopeListener,
  type EnvelopeOf,
  type ErrorStage,
  type EventEnvelope,
  type EventTargetStatus,
  type EventTypeOf,
  type Jsonified,
  pipe,
  type PubSub,
  type PubSubEventMap,
  type PubSubEventTarget,
  type StopListening,
  type SubscribeOptions,
  type Subscription,
  take,
  toArray,
  type TopicEventOf,
  type TypedEvent,
  type TypedEventListener,
  type TypedEventListenerObject,
  type TypedEventListenerOrEventListenerObject,
  type TypedEventTarget,
  type WebSocketLike,
} from "@alkdev/pubsub";

type Events = {
  "session.status": { state: "idle" | "running" };
  "call.responded": { ok: boolean };
  ping: null;
};

/** An event map as an interface, which declaration merging extends. */
interface MergedEvents {
  renamed: { name: string };
}
interface MergedEvents {
  counted: number;
  ping: void;
  pong: undefined;
  maybe: { n: number } | undefined;
}

/** Type-checks a body that must not run. */
function neverRun(_body: (...args: never[]) => unknown): void {}

Deno.test("publish accepts the payload of its event type, and no other", () => {
  const { publish } = createPubSub<Events>();
  publish("session.status", "proj_123", { state: "running" });
  publish("call.responded", "call_1", { ok: true });
  publish("ping", "", null);
  neverRun(() => {
    // @ts-expect-error: another type's payload
    publish("session.status", "proj_123", { ok: true });
    // @ts-expect-error: not a value of the payload's member
    publish("session.status", "proj_123", { state: "stopped" });
    // @ts-expect-error: an unknown member
    publish("call.responded", "call_1", { ok: true, more: 1 });
    // @ts-expect-error: not an event type of the map
    publish("session", "proj_123", { state: "running" });
    // @ts-expect-error: an id is a string
    publish("session.status", 123, { state: "running" });
    // @ts-expect-error: the id is missing
    publish("ping", undefined, null);
    // @ts-expect-error: the payload is missing
    publish("ping", "");
  });
});

Deno.test("subscribe yields the payload of its event type", async () => {
  await using pubsub = createPubSub<Events>();
  const ofId = pubsub.subscribe("session.status", "proj_123");
  const ofType = pubsub.subscribe("call.responded");
  expectTypeOf(ofId).toEqualTypeOf<
    Subscription<EventEnvelope<{ state: "idle" | "running" }, "session.status">>
  >();
  expectTypeOf(ofType).toEqualTypeOf<Subscription<EventEnvelope<{ ok: boolean }, "call.responded">>>();
  pubsub.publish("session.status", "proj_123", { state: "idle" });
  for await (const { type, id, payload } of ofId) {
    expectTypeOf(type).toEqualTypeOf<"session.status">();
    expectTypeOf(id).toEqualTypeOf<string>();
    expectTypeOf(payload.state).toEqualTypeOf<"idle" | "running">();
    assertEquals([type, id, payload.state], ["session.status", "proj_123", "idle"]);
    break;
  }
  neverRun(async () => {
    const { value, done } = await ofType.next();
    if (done) expectTypeOf(value).toEqualTypeOf<undefined>();
    else expectTypeOf(value.payload.ok).toEqualTypeOf<boolean>();
  });
});

Deno.test("subscribe accepts a type of the map, an id and options, in this order", async () => {
  await using pubsub = createPubSub<Events>();
  const options: SubscribeOptions = { capacity: 5, overflow: "drop-oldest" };
  pubsub.subscribe("ping", "1", options);
  pubsub.subscribe("ping", options);
  pubsub.subscribeAll(options);
  neverRun(() => {
    // @ts-expect-error: not an event type of the map
    pubsub.subscribe("pong");
    // @ts-expect-error: an id is a string
    pubsub.subscribe("ping", 5);
    // @ts-expect-error: undefined is not an id, and does not stand for a missing one before options
    pubsub.subscribe("ping", undefined, options);
    // @ts-expect-error: not an overflow policy
    pubsub.subscribe("ping", "1", { overflow: "drop" });
    // @ts-expect-error: an unknown option
    pubsub.subscribe("ping", "1", { buffer: 5 });
    // @ts-expect-error: the type is missing
    pubsub.subscribe();
  });
});

Deno.test("an envelope of subscribeAll is narrowed by its type", async () => {
  await using pubsub = createPubSub<Events>();
  const all = pubsub.subscribeAll();
  pubsub.publish("session.status", "proj_123", { state: "idle" });
  pubsub.publish("call.responded", "call_1", { ok: true });
  pubsub.publish("ping", "", null);
  const seen: unknown[] = [];
  for await (const event of all) {
    expectTypeOf(event).toEqualTypeOf<EnvelopeOf<Events>>();
    switch (event.type) {
      case "session.status":
        expectTypeOf(event.payload).toEqualTypeOf<{ state: "idle" | "running" }>();
        seen.push(event.payload.state);
        break;
      case "call.responded":
        expectTypeOf(event.payload).toEqualTypeOf<{ ok: boolean }>();
        seen.push(event.payload.ok);
        break;
      case "ping":
        expectTypeOf(event.payload).toEqualTypeOf<null>();
        seen.push(event.payload);
        break;
      default:
        expectTypeOf(event).toEqualTypeOf<never>();
    }
    if (seen.length === 3) break;
  }
  assertEquals(seen, ["idle", true, null]);
});

Deno.test("a union of event types yields the payload of each with its type", async () => {
  await using pubsub = createPubSub<Events>();
  const both = pubsub.subscribe("ping" as "ping" | "call.responded");
  expectTypeOf(both).toEqualTypeOf<
    Subscription<EventEnvelope<null, "ping"> | EventEnvelope<{ ok: boolean }, "call.responded">>
  >();
});

Deno.test("without a map, every event type has an unknown payload", async () => {
  await using pubsub = createPubSub();
  expectTypeOf(pubsub).toEqualTypeOf<PubSub<PubSubEventMap>>();
  const subscription = pubsub.subscribe("anything");
  expectTypeOf(subscription).toEqualTypeOf<Subscription<EventEnvelope<unknown, "anything">>>();
  pubsub.publish("anything", "1", 5);
  neverRun(async () => {
    const { value } = await subscription.next();
    // @ts-expect-error: a payload is unknown until it is checked
    value?.payload.state;
  });
});

Deno.test("a map contains payloads by event type", () => {
  expectTypeOf<EventTypeOf<Events>>().toEqualTypeOf<"session.status" | "call.responded" | "ping">();
  expectTypeOf<EnvelopeOf<Events, "ping">>().toEqualTypeOf<EventEnvelope<null, "ping">>();
  expectTypeOf<Events>().toExtend<PubSubEventMap>();
});

Deno.test("an envelope cannot be changed", () => {
  neverRun((envelope: EventEnvelope<{ ok: boolean }, "call.responded">) => {
    expectTypeOf<keyof typeof envelope>().toEqualTypeOf<"type" | "id" | "payload" | "at">();
    // @ts-expect-error: read-only
    envelope.id = "2";
    // @ts-expect-error: read-only
    envelope.payload = { ok: false };
  });
});

Deno.test("a subscription is an AsyncIterable and a Repeater", async () => {
  await using pubsub = createPubSub<Events>();
  const subscription = pubsub.subscribe("ping");
  type Ping = EventEnvelope<null, "ping">;
  expectTypeOf(subscription).toExtend<AsyncIterable<Ping>>();
  expectTypeOf(subscription).toExtend<AsyncIterableIterator<Ping, undefined>>();
  expectTypeOf(subscription).toExtend<Repeater<Ping, undefined>>();
  expectTypeOf(subscription).toExtend<Disposable>();
  expectTypeOf(subscription.ready).toEqualTypeOf<Promise<void>>();
  expectTypeOf(subscription.dropped).toEqualTypeOf<number>();
  const raced = Repeater.race([subscription, pubsub.subscribe("call.responded")]);
  expectTypeOf(raced).toExtend<AsyncIterable<EnvelopeOf<Events, "ping" | "call.responded">>>();
  await raced.return();
});

// Our event targets and foreign ones.

Deno.test("an event target is an EventTarget of the platform and of graphql-yoga", async () => {
  await using target = createInProcessEventTarget<TypedEvent<"ping:1", EventEnvelope<null, "ping">>>();
  expectTypeOf(target).toEqualTypeOf<PubSubEventTarget<TypedEvent<"ping:1", EventEnvelope<null, "ping">>>>();
  expectTypeOf(target).toExtend<EventTarget>();
  expectTypeOf(target).toExtend<AsyncDisposable>();
  expectTypeOf(target).toExtend<
    yoga.TypedEventTarget<yoga.TypedEvent<"ping:1", EventEnvelope<null, "ping">>>
  >();
  expectTypeOf<PubSubEventTarget>().toExtend<EventTarget>();
  expectTypeOf<PubSubEventTarget>().toExtend<yoga.TypedEventTarget<yoga.TypedEvent>>();
  const config: { eventTarget: EventTarget } = { eventTarget: target };
  createPubSub<Events>(config);
  createPubSub<Events>({ eventTarget: new EventTarget() });
});

Deno.test("the event types are those of graphql-yoga", () => {
  type Detail = { text: string };
  type Event = TypedEvent<"news:1", Detail>;
  expectTypeOf<Event>().toEqualTypeOf<yoga.TypedEvent<"news:1", Detail>>();
  expectTypeOf<TypedEvent>().toEqualTypeOf<yoga.TypedEvent<string, unknown>>();
  expectTypeOf<TypedEventListener<Event>>().toEqualTypeOf<yoga.TypedEventListener<Event>>();
  expectTypeOf<TypedEventListenerObject<Event>>().toEqualTypeOf<yoga.TypedEventListenerObject<Event>>();
  expectTypeOf<TypedEventListenerOrEventListenerObject<Event>>()
    .toEqualTypeOf<yoga.TypedEventListenerOrEventListenerObject<Event>>();
  expectTypeOf<TypedEventTarget<Event>>().toEqualTypeOf<yoga.TypedEventTarget<Event>>();
});

Deno.test("a listener knows the events of its target", async () => {
  type Ping = TypedEvent<"ping:1", EventEnvelope<null, "ping">>;
  await using target = createInProcessEventTarget<Ping>();
  const topics: string[] = [];
  target.addEventListener("ping:1", (event) => {
    expectTypeOf(event.type).toEqualTypeOf<"ping:1">();
    expectTypeOf(event.detail).toEqualTypeOf<EventEnvelope<null, "ping">>();
    expectTypeOf(event.target).toEqualTypeOf<EventTarget | null>();
    topics.push(event.type);
  });
  target.publish({ type: "ping", id: "1", payload: null });
  assertEquals(topics, ["ping:1"]);
  neverRun(() => {
    // @ts-expect-error: not an event of the target
    target.addEventListener("pong:1", () => {});
    // @ts-expect-error: an event without the detail
    target.dispatchEvent(new CustomEvent("ping:1"));
    // @ts-expect-error: an envelope without an id
    target.publish({ type: "ping", payload: null });
    // @ts-expect-error: an envelope listener, not a function
    target.listen("ping", "1", () => {});
  });
});

Deno.test("graphql-yoga's createPubSub takes an event target", async () => {
  await using eventTarget = createInProcessEventTarget();
  const yogaPubSub = createYogaPubSub<
    { ping: [payload: string]; user: [id: string, payload: { name: string }] }
  >({
    eventTarget,
  });
  yogaPubSub.publish("user", "1", { name: "Ada" });
  expectTypeOf(eventTarget).toEqualTypeOf<PubSubEventTarget<TypedEvent>>();
});

Deno.test("a WebSocket of the platform is a WebSocketLike", () => {
  expectTypeOf<WebSocket>().toExtend<WebSocketLike>();
});

Deno.test("a status and a stage are string unions", () => {
  expectTypeOf<EventTargetStatus["state"]>().toEqualTypeOf<
    "connecting" | "open" | "reconnecting" | "closed"
  >();
  expectTypeOf<ErrorStage>().toEqualTypeOf<
    "connect" | "subscribe" | "publish" | "decode" | "encode" | "listener" | "backpressure"
  >();
  expectTypeOf<EnvelopeListener>().toHaveProperty("onEvent");
  // @ts-expect-error: without onEvent
  const listener: EnvelopeListener = { onReady() {} };
  assertEquals("onEvent" in listener, false);
});

// Event maps.

Deno.test("an event map can be an interface, with declaration merging", async () => {
  await using pubsub = createPubSub<MergedEvents>();
  const subscription = pubsub.subscribe("renamed", "1");
  pubsub.publish("renamed", "1", { name: "Ada" });
  assertEquals((await subscription.next()).value?.payload.name, "Ada");
  expectTypeOf(subscription).toEqualTypeOf<Subscription<EventEnvelope<{ name: string }, "renamed">>>();
  expectTypeOf<EventTypeOf<MergedEvents>>().toEqualTypeOf<
    "renamed" | "counted" | "ping" | "pong" | "maybe"
  >();
  expectTypeOf<EnvelopeOf<MergedEvents, "counted">>().toEqualTypeOf<EventEnvelope<number, "counted">>();
  const asPlain: PubSub = pubsub;
  expectTypeOf(asPlain).toEqualTypeOf<PubSub<PubSubEventMap>>();
});

Deno.test("a payload that can be undefined can be left out, and any other cannot", async () => {
  await using pubsub = createPubSub<MergedEvents>();
  const all = pubsub.subscribeAll();
  pubsub.publish("ping", "");
  pubsub.publish("pong", "");
  pubsub.publish("maybe", "1");
  pubsub.publish("maybe", "1", { n: 1 });
  pubsub.publish("ping", "", undefined);
  await pubsub.close();
  assertEquals(await Array.fromAsync(all, ({ payload }) => payload), [
    undefined,
    undefined,
    undefined,
    { n: 1 },
    undefined,
  ]);
  neverRun(() => {
    // @ts-expect-error: the payload is missing
    pubsub.publish("counted", "1");
    // @ts-expect-error: the id is missing
    pubsub.publish("ping");
    // @ts-expect-error: not undefined
    pubsub.publish("ping", "", 5);
    // @ts-expect-error: not the payload
    pubsub.publish("maybe", "1", { n: "1" });
  });
});

Deno.test("a union of event types takes what is a payload of each", () => {
  const pubsub = createPubSub<{ n: number; s: string; one: 1; also: number; empty: void }>();
  neverRun((ns: "n" | "s", same: "n" | "also", narrow: "n" | "one", empty: "n" | "empty") => {
    // @ts-expect-error: it may be a string
    pubsub.publish(ns, "1", 5);
    // @ts-expect-error: it may be a number
    pubsub.publish(ns, "1", "5");
    // @ts-expect-error: the payload is missing
    pubsub.publish(ns, "1");
    // @ts-expect-error: 1 alone is a payload of both
    pubsub.publish(narrow, "1", 2);
    // @ts-expect-error: it may be a number
    pubsub.publish(empty, "1");
    pubsub.publish(same, "1", 5);
    pubsub.publish(narrow, "1", 1);
  });
});

Deno.test("a generic function publishes and subscribes to the payload of its event type", async () => {
  async function echo<
    TEventMap extends { [K in keyof TEventMap]: unknown },
    K extends keyof TEventMap & string,
  >(
    pubsub: PubSub<TEventMap>,
    type: K,
    payload: TEventMap[K],
  ): Promise<TEventMap[K] | undefined> {
    const subscription = pubsub.subscribe(type, "1");
    pubsub.publish(type, "1", payload);
    for await (const event of subscription) return event.payload;
    return undefined;
  }
  function relay<K extends EventTypeOf<Events>>(
    to: PubSub<Events>,
    { type, id, payload }: EnvelopeOf<Events, K>,
  ): void {
    to.publish(type, id, payload);
  }
  assertEquals(await echo(createPubSub<MergedEvents>(), "counted", 5), 5);
  assertEquals(await echo(createPubSub<Events>(), "call.responded", { ok: true }), { ok: true });
  const pubsub = createPubSub<Events>();
  const calls = pubsub.subscribe("call.responded");
  relay(pubsub, { type: "call.responded", id: "1", payload: { ok: true } });
  assertEquals((await calls.next()).value?.payload, { ok: true });
  neverRun((event: EnvelopeOf<Events>) => {
    relay(pubsub, event);
    // @ts-expect-error: another type's payload
    void echo(pubsub, "call.responded", { state: "idle" });
    // @ts-expect-error: not an event type of the map
    void echo(pubsub, "call", { ok: true });
  });
});

Deno.test("a callback of on gets the envelope of its event type", async () => {
  await using pubsub = createPubSub<Events>();
  const stop = pubsub.on("call.responded", "1", (event) => {
    expectTypeOf(event).toEqualTypeOf<EventEnvelope<{ ok: boolean }, "call.responded">>();
  }, { onEnd: (error) => expectTypeOf(error).toEqualTypeOf<Error | undefined>() });
  pubsub.on("ping", ({ payload }) => expectTypeOf(payload).toEqualTypeOf<null>());
  pubsub.on("ping" as "ping" | "call.responded", (event) => {
    expectTypeOf(event).toEqualTypeOf<EnvelopeOf<Events, "ping" | "call.responded">>();
  });
  expectTypeOf(stop).toEqualTypeOf<StopListening>();
  expectTypeOf(stop).toExtend<Disposable>();
  stop();
  neverRun(() => {
    // @ts-expect-error: not an event type of the map
    pubsub.on("pong", () => {});
    // @ts-expect-error: an id is a string
    pubsub.on("ping", 5, () => {});
    // @ts-expect-error: the callback is missing
    pubsub.on("ping", "1");
    // @ts-expect-error: undefined is not an id
    pubsub.on("ping", undefined, () => {});
  });
});

Deno.test("a subscription is an AsyncDisposable and an AsyncGenerator", async () => {
  await using pubsub = createPubSub<Events>();
  type Ping = EventEnvelope<null, "ping">;
  await using subscription = pubsub.subscribe("ping");
  expectTypeOf(subscription).toExtend<AsyncDisposable>();
  expectTypeOf(subscription).toExtend<AsyncGenerator<Ping, undefined, undefined>>();
  expectTypeOf(subscription).toExtend<AsyncGenerator<Ping>>();
  expectTypeOf(subscription).toExtend<AsyncGenerator<Ping, void, unknown>>();
  expectTypeOf(subscription).toExtend<Repeater<Ping, undefined>>();
  async function* all(): AsyncGenerator<Ping> {
    yield* subscription;
  }
  pubsub.publish("ping", "1", null);
  for await (const { id } of all()) {
    assertEquals(id, "1");
    break;
  }
});

Deno.test("a typed event target narrows the detail by topic, bare type and *", async () => {
  await using target = createInProcessEventTarget<TopicEventOf<MergedEvents>>();
  const heard: unknown[] = [];
  target.addEventListener("renamed:1", ({ type, detail }) => {
    expectTypeOf(type).toEqualTypeOf<`renamed:${string}`>();
    expectTypeOf(detail).toEqualTypeOf<EventEnvelope<{ name: string }, "renamed">>();
    heard.push(detail.payload.name);
  });
  target.addEventListener("counted", {
    handleEvent({ detail }) {
      expectTypeOf(detail).toEqualTypeOf<EventEnvelope<number, "counted">>();
      heard.push(detail.payload);
    },
  });
  target.addEventListener(
    "*",
    ({ detail }) => expectTypeOf(detail).toEqualTypeOf<EnvelopeOf<MergedEvents>>(),
  );
  target.publish({ type: "renamed", id: "1", payload: { name: "Ada" } });
  target.publish({ type: "counted", id: "1", payload: 5 });
  assertEquals(heard, ["Ada", 5]);
  neverRun(() => {
    // @ts-expect-error: not an event type of the target
    target.addEventListener("removed:1", () => {});
    // @ts-expect-error: not an event type of the target
    target.addEventListener("removed", () => {});
    // @ts-expect-error: the events of another type
    target.addEventListener("counted:1", (_event: TopicEventOf<MergedEvents, "renamed">) => {});
  });
});

Deno.test("events that are declared by their bare types are narrowed too", async () => {
  type Ping = TypedEvent<"ping", EventEnvelope<null, "ping">>;
  type Pong = TypedEvent<"pong", EventEnvelope<number, "pong">>;
  await using target = createInProcessEventTarget<Ping | Pong>();
  const onPong = ({ detail }: Pong): void => void heard.push(detail.payload);
  const heard: unknown[] = [];
  target.addEventListener("pong:1", onPong);
  target.addEventListener("pong", ({ detail }) => heard.push(detail.payload.toFixed(1)));
  target.removeEventListener("pong:1", onPong);
  target.publish({ type: "pong", id: "1", payload: 5 });
  assertEquals(heard, ["5.0"]);
});

Deno.test("Jsonified is what JSON makes of each payload", () => {
  class Point {
    x = 1;
    y = 2;
    norm(): number {
      return this.x + this.y;
    }
  }
  interface Tree {
    at: Date;
    children: Tree[];
  }
  interface Payloads {
    date: Date;
    url: URL;
    map: Map<string, Date>;
    message: { name: string; message: string };
    big: bigint;
    ping: void;
    none: undefined;
    unknown: unknown;
    point: Point;
    tree: Tree;
    either: { kind: "a"; at: Date } | { kind: "b" };
    bytes: Uint8Array;
    record: Record<string, Date>;
    all: {
      list: readonly Date[];
      pair: [Date, undefined, () => void];
      n: number | null;
      when?: Date;
      maybe: Date | undefined;
      f: () => void;
      s: symbol;
      big: bigint;
    };
  }
  type Sent = Jsonified<Payloads>;
  expectTypeOf<Sent["date"]>().toEqualTypeOf<string>();
  expectTypeOf<Sent["url"]>().toEqualTypeOf<string>();
  expectTypeOf<Sent["map"]>().toEqualTypeOf<Record<string, never>>();
  expectTypeOf<Sent["message"]>().toEqualTypeOf<{ name: string; message: string }>();
  expectTypeOf<Sent["big"]>().toEqualTypeOf<never>();
  expectTypeOf<Sent["ping"]>().toEqualTypeOf<void>();
  expectTypeOf<Sent["none"]>().toEqualTypeOf<undefined>();
  expectTypeOf<Sent["unknown"]>().toEqualTypeOf<unknown>();
  expectTypeOf<Sent["point"]>().toEqualTypeOf<{ x: number; y: number }>();
  expectTypeOf<Sent["tree"]["children"][0]["at"]>().toEqualTypeOf<string>();
  expectTypeOf<Sent["either"]>().toEqualTypeOf<{ kind: "a"; at: string } | { kind: "b" }>();
  expectTypeOf<Sent["bytes"]>().toEqualTypeOf<{ [index: string]: number }>();
  expectTypeOf<Sent["record"]>().toEqualTypeOf<{ [name: string]: string }>();
  expectTypeOf<Sent["all"]>().toEqualTypeOf<{
    list: readonly string[];
    pair: [string, null, null];
    n: number | null;
    when?: string;
    maybe?: string;
    big: never;
  }>();
  const point: Sent["point"] = JSON.parse(JSON.stringify(new Point()));
  assertEquals(point, { x: 1, y: 2 });
  neverRun(() => {
    // @ts-expect-error: a Date arrives as a string
    createPubSub<Sent>().publish("date", "1", new Date());
    // @ts-expect-error: a bigint has no JSON
    createPubSub<Sent>().publish("big", "1", 5n);
  });
});

Deno.test("the error of onError is an Error", () => {
  createPubSub({ onError: (error) => expectTypeOf(error).toEqualTypeOf<Error>() });
});

Deno.test("a function can pass its own optional signal or event target on", async () => {
  async function read(signal?: AbortSignal, eventTarget?: EventTarget): Promise<void> {
    const pubsub = createPubSub<Events>({ eventTarget });
    pubsub.on("ping", () => {}, { signal });
    await pipe(pubsub.subscribe("ping", { signal }), debounce(1, { signal }), take(0), toArray({ signal }));
    await pubsub.flush({ signal });
    await pubsub.close();
  }
  await read();
  await read(new AbortController().signal, createInProcessEventTarget());
});
