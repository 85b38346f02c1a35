import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { NameDecoder } from "../../../../adapters/_redis/subscribe/subscriber_connection.ts";

Deno.test("a channel's name is decoded correctly, whichever name was decoded before", () => {
  const names = new NameDecoder();
  for (const name of ["a:1", "a:1", "b:1", "a:1", "a:12", "a:1", "", "a:1", "é:1", "è:1"]) {
    assertEquals(names.decode(Buffer.from(name)), name);
  }
});
