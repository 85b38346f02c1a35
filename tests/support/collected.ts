// What the garbage collector takes and leaves, as a line of JSON. Run with --v8-flags=--expose-gc.

import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
import { RingBuffer } from "../../core/ring_buffer.ts";
import { eventually } from "./eventually.ts";
import { CountedEventTarget } from "./counted_event_target.ts";
import { ManualEventTarget } from "./manual_event_target.ts";

declare const gc: () => void;

/** Collects, and gives finalizers their turn. */
async function collect(): Promise<void> {
  gc();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Waits until something is true, collecting meanwhile; returns whether it became true. */
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

// What nobody can read any more.
(function abandon() {
  pubsub.subscribe("abandoned", "1");
  pubsub.subscribe("abandoned", "2", { signal: controller.signal });
  void pubsub.subscribe("abandoned", "3").ready;
  pubsub.publish("abandoned", "1", "unread");
})();

// Each reader is referred to by nothing but the event that it waits for.
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
facts["a subscription that is referred to keeps its listener"] = eventTarget.count("kept:1") === 1;
pubsub.publish("kept", "1", "kept");
facts["a subscription that is referred to keeps its buffer"] = (await kept.next()).value?.payload === "kept";
manualTarget.acknowledge("waiting:1");
await collect();
facts["a ready that waits survives"] = ready;
pubsub.publish("waiting", "1", "first");
for (let i = 0; i < 5; i++) await collect();
pubsub.publish("waiting", "1", "second");
await eventually(() => heard.length === 2);
facts["a for await that waits survives, and hears"] = heard.join() === "first,second";
pubsub.publish("waiting", "2", "only");
await eventually(() => heardAlone.length === 1);
facts["a next() that waits survives, and hears"] = heardAlone.join() === "only";
facts["the subscription of a next() is released once it has heard"] = await afterCollecting(() =>
  eventTarget.count("waiting:2") === 0
);
await pubsub.close();
await eventually(() => heard.length === 3);
facts["a for await ends with the others"] = heard.at(-1) === "done";
controller.abort();

/** Whether what `use` made is collected while `use`'s result is held. */
async function isReleased<T>(use: (payload: object) => T): Promise<boolean> {
  const [reference, held] = (() => {
    const payload = { large: new Uint8Array(1024) };
    return [new WeakRef(payload), use(payload)] as const;
  })();
  const released = await afterCollecting(() => reference.deref() === undefined);
  // Only now may the holder go.
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
facts["return() releases what is buffered"] = await isReleased((payload) => {
  const subscription = subscribed("1", payload);
  void subscription.return();
  return subscription;
});
facts["a signal releases what is buffered"] = await isReleased((payload) => {
  const controller = new AbortController();
  const subscription = subscribed("2", payload, { signal: controller.signal });
  controller.abort();
  return subscription;
});
facts["return() after the end releases what is buffered"] = await isReleased((payload) => {
  const subscription = subscribed("3", payload, { capacity: 1 });
  inProcess.publish("news", "3", "one too many");
  void subscription.return();
  return subscription;
});
facts["what was read is released while the subscription goes on"] = await isReleased((payload) => {
  const subscription = subscribed("4", payload);
  void subscription.next();
  return subscription;
});
facts["what was dropped is released while the subscription goes on"] = await isReleased((payload) => {
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
facts["a ring buffer forgets what was taken"] = await isReleased((payload) => {
  const buffer = new RingBuffer<object>();
  for (const item of [payload, {}]) buffer.push(item);
  buffer.shift();
  return buffer;
});
facts["a large ring buffer that was emptied gives its memory back"] = await (async () => {
  // Heap numbers take memory of their own, which an array of undefined does not: only the slots are compared.
  const buffers = Array.from({ length: 20 }, () => new RingBuffer<null>());
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
facts["a callback that was removed is released"] = await isReleased((callback) => {
  const listener = Object.assign(callback, { handleEvent() {} });
  const other = () => {};
  target.addEventListener("news:2", other);
  target.addEventListener("news:2", listener, { signal: new AbortController().signal });
  target.removeEventListener("news:2", listener);
  target.removeEventListener("news:2", other);
  return target;
});
await inProcess.close();
console.log(JSON.stringify(facts));
