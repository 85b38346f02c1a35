import { assertEquals } from "@std/assert";
import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { payloadsOf } from "../../support/events.ts";
import { serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";

Deno.test("a hub over a target with a history: events of spokes are kept once, and positions stay in the process", async () => {
  const history = createMemoryHistory({ news: {} });
  const upstream = createInProcessEventTarget({ history });
  const served = serveHub({ upstream });
  const [writer, reader, echoless] = [
    openLink(served.url),
    openLink(served.url),
    openLink(served.url, { echo: false }),
  ];
  const heard = payloadsOf(reader.link, "news");
  const own = payloadsOf(echoless.link, "news");
  const envelopes: object[] = [];
  reader.link.listen("news", undefined, { onEvent: (envelope) => void envelopes.push(envelope) });
  for (const { link } of [writer, reader, echoless]) await link.flush();
  writer.link.publish({ type: "news", id: "1", payload: 1 });
  await writer.link.flush();
  echoless.link.publish({ type: "news", id: "1", payload: 2 });
  await echoless.link.flush();
  await reader.link.flush();
  assertEquals([heard, own], [[1, 2], [1]]);
  assertEquals(envelopes.map((envelope) => Object.keys(envelope)), Array(2).fill(["type", "id", "payload"]));

  const past = createPubSub<{ news: number }>({ eventTarget: upstream }).subscribe("news", { from: "start" });
  assertEquals([(await past.next()).value?.payload, (await past.next()).value?.payload], [1, 2]);
  assertEquals(history.stats().events, 2);
  await past.return();
  for (const { link } of [writer, reader, echoless]) await link.close();
  await served[Symbol.asyncDispose]();
  await upstream.close();
});
