import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { ConnectionLostError, RefusedError, SubscriptionOverflowError } from "../../core/errors.ts";

Deno.test("ConnectionLostError has the code, the reason and the cause", () => {
  const cause = new Error("reset");
  const error = new ConnectionLostError("The hub went away", { code: 1001, reason: "restart", cause });
  assertInstanceOf(error, Error);
  assertEquals(error.name, ConnectionLostError.name);
  assertEquals(String(error), "ConnectionLostError: The hub went away");
  assertEquals([error.code, error.reason], [1001, "restart"]);
  assertStrictEquals(error.cause, cause);
});

Deno.test("ConnectionLostError can lack code, reason and cause", () => {
  const error = new ConnectionLostError("The hub went away");
  assertEquals([error.code, error.reason, "cause" in error], [undefined, undefined, false]);
});

Deno.test("RefusedError has the topic, the reason and the cause", () => {
  const cause = new Error("no token");
  const error = new RefusedError("The hub refused", { topic: "news:1", reason: "not yours", cause });
  assertInstanceOf(error, Error);
  assertEquals(error.name, RefusedError.name);
  assertEquals(String(error), "RefusedError: The hub refused");
  assertEquals([error.topic, error.reason], ["news:1", "not yours"]);
  assertStrictEquals(error.cause, cause);
  assert(!("cause" in new RefusedError("The hub refused", { topic: "news:1", reason: "not yours" })));
});

Deno.test("SubscriptionOverflowError has the capacity", () => {
  const error = new SubscriptionOverflowError(16);
  assertInstanceOf(error, Error);
  assertEquals(error.name, SubscriptionOverflowError.name);
  assertEquals(error.capacity, 16);
  assertEquals(
    String(error),
    "SubscriptionOverflowError: Cannot buffer more than 16 events: read faster, or raise the capacity",
  );
});

Deno.test("the mark of an error for other copies of the library is neither printed nor compared", () => {
  const error = new SubscriptionOverflowError(16);
  assertEquals(Object.keys(error), ["name", "capacity"]);
  assertEquals({ ...error }, { name: "SubscriptionOverflowError", capacity: 16 });
  assert(!Deno.inspect(error).includes("Symbol"));
});
