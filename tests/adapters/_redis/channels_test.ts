import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { slotOf, TopicChannels, unusedNameInSlotOf } from "../../../adapters/_redis/channels.ts";
import { EnvelopeTemplate } from "../../../adapters/_redis/envelope_template.ts";

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

Deno.test("topics map to channels and channels to topics, whichever was looked up before", () => {
  const channels = new TopicChannels("app:", false);
  const topics = [["a", "b"], ["a", "b"], ["a", "b"], ["a", ""], ["a", "b:c"], ["a", "b"]] as const;
  for (const [i, [type, id]] of topics.entries()) {
    const [topic, channel] = [`${type}:${id}`, `app:${type}:${id}`];
    for (const found of [channels.forEvent(type, id), channels.forChannel(channel)]) {
      assertEquals([found.topic, found.channel], [topic, channel]);
      // The template pays off from the second event in a row on.
      assertEquals(found.template, i === 1 || i === 2 ? new EnvelopeTemplate(topic) : undefined);
    }
    // A look-up of the other kind does not end the row.
    channels.forTopic("other");
  }
});
