import { assertEquals } from "@std/assert";
import { EnvelopeTemplate } from "../../../adapters/_redis/envelope_template.ts";
import { TopicChannels } from "../../../adapters/_redis/topic_channels.ts";

Deno.test("topics map to channels and channels to topics, whichever was looked up before", () => {
  const channels = new TopicChannels("app:");
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
