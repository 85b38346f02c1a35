// deno test sessions_test.ts
import { deepStrictEqual } from "node:assert/strict";
import { createPair } from "@alkdev/pubsub/testing";
import { type Events, watchSessions } from "./sessions.ts";

Deno.test("it knows which sessions run, and nothing after a gap", async () => {
  await using pair = createPair<Events>();
  const { hub, link } = pair;
  const { running } = watchSessions(link.pubsub);
  await pair.settle(); // the subscription is at the hub

  hub.pubsub.publish("session.status", "1", { state: "running" });
  hub.pubsub.publish("session.status", "2", { state: "running" });
  hub.pubsub.publish("session.status", "2", { state: "idle" });
  await pair.settle(); // the events have arrived
  deepStrictEqual([...running], ["1"]);

  await link.gap(() => hub.pubsub.publish("session.status", "1", { state: "idle" }));
  deepStrictEqual([...running], []);
});
