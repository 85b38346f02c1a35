import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { createInProcessEventTarget, createPubSub, type OnOptions, type StopListening } from "@alkdev/pubsub";
import { PublishOrder } from "../../core/on.ts";
import { CountedEventTarget } from "../support/counted_event_target.ts";
import { ManualEventTarget } from "../support/manual_event_target.ts";
import { capturePrinted } from "../support/printed.ts";

type Events = { news: string; other: number; ping: void };

Deno.test("on calls back for one id or for every id of a type, before publish returns", () => {
  const pubsub = createPubSub<Events>();
  const heard: string[] = [];
  pubsub.on("news", "1", ({ type, id, payload }) => heard.push(`one ${type}:${id}=${payload}`));
  pubsub.on("news", ({ id, payload }) => heard.push(`every ${id}=${payload}`));
  pubsub.on("ping", "", ({ payload }) => heard.push(`ping ${payload}`));
  pubsub.publish("news", "1", "a");
  pubsub.publish("news", "2", "b");
  pubsub.publish("other", "1", 3);
  pubsub.publish("ping", "");
  assertEquals(heard, ["one news:1=a", "every 1=a", "every 2=b", "ping undefined"]);
});

Deno.test("the function that on returns ends the callback, once, and is disposable", () => {
  const eventTarget = new CountedEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget });
  const heard: string[] = [];
  const stop = pubsub.on("news", "1", ({ payload }) => heard.push(payload));
  pubsub.publish("news", "1", "a");
  stop();
  stop();
  {
    using other = pubsub.on("news", ({ payload }) => heard.push(payload));
    assertEquals(typeof other, "function");
    pubsub.publish("news", "1", "b");
  }
  pubsub.publish("news", "1", "c");
  assertEquals(heard, ["a", "b"]);
  assertEquals(eventTarget.count(), 0);
});

Deno.test("a signal ends a callback, and an aborted one adds none", () => {
  const eventTarget = new CountedEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget });
  const controller = new AbortController();
  const { signal } = controller;
  const heard: string[] = [];
  pubsub.on("news", "1", ({ payload }) => heard.push(payload), { signal });
  pubsub.on("news", ({ payload }) => heard.push(payload), { signal });
  pubsub.publish("news", "1", "a");
  controller.abort();
  pubsub.on("news", "1", ({ payload }) => heard.push(payload), { signal });
  pubsub.publish("news", "1", "b");
  assertEquals(heard, ["a", "a"]);
  assertEquals(eventTarget.count(), 0);
});

Deno.test("a signal forgets a callback that has ended", () => {
  const pubsub = createPubSub<Events>();
  const { signal } = new AbortController();
  let added = 0;
  const { addEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    added++;
    addEventListener.apply(signal, args);
  };
  for (let i = 0; i < 100; i++) pubsub.on("news", () => {}, { signal })();
  assertEquals(added, 1);
});

Deno.test("onReady, onGap and onEnd are those of the event target's listeners", () => {
  const eventTarget = new ManualEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget });
  const heard: unknown[] = [];
  const options: OnOptions = {
    onReady: () => void heard.push("ready"),
    onGap: () => void heard.push("gap"),
    onEnd: (error) => void heard.push(error),
  };
  pubsub.on("news", "1", () => {}, options);
  assertEquals(heard, []);
  eventTarget.acknowledge("news:1");
  eventTarget.changeStatus({ state: "open", gap: true });
  const lost = new Error("lost");
  eventTarget.lose(lost);
  assertEquals(heard, ["ready", "gap", lost]);
  pubsub.on("news", "1", () => {}, options);
  assertEquals(heard, ["ready", "gap", lost, lost]);
});

Deno.test("close ends callbacks, also those that come after it, and an onEnd that throws is printed", async () => {
  using printed = capturePrinted();
  const eventTarget = new CountedEventTarget();
  const pubsub = createPubSub<Events>({ eventTarget });
  const ends: unknown[] = [];
  const onEnd = (error: Error | undefined): never => {
    ends.push(error);
    throw new Error("mine");
  };
  pubsub.on("news", "1", () => {}, { onEnd });
  await pubsub.close();
  pubsub.on("news", "1", () => {}, { onEnd });
  assertEquals(ends, [undefined, undefined]);
  assertEquals(eventTarget.count(), 0);
  assertEquals(printed.lines.length, 2);
  assert(printed.lines[0]?.endsWith("listener: Error: mine"), printed.lines[0]);
});

Deno.test("a callback that throws or rejects is reported, and others are called", async () => {
  const errors: unknown[] = [];
  const pubsub = createPubSub<Events>({
    onError: (error, { stage, topic }) => errors.push([error, stage, topic]),
  });
  const [thrown, rejected, nested] = [new Error("thrown"), new Error("rejected"), new Error("nested")];
  const heard: string[] = [];
  pubsub.on("news", () => {
    throw thrown;
  });
  pubsub.on("news", () => Promise.reject(rejected));
  pubsub.on("news", ({ payload }) => {
    heard.push(payload);
    pubsub.publish("other", "1", 1);
  });
  pubsub.on("other", () => {
    throw nested;
  });
  pubsub.publish("news", "1", "a");
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(heard, ["a"]);
  assertEquals(errors, [
    [thrown, "listener", "news:1"],
    [rejected, "listener", "news:1"],
    [nested, "listener", "other:1"],
  ]);
});

Deno.test("callbacks are called in publish order, over all topics, also when callbacks publish", async () => {
  const pubsub = createPubSub<Events>();
  const heard: unknown[] = [];
  pubsub.on("news", ({ payload }) => {
    if (payload === "a") {
      pubsub.publish("other", "1", 1);
      pubsub.publish("news", "2", "nested");
    }
  });
  pubsub.on("other", ({ payload }) => heard.push(payload));
  pubsub.on("news", ({ payload }) => heard.push(payload));
  pubsub.on("news", "1", ({ payload }) => heard.push(`${payload} of 1`));
  pubsub.publish("news", "1", "a");
  // After the events that a callback has published, and which still wait.
  pubsub.publish("other", "1", 2);
  pubsub.publish("news", "1", "b");
  await pubsub.flush();
  await new Promise((resolve) => setTimeout(resolve));
  // The topic comes before its bare type, as with all listeners.
  assertEquals(heard, ["a of 1", "a", 1, "nested", 2, "b of 1", "b"]);
  pubsub.publish("other", "1", 3);
  assertEquals(heard.at(-1), 3);
});

Deno.test("a callback that has ended does not hear the events that waited for it", async () => {
  const pubsub = createPubSub<Events>();
  const heard: unknown[] = [];
  const stop: StopListening = pubsub.on("other", ({ payload }) => heard.push(payload));
  pubsub.on("news", () => {
    pubsub.publish("other", "1", 1);
    stop();
  });
  pubsub.publish("news", "1", "a");
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(heard, []);
});

Deno.test("the order does not depend on errors of callbacks", () => {
  const order = new PublishOrder();
  const envelope = { type: "news", id: "1", payload: 1 };
  assertThrows(() =>
    order.call(envelope, () => {
      throw new Error("mine");
    }), Error);
  assertStrictEquals(order.call({ ...envelope }, () => 5), 5);
});

Deno.test("on refuses what is no id, no callback, no signal, or every type", () => {
  const eventTarget = new CountedEventTarget();
  const { on } = createPubSub({ eventTarget });
  // The types forbid these, but untyped callers can pass them.
  const untyped = on as (...args: unknown[]) => unknown;
  const callback = (): void => {};
  for (
    const args of [[], [undefined, callback], [null, callback], [5, callback], ["1"], ["1", {}], [
      {},
      callback,
    ]]
  ) {
    const error = assertThrows(() => untyped("news", ...args), TypeError);
    assert(error.message.startsWith('Cannot subscribe to "news" with '), error.message);
  }
  assertThrows(() => untyped("news", "1", callback, { signal: {} }), TypeError, "AbortSignal");
  assertThrows(() => on("a:b", callback), TypeError);
  assertThrows(() => on("news", "\ud800", callback), TypeError);
  assertThrows(() => on("*", callback), TypeError, "subscribeAll");
  assertThrows(() => untyped(), TypeError);
  assertEquals(eventTarget.count(), 0);
});

Deno.test("callbacks of one event target through two PubSubs hear each event once", () => {
  const eventTarget = createInProcessEventTarget();
  const [first, second] = [createPubSub<Events>({ eventTarget }), createPubSub<Events>({ eventTarget })];
  const heard: string[] = [];
  first.on("news", ({ payload }) => heard.push(`first ${payload}`));
  second.on("news", ({ payload }) => heard.push(`second ${payload}`));
  first.publish("news", "1", "a");
  assertEquals(heard, ["first a", "second a"]);
});
