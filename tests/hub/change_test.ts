import { assertEquals } from "@std/assert";
import { lineOf } from "../../hub/live/change.ts";

Deno.test("the line of a change has no character that a terminal obeys", () => {
  const text = "Published a:\u001b[2J\u009b2J\u202e\u2028\u00e9\u007f";
  assertEquals(
    lineOf({ of: "publish", isDone: false, text }),
    'live page, publish: not done: "Published a:\\u001b[2J\\u009b2J\\u202e\\u2028\\u00e9\\u007f"',
  );
});
