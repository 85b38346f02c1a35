// Loads every module, and uses the core, where parts of the platform are missing: React Native, Jest's jsdom.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

const MISSING = [
  "CustomEvent",
  "FinalizationRegistry",
  "DOMException",
  "TextEncoder",
  "TextDecoder",
  "WebSocket",
  "Worker",
  "structuredClone",
  "crypto",
];
for (const name of MISSING) Reflect.deleteProperty(globalThis, name);
Reflect.deleteProperty(String.prototype, "isWellFormed");
Reflect.deleteProperty(String.prototype, "toWellFormed");

const { createInProcessEventTarget, createPubSub } = await import("../../../mod.ts");
await import("../../../adapters/redis.ts");
await import("../../../adapters/iroh.ts");
await import("../../../adapters/wire.ts");
await import("../../../adapters/history.ts");
await import("../../../core/schemas/mod.ts");
await import("../../../http/mod.ts");
await import("../../../opentelemetry/mod.ts");
await import("../../../testing/mod.ts");

const pubsub = createPubSub<{ news: string }>();
const subscription = pubsub.subscribe("news", "\u{1f600}");
pubsub.publish("news", "\u{1f600}", "a");
assertEquals((await subscription.next()).value?.payload, "a");
await subscription.return();
const controller = new AbortController();
controller.abort(new Error("mine"));
const ended = pubsub.subscribe("news", "1", { signal: controller.signal });
assertEquals((await assertRejects(() => ended.ready, Error)).name, "AbortError");
for (const id of ["\ud800", "a\udc00b", "\u{1f600}\ud800"]) {
  let message = "";
  try {
    pubsub.publish("news", id, "a");
  } catch (error) {
    message = String(error);
  }
  assert(message.includes("the id has a lone surrogate"), message);
}
// So long that its bytes are counted.
pubsub.publish("news", "ä".repeat(400), "a");
assertThrows(() => pubsub.publish("news", "ä".repeat(600), "a"), TypeError);

const heard: unknown[] = [];
for (const eventTarget of [createInProcessEventTarget(), new EventTarget()]) {
  const pubsub = createPubSub<{ news: string }>({ eventTarget });
  eventTarget.addEventListener(
    "news:1",
    (event) => heard.push([event.type, "detail" in event && event.detail]),
  );
  pubsub.on("news", ({ payload }) => heard.push(payload));
  pubsub.publish("news", "1", "a");
}
const envelope = { type: "news", id: "1", payload: "a" };
assertEquals(heard, [["news:1", envelope], "a", ["news:1", envelope], "a"]);
console.log("done");
