import { assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { createPubSub } from "@alkdev/pubsub";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openReconnectingLink } from "../../support/links.ts";
import { startNginx } from "../../support/reverse_proxy.ts";

/** More than one interval of the link, less than two. */
const READ_TIMEOUT_MS = 1800;
const HEARTBEAT_MS = 1000;
const WATCH_MS = 4000;

for (const [library, serve] of [["platform", serveHub], ["ws", serveNodeHub]] as const) {
  Deno.test(`an idle link (${library}) stays open behind an nginx that cuts idle connections`, async () => {
    await using served = await serve();
    await using nginx = await startNginx(served.port, `proxy_read_timeout ${READ_TIMEOUT_MS}ms;`);
    const heartbeat = { heartbeatMs: HEARTBEAT_MS };
    await using open = openReconnectingLink(`ws://127.0.0.1:${nginx.port}`, heartbeat, library);
    await open.link.flush();
    await delay(WATCH_MS);
    assertEquals(open.states(), ["open"]);
  });

  Deno.test(`a burst and a large event pass nginx (${library}), and a reload of it ends no link`, async () => {
    await using served = await serve();
    await using nginx = await startNginx(served.port);
    await using open = openReconnectingLink(`ws://127.0.0.1:${nginx.port}`, {}, library);
    const hub = createPubSub<{ text: string }>({ eventTarget: served.hub });
    const spoke = createPubSub<{ text: string }>({ eventTarget: open.link });
    const texts = ["x".repeat(900_000), ...Array.from({ length: 60 }, (_, i) => `${i}`.repeat(20_000))];
    await open.link.flush();
    await nginx.reload();
    for (const [from, to] of [[hub, spoke], [spoke, hub]] as const) {
      await using heard = to.subscribe("text");
      await heard.ready;
      for (const text of texts) from.publish("text", "1", text);
      for (const text of texts) assertEquals((await heard.next()).value?.payload, text);
    }
    assertEquals(open.states(), ["open"]);
  });
}
