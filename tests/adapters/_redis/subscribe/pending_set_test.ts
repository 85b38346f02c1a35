import { assertEquals } from "@std/assert";
import { PendingSet } from "../../../../adapters/_redis/subscribe/pending_set.ts";

Deno.test("a wait resolves once all its items have settled, or once all waits are released", async () => {
  const pending = new PendingSet<string>();
  const resolved: string[] = [];
  const wait = (name: string, items: string[]) => pending.wait(items).then(() => void resolved.push(name));
  void wait("both", ["a", "b"]);
  void wait("one", ["b"]);
  void wait("never", ["c"]);
  await wait("none", []);
  assertEquals(resolved, ["none"]);
  for (const [item, expected] of [["b", "one"], ["b", "one"], ["a", "both"]] as const) {
    pending.settle(item);
    await null;
    assertEquals(resolved.at(-1), expected);
  }
  pending.release();
  await null;
  assertEquals(resolved, ["none", "one", "both", "never"]);
});
