import { assert, assertEquals, assertNotStrictEquals } from "@std/assert";
import {
  ConnectionLostError,
  createInProcessEventTarget,
  createPubSub,
  RefusedError,
  SubscriptionOverflowError,
} from "@alkdev/pubsub";
import { viaOf, withVia } from "../../core/via.ts";
import { shared } from "../../core/shared.ts";
import { loadSecondCopy } from "../support/second_copy.ts";

Deno.test("an error of one copy of the library is an instance of the same class of the other copy, and of no other class", async () => {
  await using copy = await loadSecondCopy();
  const { library } = copy;
  assertNotStrictEquals(library.ConnectionLostError, ConnectionLostError);
  const classes = { ConnectionLostError, RefusedError, SubscriptionOverflowError };
  for (const [made, asked] of [[library, classes], [classes, library]] as const) {
    const errors = {
      ConnectionLostError: new made.ConnectionLostError("lost"),
      RefusedError: new made.RefusedError("refused", { topic: "news:1", reason: "no" }),
      SubscriptionOverflowError: new made.SubscriptionOverflowError(1),
    };
    for (const [name, error] of Object.entries(errors)) {
      assertEquals(
        {
          ConnectionLostError: error instanceof asked.ConnectionLostError,
          RefusedError: error instanceof asked.RefusedError,
          SubscriptionOverflowError: error instanceof asked.SubscriptionOverflowError,
        },
        {
          ConnectionLostError: name === "ConnectionLostError",
          RefusedError: name === "RefusedError",
          SubscriptionOverflowError: name === "SubscriptionOverflowError",
        },
      );
    }
  }
});

Deno.test("the instances of a subclass of an error are its own, also with two copies", async () => {
  await using copy = await loadSecondCopy();
  class LoginLost extends ConnectionLostError {}
  class OtherLost extends copy.library.ConnectionLostError {}
  const own = new LoginLost("lost");
  assert(own instanceof LoginLost && own instanceof ConnectionLostError && own instanceof Error);
  assert(own instanceof copy.library.ConnectionLostError);
  for (const error of [new ConnectionLostError("lost"), new copy.library.ConnectionLostError("lost"), own]) {
    assertEquals(error instanceof OtherLost, false);
    assertEquals(error instanceof LoginLost, error === own);
  }
});

Deno.test("what only looks like an error of the library is not an instance of its class", () => {
  const named = Object.assign(new Error("lost"), { name: "ConnectionLostError" });
  for (const value of [named, {}, new Error("lost"), undefined, null, 1, "ConnectionLostError", () => {}]) {
    assertEquals(value instanceof ConnectionLostError, false);
  }
});

Deno.test("the via that one copy of the library notes for an event is known to the other copy", async () => {
  await using copy = await loadSecondCopy();
  const envelope = { type: "news", id: "1", payload: null };
  copy.via.withVia(envelope, ["a"]);
  assertEquals(viaOf(envelope), ["a"]);
  assertEquals(copy.via.viaOf(withVia({ ...envelope }, ["b"])), ["b"]);
  assertEquals(viaOf({ ...envelope }), undefined);
});

Deno.test("a subscription over the event target of another copy receives its events and its end", async () => {
  await using copy = await loadSecondCopy();
  const eventTarget = createInProcessEventTarget();
  await using one = createPubSub<{ news: number }>({ eventTarget });
  await using two = copy.library.createPubSub<{ news: number }>({ eventTarget });
  const subscription = two.subscribe("news", "1", { capacity: 1 });
  one.publish("news", "1", 1);
  one.publish("news", "1", 2);
  assertEquals((await subscription.next()).value?.payload, 1);
  const error = await subscription.next().then(() => undefined, (reason) => reason);
  assert(error instanceof SubscriptionOverflowError);
  await eventTarget.close();
});

Deno.test("a shared value is made once, and is no enumerable member of the global object", () => {
  const value = shared("test.1", () => ({}));
  assertEquals(shared("test.1", () => ({ other: true })) === value, true);
  assertEquals(shared("test.2", () => ({})) === value, false);
  const key = Symbol.for("@alkdev/pubsub/test.1");
  assertEquals(Object.getOwnPropertyDescriptor(globalThis, key)?.enumerable, false);
});
