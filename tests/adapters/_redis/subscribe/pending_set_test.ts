import { assertEquals } from "@std/assert";
import { Waits } from "../../../../adapters/_redis/subscribe/pending_set.ts";

Deno.test("those who wait hear once all that they wait for has happened, or nothing will any more", async () => {
  const waits = new Waits<string>();
  const heard: string[] = [];
  const wait = (name: string, things: string[]) => waits.wait(things).then(() => void heard.push(name));
  void wait("both", ["a", "b"]);
  void wait("one", ["b"]);
  void wait("never", ["c"]);
  await wait("none", []);
  assertEquals(heard, ["none"]);
  for (const [thing, expected] of [["b", "one"], ["b", "one"], ["a", "both"]] as const) {
    waits.settle(thing);
    await null;
    assertEquals(heard.at(-1), expected);
  }
  waits.letGo();
  await null;
  assertEquals(heard, ["none", "one", "both", "never"]);
});
