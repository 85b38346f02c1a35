import { assertEquals, assertLess } from "@std/assert";
import { acknowledge, endTopic, suspend, topicsToAsk } from "../../core/topic_answers.ts";
import type { EnvelopeListener } from "../../core/types.ts";
import { ENVELOPE, ignore, Owner } from "../support/listener_owner.ts";
import { unhandledRejections } from "../support/unhandled_rejections.ts";

// Requests for topics.

for (const topic of ["news:1", "news", "*"]) {
  Deno.test(`${topic} is requested for its first listener, and given back after its last one`, () => {
    const owner = new Owner();
    const { listeners, told } = owner;
    const callback = () => {};
    const stop = owner.listen(topic, ignore);
    assertEquals(told, [`want ${topic}`]);
    listeners.addEventListener(topic, callback, false);
    listeners.addEventListener(topic, callback, { once: true });
    const stopAgain = owner.listen(topic, ignore);
    stop();
    stop();
    stopAgain();
    listeners.removeEventListener(topic, callback, true);
    assertEquals([told, listeners.lists.size, topicsToAsk(listeners)], [[`want ${topic}`], 1, [topic]]);
    listeners.removeEventListener(topic, callback, {});
    listeners.removeEventListener(topic, callback, {});
    stop();
    assertEquals([told, listeners.lists.size, topicsToAsk(listeners)], [
      [`want ${topic}`, `unwant ${topic}`],
      0,
      [],
    ]);
    listeners.addEventListener(topic, callback, false);
    assertEquals(told.at(-1), `want ${topic}`);
  });
}

Deno.test("a topic is given back when a signal, or a call of a once listener, removes its last listener", () => {
  const owner = new Owner();
  const { dispatcher, listeners, told } = owner;
  const controller = new AbortController();
  listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
  listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
  controller.abort();
  assertEquals(told, ["want news:1", "unwant news:1"]);
  listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
  assertEquals(told.length, 2);
  listeners.addEventListener("news:1", () => assertEquals(told.at(-1), "unwant news:1"), { once: true });
  dispatcher.emit(ENVELOPE);
  assertEquals(told.slice(2), ["want news:1", "unwant news:1"]);
  assertEquals(owner.faults, []);
});

Deno.test("a removed event listener releases its signal", () => {
  const owner = new Owner();
  const controller = new AbortController();
  const calls: string[] = [];
  const callback = () => void calls.push("called");
  owner.listeners.addEventListener("news:1", callback, { signal: controller.signal });
  owner.listeners.removeEventListener("news:1", callback, false);
  owner.listeners.addEventListener("news:1", callback, false);
  controller.abort();
  owner.dispatcher.emit(ENVELOPE);
  assertEquals(calls, ["called"]);
});

Deno.test("topicsToAsk returns the topics that have listeners", () => {
  const owner = new Owner();
  for (const topic of ["*", "news", "news:1", "news:", "other:a:b"]) owner.listen(topic, ignore);
  assertEquals(topicsToAsk(owner.listeners).sort(), ["*", "news", "news:", "news:1", "other:a:b"]);
  assertEquals(owner.listeners.lists.size, 5);
});

// Acknowledgement.

Deno.test("onReady is called once, when the topic is acknowledged", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("first") });
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("second") });
  owner.listen("news:2", { ...ignore, onReady: () => void labels.push("other topic") });
  owner.listen("news:1", ignore);
  owner.listeners.addEventListener("news:1", () => {}, false);
  assertEquals(labels, []);
  acknowledge(owner.listeners, "news:1");
  acknowledge(owner.listeners, "news:1");
  acknowledge(owner.listeners, "nobody");
  assertEquals([labels, owner.faults], [["first", "second"], []]);
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("late") });
  assertEquals(labels, ["first", "second", "late"]);
});

Deno.test("onReady is called at once if the topic is ready", () => {
  const owner = new Owner("ready");
  const labels: string[] = [];
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("first") });
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("second") });
  assertEquals(labels, ["first", "second"]);
});

Deno.test("a listener added during a suspension waits for the next acknowledgement, and onReady is not called twice", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("before") });
  acknowledge(owner.listeners, "news:1");
  suspend(owner.listeners);
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("meanwhile") });
  assertEquals(labels, ["before"]);
  acknowledge(owner.listeners, "news:1");
  assertEquals(labels, ["before", "meanwhile"]);
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("after") });
  assertEquals(labels, ["before", "meanwhile", "after"]);
});

Deno.test("a topic that has lost its last listener must be acknowledged again", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", ignore)();
  acknowledge(owner.listeners, "news:1");
  const stop = owner.listen("news:1", { ...ignore, onReady: () => void labels.push("first") });
  assertEquals(labels, []);
  acknowledge(owner.listeners, "news:1");
  stop();
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("second") });
  assertEquals(labels, ["first"]);
});

Deno.test("a listener that is removed during an acknowledgement is not notified, and an added one is notified once", () => {
  const owner = new Owner();
  const labels: string[] = [];
  owner.listen("news:1", {
    ...ignore,
    onReady() {
      labels.push("first");
      stop();
      owner.listen("news:1", { ...ignore, onReady: () => void labels.push("added") });
    },
  });
  const stop = owner.listen("news:1", { ...ignore, onReady: () => void labels.push("removed") });
  owner.listen("news:1", { ...ignore, onReady: () => void labels.push("last") });
  acknowledge(owner.listeners, "news:1");
  assertEquals(labels, ["first", "added", "last"]);
});

// Ends.

Deno.test("endTopic removes and ends the envelope listeners of one topic, and keeps event listeners", () => {
  const owner = new Owner();
  const labels: unknown[] = [];
  const error = new Error("refused");
  const listener = {
    onEvent: () => void labels.push("observed"),
    onEnd(reason: Error | undefined) {
      labels.push(this === listener, reason === error);
      owner.dispatcher.emit(ENVELOPE);
    },
  };
  owner.listen("news:1", listener);
  owner.listen("news:2", { ...ignore, onEnd: () => void labels.push("another topic") });
  owner.listeners.addEventListener("news:1", () => labels.push("called"), false);
  assertEquals(endTopic(owner.listeners, "news:1", error), true);
  assertEquals(labels, [true, true, "called"]);
  assertEquals(owner.listeners.lists.size, 2);
});

Deno.test("an envelope listener without onEnd is not a fault", () => {
  const owner = new Owner();
  owner.listen("news:1", ignore);
  endTopic(owner.listeners, "news:1", new Error("refused"));
  owner.listen("news:1", ignore);
  owner.listeners.endAll(undefined);
  assertEquals(owner.faults, []);
});

Deno.test("endTopic returns whether the topic had listeners", () => {
  const owner = new Owner();
  owner.listen("news:1", ignore);
  assertEquals(endTopic(owner.listeners, "news:2", new Error("refused")), false);
  assertEquals(endTopic(owner.listeners, "news", new Error("refused")), false);
  assertEquals(endTopic(owner.listeners, "news:1", new Error("refused")), true);
  assertEquals(endTopic(owner.listeners, "news:1", new Error("refused")), false);
});

Deno.test("a refused topic is not given back", () => {
  const owner = new Owner();
  const callback = () => {};
  owner.listen("news:1", ignore);
  owner.listen("news:1", ignore);
  endTopic(owner.listeners, "news:1", new Error("refused"));
  assertEquals([owner.told, owner.listeners.lists.size], [["want news:1"], 0]);
  owner.listen("news:2", ignore);
  owner.listeners.addEventListener("news:2", callback, false);
  endTopic(owner.listeners, "news:2", new Error("refused"));
  owner.listeners.removeEventListener("news:2", callback, false);
  assertEquals([owner.told, owner.listeners.lists.size], [["want news:1", "want news:2"], 0]);
});

Deno.test("a refused topic is requested again for the next listener, and given back after it", () => {
  const owner = new Owner();
  const labels: string[] = [];
  const callback = () => {};
  owner.listeners.addEventListener("news:1", callback, false);
  acknowledge(owner.listeners, "news:1");
  endTopic(owner.listeners, "news:1", new Error("refused"));
  const stop = owner.listen("news:1", { ...ignore, onReady: () => void labels.push("ready") });
  owner.listen("news:1", ignore)();
  assertEquals([owner.told, labels], [["want news:1", "want news:1"], []]);
  acknowledge(owner.listeners, "news:1");
  assertEquals(labels, ["ready"]);
  stop();
  owner.listeners.removeEventListener("news:1", callback, false);
  assertEquals(owner.told, ["want news:1", "want news:1", "unwant news:1"]);
});

Deno.test("a refused topic that still has an event listener is requested again for the next one", () => {
  const owner = new Owner();
  owner.listeners.addEventListener("news:1", () => {}, false);
  endTopic(owner.listeners, "news:1", new Error("refused"));
  owner.listeners.addEventListener("news:1", () => {}, false);
  assertEquals(owner.told, ["want news:1", "want news:1"]);
});

Deno.test("a listener that listens again in onEnd requests the topic again, and is not ended by the same end", () => {
  for (const others of [0, 2]) {
    const owner = new Owner();
    const labels: string[] = [];
    const listener: EnvelopeListener = {
      onEvent: () => void labels.push("heard"),
      onEnd() {
        labels.push("ended");
        owner.listen("news:1", listener);
      },
    };
    owner.listen("news:1", listener);
    for (let i = 0; i < others; i++) {
      owner.listen("news:1", {
        ...ignore,
        onEnd: () => void labels.push("other"),
      });
    }
    endTopic(owner.listeners, "news:1", new Error("refused"));
    assertEquals(labels, ["ended", ...Array(others).fill("other")]);
    assertEquals([owner.told, owner.listeners.lists.size], [["want news:1", "want news:1"], 1]);
    owner.dispatcher.emit(ENVELOPE);
    assertEquals(labels.at(-1), "heard");
  }
});

Deno.test("a listener that another one removes in its onEnd is not notified", () => {
  for (const end of ["endTopic", "endAll"] as const) {
    const owner = new Owner();
    const labels: string[] = [];
    owner.listen("news:1", {
      ...ignore,
      onEnd() {
        labels.push("first");
        stop();
      },
    });
    const stop = owner.listen("news:1", { ...ignore, onEnd: () => void labels.push("removed") });
    owner.listen("news:1", { ...ignore, onEnd: () => void labels.push("last") });
    if (end === "endAll") owner.listeners.endAll(undefined);
    else endTopic(owner.listeners, "news:1", new Error("refused"));
    assertEquals(labels, ["first", "last"]);
    assertEquals(owner.listeners.lists.size, 0);
  }
});

Deno.test("endAll ends every envelope listener with the error, and removes event listeners and their signals", () => {
  for (const error of [undefined, new Error("lost")]) {
    const owner = new Owner();
    const labels: unknown[] = [];
    const controller = new AbortController();
    for (const topic of ["*", "news", "news:1"]) {
      owner.listen(topic, { ...ignore, onEnd: (reason) => void labels.push(topic, reason) });
      owner.listeners.addEventListener(topic, () => labels.push("called"), { signal: controller.signal });
    }
    owner.listeners.endAll(error);
    owner.dispatcher.emit(ENVELOPE);
    controller.abort();
    assertEquals(labels, ["*", error, "news", error, "news:1", error]);
    assertEquals(owner.told.slice(3), ["unwant *", "unwant news", "unwant news:1"]);
    assertEquals([owner.listeners.lists.size, owner.faults], [0, []]);
    owner.listeners.endAll(error);
    assertEquals(owner.told.length, 6);
  }
});

Deno.test("endAll gives each topic back once, also if a listener removes others in its onEnd", () => {
  const owner = new Owner();
  const stops: (() => void)[] = [];
  const stopAll = { ...ignore, onEnd: () => stops.forEach((stop) => stop()) };
  for (const topic of ["news:1", "news:2"]) {
    for (let i = 0; i < 2; i++) stops.push(owner.listen(topic, stopAll));
  }
  owner.listeners.endAll(undefined);
  assertEquals(owner.told, ["want news:1", "want news:2", "unwant news:1", "unwant news:2"]);
});

for (const method of ["onReady", "onEnd"] as const) {
  const tell = (owner: Owner): void => {
    if (method === "onReady") acknowledge(owner.listeners, "news:1");
    else owner.listeners.endAll(undefined);
  };

  Deno.test(`a ${method} that throws is reported, and the next one is called`, () => {
    const owner = new Owner();
    const labels: string[] = [];
    const error = new Error("thrown");
    owner.listen("news:1", {
      ...ignore,
      [method]: () => {
        throw error;
      },
    });
    owner.listen("news:1", { ...ignore, [method]: () => void labels.push("next") });
    tell(owner);
    assertEquals(labels, ["next"]);
    assertEquals(owner.faults, [{ stage: "listener", error, topic: "news:1" }]);
  });

  Deno.test(`a ${method} that rejects is reported`, async () => {
    const owner = new Owner();
    const error = new Error("rejected");
    const unhandled = await unhandledRejections(() => {
      owner.listen("news:1", { ...ignore, [method]: () => Promise.reject(error) });
      tell(owner);
    });
    assertEquals(unhandled, []);
    assertEquals(owner.faults, [{ stage: "listener", error, topic: "news:1" }]);
  });
}

// Cost.

/** The orders in which listeners are removed, by their order of registration. */
const ORDERS: Record<string, (count: number) => number[]> = {
  "first in, first out": (count) => Array.from({ length: count }, (_, i) => i),
  "last in, first out": (count) => Array.from({ length: count }, (_, i) => count - 1 - i),
  // A stride that is coprime to the count visits each listener once, far from the one before.
  "random": (count) => Array.from({ length: count }, (_, i) => (i * 61_803 + 7) % count),
  "from both ends": (count) =>
    Array.from({ length: count }, (_, i) => i % 2 === 0 ? i / 2 : count - (i + 1) / 2),
};

/** Adds listeners to one topic and removes them. Returns the time, in milliseconds. */
function timeToComeAndGo(kind: string, order: readonly number[]): number {
  const owner = new Owner();
  const callbacks = order.map(() => () => {});
  const controller = new AbortController();
  const start = performance.now();
  if (kind === "envelope listeners") {
    const stops = order.map(() => owner.listen("news:1", ignore));
    for (const i of order) stops[i]?.();
  } else {
    const options = kind === "event listeners with a signal" ? { signal: controller.signal } : false;
    for (const callback of callbacks) owner.listeners.addEventListener("news:1", callback, options);
    for (const i of order) {
      const callback = callbacks[i];
      if (callback !== undefined) owner.listeners.removeEventListener("news:1", callback, false);
    }
  }
  const elapsed = performance.now() - start;
  assertEquals(owner.listeners.lists.size, 0);
  return elapsed;
}

/**
 * Asserts that ten times as many listeners take far less than a hundred times as long: the cost of one does not
 * depend on their number. Caches and other processes only make it slower, so one good measurement is enough.
 */
function assertLinear(time: (count: number) => number): void {
  const ratios: number[] = [];
  const deadline = performance.now() + 5000;
  do {
    const fewMs = Math.min(time(10_000), time(10_000), time(10_000));
    ratios.push(time(100_000) / fewMs);
  } while (Math.min(...ratios) >= 80 && performance.now() < deadline);
  assertLess(Math.min(...ratios), 80);
}

for (const kind of ["envelope listeners", "event listeners", "event listeners with a signal"]) {
  for (const [name, orderOf] of Object.entries(ORDERS)) {
    Deno.test(`100,000 ${kind} of one topic are added and removed in linear time, ${name}`, () => {
      assertLinear((count) => timeToComeAndGo(kind, orderOf(count)));
    });
  }
}

Deno.test("100,000 event listeners that share a signal are removed by it in linear time", () => {
  assertLinear((count) => {
    const { listeners } = new Owner();
    const controller = new AbortController();
    for (let i = 0; i < count; i++) {
      listeners.addEventListener("news:1", () => {}, { signal: controller.signal });
    }
    const start = performance.now();
    controller.abort();
    const elapsed = performance.now() - start;
    assertEquals(listeners.lists.size, 0);
    return elapsed;
  });
});
