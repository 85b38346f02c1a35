import { assertEquals } from "@std/assert";
import { findChromium, openPage } from "../../support/chromium.ts";
import { bundle } from "../../support/runtimes.ts";

Deno.test("a tab of a SharedWorker in Chromium that was frozen comes back, and is one spoke", async () => {
  const chromium = await findChromium();
  await using tab = await bundle("shared_worker_page.ts");
  await using hub = await bundle("shared_worker_hub.ts");
  await using page = await openPage(chromium, tab.path, {}, hub.path);
  assertEquals(await page.report, { states: ["open", "reconnecting", "open, gap"], spokes: 1 });
});
