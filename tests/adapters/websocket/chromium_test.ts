import { assert, assertEquals } from "@std/assert";
import { findChromium, openPage, type Page } from "../../support/chromium.ts";
import { eventually as eventuallyWithin } from "../../support/eventually.ts";
import { type ServedHub, serveHub } from "../../support/hubs.ts";
import { bundle } from "../../support/runtimes.ts";
import { openProxy, type TcpProxy } from "../../support/tcp_proxy.ts";

// The link of the page makes its further attempts within a day: those that come earlier are reconnect()'s.

function eventually(check: () => boolean): Promise<boolean> {
  return eventuallyWithin(check, { timeoutMs: 20_000 });
}

/** How long a check takes to come true, in milliseconds. */
async function timeOf(check: () => boolean): Promise<number> {
  const started = performance.now();
  await eventually(check);
  return performance.now() - started;
}

/** Opens a page with a link to a hub, behind a proxy. */
async function withPage(
  test: (page: Page, proxy: TcpProxy, served: ServedHub) => Promise<void>,
): Promise<void> {
  const chromium = await findChromium();
  await using bundled = await bundle("link_page.ts");
  await using served = serveHub();
  await using proxy = await openProxy(served.port);
  await using page = await openPage(chromium, bundled.path, { hub: `ws://127.0.0.1:${proxy.port}` });
  await eventually(() => served.hub.topicCount === 1);
  await test(page, proxy, served);
}

async function setOffline(page: Page, offline: boolean): Promise<void> {
  const unlimited = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
  await page.command("Network.emulateNetworkConditions", { offline, ...unlimited });
}

Deno.test("a page that was offline has its link back within a second of being online", () =>
  withPage(async (page, proxy, { hub }) => {
    await page.command("Network.enable");
    for (let i = 1; i <= 2; i++) {
      await setOffline(page, true);
      proxy.refuse();
      await eventually(() => hub.connectionCount === 0);
      proxy.accept();
      await setOffline(page, false);
      const ms = await timeOf(() => hub.topicCount === 1);
      assert(ms <= 1000, `it took ${ms} ms`);
      assertEquals(proxy.connections, 1 + i);
    }
  }));

Deno.test("a page that becomes visible, or is no longer frozen, replaces a dead connection within six seconds", () =>
  withPage(async (page, proxy, { hub, log }) => {
    // Another tab is in front.
    await page.command("Target.createTarget", { url: "about:blank" });
    proxy.blackhole();
    await page.command("Page.bringToFront");
    assert(await timeOf(() => proxy.connections === 2) <= 6000);
    // One link is one spoke.
    await eventually(() => log.join(" ") === "connection connection disconnection" && hub.topicCount === 1);
    await page.command("Page.setWebLifecycleState", { state: "frozen" });
    proxy.blackhole();
    await page.command("Page.setWebLifecycleState", { state: "active" });
    assert(await timeOf(() => proxy.connections === 3) <= 6000);
    proxy.cut();
  }));
