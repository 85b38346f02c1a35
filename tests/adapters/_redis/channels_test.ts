import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { slotOf, unusedNameInSlotOf } from "../../../adapters/_redis/channels.ts";

Deno.test("the slot of a channel is the CRC16 of its hashed part", () => {
  // As CLUSTER KEYSLOT returns them.
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

Deno.test("the unused name in the slot of a channel is another name in that slot, unless braces rule it out", () => {
  const part = fc.string({ unit: fc.constantFrom("{", "}", "a", "é", ":") });
  fc.assert(fc.property(part, (channel) => {
    const unused = unusedNameInSlotOf(channel);
    if (unused === undefined) return assert(channel === "" || channel.includes("}"));
    assert(unused !== channel);
    assertEquals(slotOf(unused), slotOf(channel));
  }));
});
