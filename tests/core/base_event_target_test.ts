import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import type { EnvelopeListener, ErrorContext, EventEnvelope, EventTargetStatus } from "@alkdev/pubsub";
import { ConnectionLostError } from "@alkdev/pubsub";
import { eventually } from "../support/eventually.ts";
import { ManualEventTarget } from "../support/manual_event_target.ts";
import { capturePrinted } from "../support/printed.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";

interface Fault {
  readonly error: unknown;
  readonly context: ErrorContext;
}

/** A target that records its faults and statuses. */
function open(state?: "connecting"): {
  target: ManualEventTarget;
  faults: Fault[];
  statuses: EventTargetStatus[];
} {
  const faults: Fault[] = [];
  const statuses: EventTargetStatus[] = [];
  const target = new ManualEventTarget({
    onError: (error, context) => void faults.push({ error, context }),
    onStatus: (status) => void statuses.push(status),
  }, state);
  return { target, faults, statuses };
}

function envelopeOf(type: string, id: string): EventEnvelope {
  return { type, id, payload: null };
}

const ignore = { onEvent() {} };

// The public edge.

Deno.test("publish sends the given envelope itself, not a copy", () => {
  const { target } = open();
  const envelope = envelopeOf("news", "1");
  target.publish(envelope);
  assertEquals(target.sent.length, 1);
  assertStrictEquals(target.sent[0], envelope);
});

Deno.test("publish refuses a value that is not an envelope, and sends nothing", () => {
  const { target, faults } = open();
  const error = assertThrows(() => target.publish(envelopeOf("a:b", "1")), TypeError);
  assertEquals(
    error.message,
    'Cannot publish {"type":"a:b","id":"1","payload":null}: the event type contains ":"',
  );
  assertEquals([target.sent, faults], [[], []]);
});

Deno.test("dispatchEvent sends the envelope of an event", () => {
  const { target } = open();
  const detail = envelopeOf("news", "a:b");
  assertEquals(target.dispatchEvent(new CustomEvent("news:a:b", { detail })), true);
  assertStrictEquals(target.sent[0], detail);
});

Deno.test("dispatchEvent refuses a value that is not an Event, and an event without an envelope of its topic", () => {
  const { target } = open();
  // The types forbid these, but untyped callers can pass them.
  const dispatch = target.dispatchEvent.bind(target) as (event: unknown) => boolean;
  const refusals: [event: unknown, message: string][] = [
    [{ type: "news:1", detail: envelopeOf("news", "1") }, "it is not an Event"],
    [undefined, "Cannot dispatch undefined: it is not an Event"],
    [new Event("news:1"), 'Cannot dispatch "news:1" with undefined: it is not an object'],
    [new CustomEvent("news:1", { detail: { type: "news" } }), 'with {"type":"news"}: it has no id'],
    [
      new CustomEvent("news:1", { detail: envelopeOf("news", "2") }),
      'Cannot dispatch "news:1": its envelope has the topic "news:2"',
    ],
    [new CustomEvent("news", { detail: envelopeOf("news", "2") }), 'Cannot dispatch "news": its envelope'],
    [new CustomEvent("*", { detail: envelopeOf("news", "2") }), 'Cannot dispatch "*": its envelope'],
  ];
  for (const [event, message] of refusals) assertThrows(() => dispatch(event), TypeError, message);
  assertEquals(target.sent, []);
});

Deno.test("addEventListener and listen refuse an invalid topic, and request nothing", () => {
  const { target } = open();
  for (const topic of ["", ":1", "*:1", "__hello", "__hello:1", "\ud800", "a:\udc00", "x".repeat(1025)]) {
    const error = assertThrows(() => target.addEventListener(topic, () => {}), TypeError);
    assert(error.message.startsWith("Cannot listen to "));
  }
  assertThrows(() => target.listen("a:b", undefined, ignore), TypeError, 'Cannot listen to {"type":"a:b"}:');
  assertThrows(() => target.listen("*", "1", ignore), TypeError);
  assertThrows(() => target.listen("", undefined, ignore), TypeError);
  assertThrows(() => target.listen("a", "x".repeat(1024), ignore), TypeError, "longer than 1024 bytes");
  assertEquals(target.told, []);
});

Deno.test("addEventListener and listen accept a topic, a bare type and *", () => {
  const { target } = open();
  for (const topic of ["news:1", "news:", "news", "*"]) target.addEventListener(topic, () => {});
  target.listen("other", "a:b", ignore);
  target.listen("other", undefined, ignore);
  target.listen("*", undefined, ignore);
  assertEquals(target.told.map((line) => line.slice("want ".length)), [
    "news:1",
    "news:",
    "news",
    "*",
    "other:a:b",
    "other",
  ]);
});

Deno.test("a listener is a function, an object, null or undefined", () => {
  const { target } = open();
  // The types forbid most of these, but untyped callers can pass them.
  const add = target.addEventListener.bind(target) as (type: string, callback: unknown) => void;
  const remove = target.removeEventListener.bind(target) as (type: string, callback: unknown) => void;
  for (const callback of [5, "text", true, Symbol("s")]) {
    assertThrows(() => add("news:1", callback), TypeError, "a listener must be a function or an object");
    assertThrows(() => remove("news:1", callback), TypeError, "a listener must be a function or an object");
  }
  for (const callback of [null, undefined]) {
    add("news:1", callback);
    remove("news:1", callback);
  }
  assertEquals(target.told, []);
  for (const callback of [() => {}, { handleEvent() {} }, {}]) {
    add("news:1", callback);
    remove("news:1", callback);
  }
  assertEquals(target.told, Array(3).fill(["want news:1", "unwant news:1"]).flat());
});

Deno.test("an envelope listener must have a method onEvent", () => {
  const { target } = open();
  for (const listener of [null, undefined, {}, () => {}, { onEvent: 1 }]) {
    // The types forbid these, but untyped callers can pass them.
    const given = listener as unknown as EnvelopeListener;
    assertThrows(() => target.listen("news", "1", given), TypeError, "it has no method onEvent");
  }
  assertEquals(target.told, []);
});

Deno.test("null means no options, as in the DOM", () => {
  const { target } = open();
  // The types forbid this, but untyped callers can pass it.
  const options = null as unknown as undefined;
  const callback = (): void => {};
  target.addEventListener("news:1", callback, options);
  target.removeEventListener("news:1", callback, options);
  assertEquals(target.told, ["want news:1", "unwant news:1"]);
});

Deno.test("a signal that is not an AbortSignal is refused, with any listener, and adds nothing", () => {
  const { target } = open();
  for (const signal of [null, 5, {}, new EventTarget()]) {
    // The types forbid this, but untyped callers can pass it.
    const options = { signal } as unknown as AddEventListenerOptions;
    for (const callback of [() => {}, null]) {
      assertThrows(
        () => target.addEventListener("news:1", callback, options),
        TypeError,
        "it must be an AbortSignal",
      );
    }
  }
  target.addEventListener("news:1", () => {}, {});
  target.addEventListener("news:2", () => {}, undefined);
  target.addEventListener("news:3", () => {}, true);
  assertEquals(target.told, ["want news:1", "want news:2", "want news:3"]);
});

Deno.test("removeEventListener removes by topic, listener and capture", () => {
  const { target } = open();
  let calls = 0;
  const callback = () => void calls++;
  target.addEventListener("news:1", callback, true);
  target.removeEventListener("news:1", callback);
  target.removeEventListener("news:1", callback, { capture: false });
  target.removeEventListener("news:2", callback, true);
  target.deliver("news", "1");
  target.removeEventListener("news:1", callback, { capture: true });
  target.deliver("news", "1");
  assertEquals(calls, 1);
});

Deno.test("a target has its kind as a tag, and methods called on another object do not change its listeners", () => {
  const { target } = open();
  assertEquals(target[Symbol.toStringTag], "ManualEventTarget");
  assertEquals(String(target), "[object ManualEventTarget]");
  assert(target instanceof EventTarget);
});

Deno.test("flush resolves at once if nothing is queued, and rejects for an aborted signal", async () => {
  const { target } = open();
  await target.flush();
  await target.flush({});
  await target.flush({ signal: new AbortController().signal });
  const reason = new RangeError("mine");
  assertStrictEquals(await assertRejects(() => target.flush({ signal: AbortSignal.abort(reason) })), reason);
});

// Faults.

Deno.test("a fault is reported with the target, the stage, and the topic if it is known", () => {
  const { target, faults } = open();
  const error = new Error("fault");
  target.report("connect", error);
  target.report("encode", error, "news:1");
  assertEquals(faults.map(({ context: { target: _, ...context } }) => context), [
    { stage: "connect" },
    { stage: "encode", topic: "news:1" },
  ]);
  assert(faults.every((fault) => fault.error === error && fault.context.target === target));
});

Deno.test("a dropped event is reported with the number of those before it and itself, as stats() counts them", () => {
  const { target, faults } = open();
  assertEquals(target.stats().published.dropped.backpressure, 0);
  target.reportDropped(150, "news:1");
  target.reportDropped(150, "news:2");
  const message = "Error: Cannot buffer more than 150 bytes: the event was dropped";
  assertEquals(faults.map(({ error, context: { target: _, ...context } }) => [String(error), context]), [
    [message, { stage: "backpressure", topic: "news:1", dropped: 1 }],
    [message, { stage: "backpressure", topic: "news:2", dropped: 2 }],
  ]);
  assertEquals(target.stats().published.dropped.backpressure, 2);
});

Deno.test("stats() counts the topics that have a listener, and is a new object each time", () => {
  const { target } = open();
  const before = target.stats();
  const stop = target.listen("news", "1", { onEvent() {} });
  target.listen("news", "1", { onEvent() {} });
  target.listen("news", undefined, { onEvent() {} });
  assertEquals([before, target.stats()].map(({ listeners }) => listeners.topics), [0, 2]);
  stop();
  const { listeners } = structuredClone(target.stats());
  assertEquals(listeners, { topics: 2, count: 2, gaps: 0 });
});

Deno.test("a transport that throws as it sends is reported, and the publisher continues", () => {
  const { target, faults } = open();
  const error = new Error("fault");
  Object.defineProperty(target, "send", {
    value: () => {
      throw error;
    },
  });
  target.publish({ type: "news", id: "1", payload: null });
  assertEquals(faults.map(({ error, context: { stage, topic } }) => [error, stage, topic]), [
    [error, "publish", "news:1"],
  ]);
});

Deno.test("a fault is printed if there is no handler", () => {
  using printed = capturePrinted();
  new ManualEventTarget().report("connect", new Error("fault"));
  assertEquals(printed.lines, ["[@alkdev/pubsub] ManualEventTarget connect: Error: fault"]);
});

// Status.

Deno.test("a target starts with the status of its kind, and reports each change", () => {
  const { target, statuses } = open("connecting");
  assertEquals([target.status, statuses], [{ state: "connecting" }, []]);
  target.changeStatus({ state: "open" });
  target.changeStatus({ state: "open", gap: true });
  assertEquals(statuses, [{ state: "open" }, { state: "open", gap: true }]);
  assertStrictEquals(target.status, statuses[1]);
});

Deno.test("closed is the last status", async () => {
  const { target, statuses } = open();
  await target.close();
  target.changeStatus({ state: "open" });
  target.lose(new Error("late"));
  assertEquals([target.status, statuses], [{ state: "closed" }, [{ state: "closed" }]]);
});

Deno.test("a target without onStatus changes its status silently", async () => {
  using printed = capturePrinted();
  const target = new ManualEventTarget({}, "connecting");
  target.changeStatus({ state: "open" });
  await target.close();
  assertEquals([target.status.state, printed.lines], ["closed", []]);
});

// The end.

Deno.test("close ends listeners at once, then releases the transport, then sets the status", async () => {
  const { target, statuses } = open();
  const { promise, resolve } = Promise.withResolvers<void>();
  target.drained = promise;
  const labels: unknown[] = [];
  target.listen("news", "1", { ...ignore, onEnd: (error) => void labels.push("ended", error) });
  void target.closed.then((error) => labels.push("closed", error));
  const closing = target.close().then(() => labels.push("resolved"));
  assertEquals([labels, target.shutdowns, target.status.state, statuses], [
    ["ended", undefined],
    1,
    "open",
    [],
  ]);
  resolve();
  await closing;
  await eventually(() => labels.length === 5);
  assertEquals(new Set(labels.slice(2)), new Set(["closed", undefined, "resolved"]));
  assertEquals(statuses, [{ state: "closed" }]);
});

Deno.test("close can be called many times, in any state, and releases the transport once", async () => {
  const { target, statuses } = open();
  const closing = target.close();
  assertStrictEquals(target.close(), closing);
  assertStrictEquals(target[Symbol.asyncDispose](), closing);
  await closing;
  assertStrictEquals(target.close(), closing);
  assertEquals([target.shutdowns, statuses.length, await target.closed], [1, 1, undefined]);
});

Deno.test("close called in a listener's onEnd releases the transport once", async () => {
  const { target, statuses } = open();
  let inner: Promise<void> | undefined;
  target.listen("news", "1", { ...ignore, onEnd: () => void (inner = target.close()) });
  const outer = target.close();
  await Promise.all([outer, inner]);
  assertEquals([target.shutdowns, statuses.length], [1, 1]);
  assertStrictEquals(inner, outer);
});

Deno.test("await using closes the target", async () => {
  const { target } = open();
  {
    await using closed = target;
    assertEquals(closed.status.state, "open");
  }
  assertEquals([target.status.state, target.shutdowns], ["closed", 1]);
});

Deno.test("an end from the far side ends listeners, then sets the status, then resolves closed, with its error", async () => {
  const { target, statuses } = open();
  const labels: string[] = [];
  const error = new ConnectionLostError("lost", { code: 1001, reason: "restart" });
  target.listen("news", "1", {
    ...ignore,
    onEnd(reason) {
      labels.push(`ended ${reason === error} ${target.status.state}`);
    },
  });
  const closed = target.closed;
  target.lose(error, { code: 1001, reason: "restart" });
  assertEquals(labels, ["ended true open"]);
  assertEquals(statuses, [{ state: "closed", code: 1001, reason: "restart", error }]);
  assertStrictEquals(await closed, error);
  assertStrictEquals(await target.closed, error);
});

Deno.test("a close after the end changes nothing", async () => {
  const { target, statuses } = open();
  const error = new ConnectionLostError("lost");
  target.lose(error);
  target.lose(new Error("again"));
  await target.close();
  assertEquals([target.shutdowns, statuses.length], [0, 1]);
  assertStrictEquals(await target.closed, error);
});

Deno.test("an end from the far side during close() counts as the close", async () => {
  const { target, statuses } = open();
  target.drained = Promise.resolve().then(() => target.lose(new Error("cut"), { code: 1006, reason: "" }));
  await target.close();
  assertEquals(await target.closed, undefined);
  assertEquals(statuses, [{ state: "closed", code: 1006, reason: "" }]);
});

Deno.test("closed is one promise, and does not reject after a loss", async () => {
  const { target } = open();
  const unhandled = await unhandledRejections(() => {
    assertStrictEquals(target.closed, target.closed);
    target.lose(new Error("lost"));
  });
  assertEquals(unhandled, []);
});

Deno.test("an event published after the end is checked, dropped and reported", async () => {
  const { target, faults } = open();
  await target.close();
  target.publish(envelopeOf("news", "1"));
  target.dispatchEvent(new CustomEvent("news:2", { detail: envelopeOf("news", "2") }));
  assertThrows(() => target.publish(envelopeOf("", "1")), TypeError);
  assertEquals(target.sent, []);
  assertEquals(faults.map(({ error, context: { stage, topic } }) => [String(error), stage, topic]), [
    ['Error: Cannot publish on "news:1": the event target is closed', "publish", "news:1"],
    ['Error: Cannot publish on "news:2": the event target is closed', "publish", "news:2"],
  ]);
});

Deno.test("no event is sent from the call of close() on", () => {
  const { target, faults } = open();
  void target.close();
  target.publish(envelopeOf("news", "1"));
  assertEquals([target.sent, faults.length], [[], 1]);
});

Deno.test("a listener added after the end is ended at once, with the reason of the end", async () => {
  const error = new ConnectionLostError("lost");
  for (const reason of [undefined, error]) {
    const { target } = open();
    if (reason === undefined) await target.close();
    else target.lose(reason);
    const ends: unknown[] = [];
    const stop = target.listen("news", "1", { ...ignore, onEnd: (error) => void ends.push(error) });
    stop();
    target.listen("news", "1", ignore)();
    target.addEventListener("news:1", () => ends.push("called"));
    target.deliver("news", "1");
    assertEquals([ends.length, target.told], [1, []]);
    assertStrictEquals(ends[0], reason);
    assertThrows(() => target.listen("a:b", undefined, ignore), TypeError);
    assertThrows(() => target.addEventListener("", () => {}), TypeError);
  }
});

Deno.test("an error of an onEnd that is called at once is reported", async () => {
  const { target, faults } = open();
  await target.close();
  const [thrown, rejected] = [new Error("thrown"), new Error("rejected")];
  const unhandled = await unhandledRejections(() => {
    target.listen("news", "1", {
      ...ignore,
      onEnd() {
        throw thrown;
      },
    });
    target.listen("news", "1", { ...ignore, onEnd: () => Promise.reject(rejected) });
  });
  assertEquals(unhandled, []);
  assertEquals(faults.map(({ error, context }) => [error, context.stage]), [
    [thrown, "listener"],
    [rejected, "listener"],
  ]);
});

Deno.test("topics are given back when the target ends", () => {
  const { target } = open();
  target.listen("news", "1", ignore);
  target.addEventListener("*", () => {});
  target.lose(new Error("lost"));
  assertEquals(new Set(target.told.slice(2)), new Set(["unwant news:1", "unwant *"]));
});

Deno.test("a listener that is removed during a gap report is not notified, and every other one is notified once", async () => {
  const { target } = open();
  const told: string[] = [];
  const stops = ["a", "b", "c"].map((name) =>
    target.listen("news", undefined, {
      onEvent() {},
      onGap() {
        told.push(name);
        if (name === "a") { for (const stop of stops.slice(0, 2)) stop(); }
      },
    })
  );
  target.changeStatus({ state: "open", gap: true });
  assertEquals(told, ["a", "c"]);
  await target.close();
});
