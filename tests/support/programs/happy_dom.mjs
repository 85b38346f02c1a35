// Dispatches events where happy-dom has replaced the platform's events, as Vitest and Jest do.
import { assertEquals } from "@std/assert";
import { Window } from "happy-dom";

const { CustomEvent, Event, EventTarget } = new Window();
Object.assign(globalThis, { CustomEvent, Event, EventTarget });
const { createInProcessEventTarget, createPubSub } = await import("../../../mod.ts");

const detail = { type: "news", id: "1", payload: "a" };
const target = createInProcessEventTarget();
const heard = [];
target.addEventListener("news:1", ({ type, detail }) => heard.push([type, detail]));
target.addEventListener("news", { handleEvent: ({ target: of }) => heard.push(of === target) });
target.listen("news", "1", { onEvent: ({ payload }) => heard.push(payload) });
assertEquals(target.dispatchEvent(new globalThis.CustomEvent("news:1", { detail })), true);
assertEquals(heard, [["news:1", detail], "a", true]);

const event = new globalThis.CustomEvent("news:1", { detail, cancelable: true });
target.addEventListener("news:1", (event) => event.preventDefault(), { once: true });
assertEquals(target.dispatchEvent(event), false);
assertEquals(heard.length, 6);
target.dispatchEvent(event);
assertEquals(heard.length, 9);

const foreign = new globalThis.EventTarget();
const pubsub = createPubSub({ eventTarget: foreign });
const payloads = [];
pubsub.on("news", ({ payload }) => payloads.push(payload));
pubsub.publish("news", "1", "b");
assertEquals(payloads, ["b"]);
console.log("done");
