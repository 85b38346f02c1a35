import { assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { serveHub, serveNodeHub } from "../support/hubs.ts";
import { openReconnectingLink } from "../support/links.ts";
import { startNginx } from "../support/reverse_proxy.ts";

Deno.test("an idle link with defaults stays open behind a stock nginx, which cuts after 60 s", async () => {
  await using served = serveHub();
  await using servedByNode = await serveNodeHub();
  await using nginx = await startNginx(served.port);
  await using nginxOfNode = await startNginx(servedByNode.port);
  await using open = openReconnectingLink(`ws://127.0.0.1:${nginx.port}`);
  await using openOfNode = openReconnectingLink(`ws://127.0.0.1:${nginxOfNode.port}`, {}, "ws");
  await delay(200_000);
  assertEquals([open.states(), openOfNode.states()], [["open"], ["open"]]);
});
