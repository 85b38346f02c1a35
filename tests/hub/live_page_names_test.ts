import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { assertEquals, assertMatch } from "@std/assert";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { eventually } from "../support/eventually.ts";
import { createTestKey, serveHub } from "../support/hub_program.ts";
import { openLivePage, serveLivePage, textOf } from "../support/live_page.ts";
import { withFiles } from "../support/temp_files.ts";

Deno.test.beforeAll(buildLivePage);

Deno.test("topics with the longest names, and subjects as long as tokens are, are on the page", async () => {
  await withFiles({}, async (root) => {
    const key = await createTestKey("HS256", decodeURIComponent(root.pathname));
    await using hub = await serveHub({ key: [key.file] });
    await using page = await serveLivePage(hub);
    const token = await key.sign({ sub: "\u0001".repeat(800) });
    await using targets = new AsyncDisposableStack();
    const connectWith = () =>
      targets.use(
        createWebSocketClientEventTarget(() =>
          new WebSocket(`${hub.url.replace("http", "ws")}/events?token=${token}`)
        ),
      );
    for (let i = 0; i < 200; i++) connectWith();
    const pubsub = createPubSub({ eventTarget: connectWith() });
    const name = "\u0001".repeat(1000);
    for (let i = 0; i < 9_990; i++) pubsub.on("many", `${name}${i}`, () => {});
    await pubsub.flush();
    await using browser = await openLivePage(page.url);
    const count = (selector: string) => browser.value(textOf(`${selector} .count`));
    await eventually(async () => assertMatch(String(await count("#topics")), /^\d+ of 9,990$/));
    assertEquals(await count("#spokes"), "201");
    await browser.value(`document.querySelector("#topics input").value = "9989"`);
    await browser.value(`document.querySelector("#topics input").dispatchEvent(new Event("input"))`);
    await eventually(async () => assertEquals(await count("#topics"), "1 of 9,990"));
  });
});

Deno.test("a hundred types with the longest names hide nothing of the page", async () => {
  await using hub = await serveHub();
  await using page = await serveLivePage(hub);
  const publisher = createPubSub({ eventTarget: hub.hub });
  const name = "\u0001".repeat(1000);
  for (let i = 0; i < 100; i++) publisher.publish(`${name}${i}`, "1", i);
  await using browser = await openLivePage(page.url);
  const terms = `[...document.querySelectorAll("#numbers dt")].map((dt) => dt.textContent)`;
  await eventually(async () => {
    const names = await browser.value(terms);
    assertEquals(Array.isArray(names) && names.some((each) => each.startsWith("types.\u0001")), true);
  });
});
