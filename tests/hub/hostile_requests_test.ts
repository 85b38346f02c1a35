import { assertEquals, assertMatch } from "@std/assert";
import { startLivePage } from "../../hub/live/live_page.ts";
import { serveHub } from "../support/hub_program.ts";
import { HOSTILE_REQUESTS, rawRequest } from "../support/raw_request.ts";

const ASSETS = { "/": { type: "text/html", text: "<p>page</p>" } };

Deno.test("the program and its live page outlive requests that are hardly requests", async () => {
  await using hub = await serveHub();
  const page = await startLivePage(hub.shown, ASSETS, { hostname: "127.0.0.1", port: 0 });
  const ports = [hub.url, page.url].map((url) => Number(new URL(url).port));
  await Promise.all(ports.flatMap((port) =>
    Object.entries(HOSTILE_REQUESTS).map(async ([what, text]) => {
      const received = await rawRequest(port, text, 300);
      assertMatch(received, /^(HTTP\/1\.1 [24]\d\d |$)/, what);
    })
  ));
  const { status, body } = await fetch(page.url, { redirect: "manual" });
  await body?.cancel();
  assertEquals(status, 303);
  assertEquals(await (await fetch(`${hub.url}/healthz`)).text(), "ok\n");
  assertEquals(hub.hub.connectionCount, 0);
  await page.close();
});
