// Prints which objects the garbage collector collects and keeps, as a line of JSON. Run with --v8-flags=--expose-gc.

import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
import { Queue } from "../../core/queue.ts";
import { eventually } from "./eventually.ts";
import { CountedEventTarget } from "./counted_event_target.ts";
import { ManualEventTarget } from "./manual_event_target.ts";

declare const gc: () => void;

/** Collects garbage, and lets finalizers run. */
async function collect(): Promise<void> {
  gc();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Collects garbage until a condition is true. Returns whether it became true. */
async function afterCollecting(check: () => boolean): Promise<boolean> {
  try {
    await eventually(async () => {
      await collect();
      return check();
    }, { timeoutMs: 3000 });
    return true;
  } catch {
    return false;
  }
}

const facts: Record<string, unknown> = {};
const eventTarget = new CountedEventTarget();
const pubsub = createPubSub({ eventTarget });
const controller = new AbortController();
const manualTarget = new ManualEventTarget();
const manual = createPubSub({ eventTarget: manualTarget });

// Subscriptions that nobody can read.
(function abandon() {
  pubsub.subscribe("abandoned", "1");
  pubsub.subscribe("abandoned", "2", { signal: controller.signal });
  void pubsub.subscribe("abandoned", "3").ready;
  pubsub.publish("abandoned", "1", "unread");
})();

// Each reader is reachable only through its pending next().
const heard: unknown[] = [];
const heardAlone: unknown[] = [];
(function wait() {
  void (async () => {
    for await (const { payload } of pubsub.subscribe("waiting", "1")) heard.push(payload);
    heard.push("done");
  })();
  void pubsub.subscribe("waiting", "2").next().then(({ value }) => heardAlone.push(value?.payload));
})();

let ready = false;
(function wait() {
  void manual.subscribe("waiting", "1").ready.then(() => ready = true, () => {});
})();

const kept = pubsub.subscribe("kept", "1");
facts["an abandoned subscription releases its listener"] = await afterCollecting(() =>
  ["abandoned:1", "abandoned:2", "abandoned:3"].every((topic) => eventTarget.count(topic) === 0)
);
for (let i = 0; i < 5; i++) await collect();
facts["a reachable subscription keeps its listener"] = eventTarget.count("kept:1") === 1;
pubsub.publish("kept", "1", "kept");
facts["a reachable subscription keeps its buffer"] = (await kept.next()).value?.payload === "kept";
manualTarget.acknowledge("waiting:1");
await collect();
facts["a pending ready survives"] = ready;
pubsub.publish("waiting", "1", "first");
for (let i = 0; i < 5; i++) await collect();
pubsub.publish("waiting", "1", "second");
await eventually(() => heard.length === 2);
facts["a pending for await survives, and gets events"] = heard.join() === "first,second";
pubsub.publish("waiting", "2", "only");
await eventually(() => heardAlone.length === 1);
facts["a pending next() survives, and gets an event"] = heardAlone.join() === "only";
facts["the subscription of a next() is released after the answer"] = await afterCollecting(() =>
  eventTarget.count("waiting:2") === 0
);
await pubsub.close();
await eventually(() => heard.length === 3);
facts["a for await ends with its PubSub"] = heard.at(-1) === "done";
controller.abort();

/** Whether the object that `use` makes is collected while its result is reachable. */
async function isReleased<T>(use: (payload: object) => T): Promise<boolean> {
  const [reference, held] = (() => {
    const payload = { large: new Uint8Array(1024) };
    return [new WeakRef(payload), use(payload)] as const;
  })();
  const released = await afterCollecting(() => reference.deref() === undefined);
  // Keeps the holder reachable until here.
  heldUntilNow.push(held);
  return released;
}
const heldUntilNow: unknown[] = [];

const target = createInProcessEventTarget();
const inProcess = createPubSub({ eventTarget: target });
const subscribed = (id: string, payload: object, options = {}) => {
  const subscription = inProcess.subscribe("news", id, options);
  inProcess.publish("news", id, payload);
  return subscription;
};
facts["return() releases buffered events"] = await isReleased((payload) => {
  const subscription = subscribed("1", payload);
  void subscription.return();
  return subscription;
});
facts["a signal releases buffered events"] = await isReleased((payload) => {
  const controller = new AbortController();
  const subscription = subscribed("2", payload, { signal: controller.signal });
  controller.abort();
  return subscription;
});
facts["return() after the end releases buffered events"] = await isReleased((payload) => {
  const subscription = subscribed("3", payload, { capacity: 1 });
  inProcess.publish("news", "3", "one too many");
  void subscription.return();
  return subscription;
});
facts["read events are released while the subscription continues"] = await isReleased((payload) => {
  const subscription = subscribed("4", payload);
  void subscription.next();
  return subscription;
});
facts["dropped events are released while the subscription continues"] = await isReleased((payload) => {
  const subscription = subscribed("5", payload, { capacity: 1, overflow: "drop-oldest" });
  inProcess.publish("news", "5", "newer");
  return subscription;
});
facts["an unread event is kept"] = await (async () => {
  const [unread, other, subscription] = (() => {
    const [payload, other] = [{}, {}];
    return [new WeakRef(payload), new WeakRef(other), subscribed("6", payload)] as const;
  })();
  await afterCollecting(() => other.deref() === undefined);
  for (let i = 0; i < 5; i++) await collect();
  const { value } = await subscription.next();
  return unread.deref() !== undefined && value?.payload === unread.deref();
})();
facts["a queue releases removed items"] = await isReleased((payload) => {
  const buffer = new Queue<object>();
  for (const item of [payload, {}]) buffer.push(item);
  buffer.shift();
  return buffer;
});
facts["a large queue that was emptied releases its memory"] = await (async () => {
  // Heap numbers would take memory beside the slots of the array: only the slots are compared.
  const buffers = Array.from({ length: 20 }, () => new Queue<null>());
  const full = (): number => {
    gc();
    return Deno.memoryUsage().heapUsed;
  };
  const before = full();
  for (const buffer of buffers) for (let i = 0; i < 100_000; i++) buffer.push(null);
  const grown = full() - before;
  for (const buffer of buffers) while (buffer.size > 0) buffer.shift();
  await collect();
  const left = full() - before;
  heldUntilNow.push(buffers);
  return left < grown / 10;
})();
facts["a removed listener is released"] = await isReleased((callback) => {
  const listener = Object.assign(callback, { handleEvent() {} });
  const other = () => {};
  target.addEventListener("news:2", other);
  target.addEventListener("news:2", listener, { signal: new AbortController().signal });
  target.removeEventListener("news:2", listener);
  target.removeEventListener("news:2", other);
  return target;
});
facts["a subscription that ended unread is released while its signal lives on"] = await isReleased(
  (payload) => {
    const controller = new AbortController();
    subscribed("7", payload, { signal: controller.signal, capacity: 1 });
    inProcess.publish("news", "7", "one too many");
    return controller;
  },
);
await inProcess.close();
console.log(JSON.stringify(facts));
