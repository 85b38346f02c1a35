import { assert, assertEquals } from "@std/assert";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { findChromium, openPage } from "../../support/chromium.ts";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { bundle } from "../../support/runtimes.ts";

Deno.test("a page continues where it stood after each reload, and so does another tab for itself", async () => {
  const chromium = await findChromium();
  await using bundled = await bundle("resume_page.ts");
  await using served = serveHub({ history: createMemoryHistory({ number: {} }) });
  const { hub } = served;
  const told: { heard: number[]; gaps: number }[] = [];
  hub.listen("told", undefined, { onEvent: ({ payload }) => void told.push(payload as typeof told[number]) });
  let published = 0;
  const timer = setInterval(() => hub.publish({ type: "number", id: "1", payload: published++ }), 2);
  try {
    await using page = await openPage(chromium, bundled.path, { hub: served.url });
    const connections = (count: number) =>
      eventually(
        () => served.log.filter((line) => line === "connection").length === count && hub.topicCount === 2,
        {
          timeoutMs: 20_000,
        },
      );
    await connections(1);
    const { result } = await page.command("Runtime.evaluate", { expression: "location.href" }) as {
      result: { value: string };
    };
    for (let reload = 2; reload <= 5; reload++) {
      await page.command("Page.reload");
      await connections(reload);
    }
    // A tab that is opened from the outside has a storage of its own.
    await page.command("Target.createTarget", { url: result.value });
    await connections(6);
    clearInterval(timer);
    await eventually(() => {
      told.length = 0;
      hub.publish({ type: "ask", id: "", payload: "" });
      return hub.flush().then(() =>
        told.length === 2 && told.every(({ heard }) => heard.length === published)
      );
    }, { timeoutMs: 20_000 });
    const all = Array.from({ length: published }, (_, i) => i);
    assert(published > 200);
    assertEquals(told.map(({ heard, gaps }) => [heard, gaps]), [[all, 0], [all, 0]]);
  } finally {
    clearInterval(timer);
  }
});
