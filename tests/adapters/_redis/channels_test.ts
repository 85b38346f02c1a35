import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { neighborOf, slotOf } from "../../../adapters/_redis/slots.ts";

Deno.test("the slot of a channel is the CRC16 of what is hashed of it", () => {
  // What CLUSTER KEYSLOT says of them.
  const slots = {
    "123456789": 12739,
    "session.status:proj_123": 14629,
    "é": 10180,
    "a{123456789}b": 12739,
    "{}x": 10595,
    "": 0,
  };
  for (const [channel, slot] of Object.entries(slots)) assertEquals(slotOf(channel), slot, channel);
});

Deno.test("a channel's neighbour is another name in its slot, unless there are braces in the way", () => {
  const part = fc.string({ unit: fc.constantFrom("{", "}", "a", "é", ":") });
  fc.assert(fc.property(part, (channel) => {
    const neighbor = neighborOf(channel);
    if (neighbor === undefined) return assert(channel === "" || channel.includes("}"));
    assert(neighbor !== channel);
    assertEquals(slotOf(neighbor), slotOf(channel));
  }));
});
