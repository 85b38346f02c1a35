import { assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";

Deno.test("a proxy of an object, and an object that inherits from it, can be printed", () => {
  const pubsub = createPubSub();
  const subscription = pubsub.subscribe("news");
  for (const object of [subscription, pubsub.eventTarget, createWebSocketServerEventTarget()]) {
    for (const value of [new Proxy<object>(object, {}), Object.create(object)]) {
      const printed = [inspect(value), inspect({ value }), Deno.inspect({ value })];
      assertEquals(printed.map((text) => text.includes("{")), [true, true, true]);
    }
  }
});
