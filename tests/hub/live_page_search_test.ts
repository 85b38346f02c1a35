import { assertEquals } from "@std/assert";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { serveHub } from "../support/hub_program.ts";
import { openLivePage, serveLivePage, textOf } from "../support/live_page.ts";

Deno.test.beforeAll(buildLivePage);

Deno.test("a key that is held down in a search field does not end the connection of the page", async () => {
  await using hub = await serveHub();
  await using page = await serveLivePage(hub);
  await using browser = await openLivePage(page.url);
  await browser.value(`window.states = []; new MutationObserver(() => states.push(${textOf("#state")}))
    .observe(document.querySelector("#state"), { childList: true, characterData: true, subtree: true })`);
  // Keyboards repeat a key 30 times a second.
  await browser.value(`(async () => {
    const input = document.querySelector("#topics input");
    for (let i = 0; i < 100; i++) {
      input.value += "x";
      input.dispatchEvent(new Event("input"));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  })()`);
  assertEquals(await browser.value(`[...states, ${textOf("#state")}]`), ["Live"]);
});
