import { assertEquals } from "@std/assert";
import { MAX_HOPS, readVia, viaOf, withVia } from "../../core/via.ts";

Deno.test("a via is read up to the most hops, and a malformed one is undefined", () => {
  assertEquals(readVia(["a", "b"]), ["a", "b"]);
  assertEquals(readVia(Array.from({ length: 100_000 }, String)), Array.from({ length: MAX_HOPS }, String));
  assertEquals(readVia(["x".repeat(64)]), ["x".repeat(64)]);
  for (const value of [undefined, null, [], "a", { 0: "a", length: 1 }, ["a", 1], ["x".repeat(65)]]) {
    assertEquals(readVia(value), undefined);
  }
});

Deno.test("a via belongs to the very envelope that it was noted for", () => {
  const envelope = { type: "n", id: "1", payload: null };
  assertEquals(viaOf(withVia(envelope, undefined)), undefined);
  assertEquals(viaOf(withVia(envelope, ["a"])), ["a"]);
  assertEquals([viaOf({ ...envelope }), Object.keys(envelope)], [undefined, ["type", "id", "payload"]]);
});
