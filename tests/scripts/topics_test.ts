import { createPubSub } from "@alkdev/pubsub";
import { assertEquals, assertThrows } from "@std/assert";
import { subscribeTo, withoutCovered } from "../../scripts/tools/topics.ts";

Deno.test("topics that another topic covers are left out", () => {
  assertEquals(withoutCovered(["a:1", "b", "b:2", "a:1", "a:2"]), ["a:1", "b", "a:2"]);
  assertEquals(withoutCovered(["a:1", "*", "b"]), ["*"]);
});

Deno.test("a topic as text names an id, every id of a type, or everything", async () => {
  await using pubsub = createPubSub();
  const subscriptions = ["a:1:2", "a", "*"].map((topic) => subscribeTo(pubsub, topic));
  for (const [type, id] of [["b", "1"], ["a", "1"], ["a", "1:2"]] as const) pubsub.publish(type, id, null);
  const first = await Promise.all(subscriptions.map((subscription) => subscription.next()));
  assertEquals(first.map(({ value }) => `${value?.type}:${value?.id}`), ["a:1:2", "a:1", "b:1"]);
});

Deno.test("an invalid topic throws", async () => {
  await using pubsub = createPubSub();
  for (const topic of ["", ":1", "*:1", "__hello", "a".repeat(2000)]) {
    assertThrows(() => subscribeTo(pubsub, topic), TypeError);
  }
});
