import { createPubSub, createWebSocketClientEventTarget, type EventEnvelope } from "@alkdev/pubsub";
import { assert, assertEquals, assertMatch } from "@std/assert";
// @ts-types="../support/ws.d.ts"
import { WebSocket as NodeWebSocket } from "ws";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { eventually } from "../support/eventually.ts";
import { type ServedHub, serveHub } from "../support/hub_program.ts";
import { openLivePage, rowsOf, serveLivePage, textOf, TOKEN } from "../support/live_page.ts";

Deno.test.beforeAll(buildLivePage);

/** A link to a hub, with its events and its states. */
function connect(hub: ServedHub) {
  const heard: EventEnvelope[] = [];
  const states: string[] = [];
  const eventTarget = createWebSocketClientEventTarget(
    () => new WebSocket(`${hub.url.replace("http", "ws")}/events`),
    { onError() {}, onStatus: ({ state }) => states.push(state), reconnectDelayMs: 10 },
  );
  const pubsub = createPubSub({ eventTarget });
  const news = pubsub.subscribe("news", "a");
  pubsub.on("news", (event) => heard.push(event));
  return { eventTarget, heard, states, news };
}

Deno.test("a page that may only read changes nothing, whatever it sends", async () => {
  await using hub = await serveHub();
  await using page = await serveLivePage(hub);
  const { eventTarget, heard, news } = connect(hub);
  await news.ready;
  const { host, port } = new URL(page.url);
  const errors: unknown[] = [];
  const ofPage = createWebSocketClientEventTarget(
    () => new NodeWebSocket(`ws://${host}/events`, { headers: { cookie: `pubsub-live-${port}=${TOKEN}` } }),
    { onError: (error) => errors.push(error) },
  );
  const pubsub = createPubSub({ eventTarget: ofPage });
  await pubsub.subscribe("snapshot").ready;
  const { number } = [...hub.shown.observed.arrivals.values()][0] ?? { number: 0 };
  pubsub.publish("change", "", { action: "publish", topic: "news:a", payload: 1 });
  pubsub.publish("change", "", { action: "revoke", spoke: number, topic: "" });
  pubsub.publish("change", "", { action: "close", spoke: number, isFinal: true });
  pubsub.publish("news", "a", 2);
  await pubsub.flush();
  await eventTarget.flush();
  assertEquals([heard, hub.hub.connectionCount, eventTarget.status.state], [[], 1, "open"]);
  assertEquals(hub.hub.topicCount, 2);
  await using browser = await openLivePage(page.url);
  assertEquals(await browser.value(`document.querySelector("#change").hidden`), true);
  await ofPage.close();
  await eventTarget.close();
});

Deno.test("a page that may write publishes, revokes and closes, by the keyboard alone", async () => {
  await using hub = await serveHub();
  await using page = await serveLivePage(hub, { mayWrite: true });
  const { eventTarget, heard, states, news } = connect(hub);
  await news.ready;
  await using browser = await openLivePage(page.url);
  await eventually(async () => assertEquals(await browser.value(rowsOf("#spokes") + ".length"), 1));

  // Each control can be reached by Tab, and is seen to have the focus.
  const reached: string[] = [];
  for (let i = 0; i < 20 && reached.at(-1) !== "SUMMARY"; i++) {
    await browser.press("Tab");
    const [name, outline] = Object(
      await browser.value(`(({ id, tagName, parentElement: p, ariaLabel }) =>
        [ariaLabel ?? (id || p.closest("[id]").id + " " + tagName), getComputedStyle(document.activeElement).outlineWidth])
        (document.activeElement)`),
    );
    reached.push(name.endsWith("SUMMARY") ? "SUMMARY" : name);
    assertEquals(outline, "3px", name);
  }
  assertEquals(reached, [
    "topics INPUT",
    "Topics, scrollable",
    "spokes INPUT",
    "Spokes, scrollable",
    "tap-topic",
    "tap BUTTON",
    "Events, the newest first",
    "publish INPUT",
    "publish INPUT",
    "publish BUTTON",
    "spoke INPUT",
    "SUMMARY",
  ]);

  // Topics by the arrows, and Enter.
  await browser.value(`document.querySelector("#topics .scroll").focus()`);
  await browser.press("ArrowDown", "ArrowDown", "Enter");
  const second = Object(await browser.value(rowsOf("#topics")))[1]?.[0];
  assertEquals(await browser.value(`document.querySelector("#tap-topic").value`), second);
  assertEquals(await browser.value(`document.activeElement.textContent`), second);
  await browser.press("Home");
  assertEquals(
    await browser.value(`document.activeElement.textContent`),
    Object(await browser.value(rowsOf("#topics")))[0]?.[0],
  );

  const outcome = textOf("#outcome");
  await browser.value(`document.querySelector("#publish input").focus()`);
  await browser.press(..."news:a", "Tab", ..."{oops", "Enter");
  assertEquals(await browser.value(outcome), "The payload is not JSON: put text in quotes");
  await browser.value(`document.activeElement.value = '{"n":1}'`);
  await browser.press("Enter");
  await eventually(async () => assertEquals(await browser.value(outcome), "Published news:a"));
  await eventually(() => assertEquals(heard.map(({ payload }) => payload), [{ n: 1 }]));

  await browser.value(`document.querySelector("#spokes .scroll").focus()`);
  await browser.press("ArrowDown", "Enter");
  assert(String(await browser.value(textOf("#spoke-name"))).startsWith("Spoke 1: 127.0.0.1:"));
  await browser.press(..."news:a", "Enter");
  await eventually(async () => assertEquals(await browser.value(outcome), "Spoke 1 has lost news:a"));
  await eventually(() => assertEquals(hub.hub.topicCount, 0));
  const first = Object(await browser.value(rowsOf("#spokes")))[0]?.[0];
  const closeBy = (value: string) =>
    browser.value(`document.querySelector("#spoke [value=${value}]").click()`);
  await closeBy("close");
  await eventually(() => assertEquals(states.slice(-2), ["reconnecting", "open"]));
  assertEquals(await browser.value(outcome), "Closed spoke 1");
  await closeBy("close");
  await eventually(async () => assertEquals(await browser.value(outcome), "Spoke 1 has left"));
  // The connection that came back is another spoke.
  await eventually(async () => assert(Object(await browser.value(rowsOf("#spokes")))[0]?.[0] !== first));
  await browser.value(`document.querySelector("#spokes .scroll").focus()`);
  await browser.press("ArrowDown", "Enter");
  assert(String(await browser.value(textOf("#spoke-name"))).startsWith("Spoke 2: "));
  await closeBy("final");
  await eventually(() => assertEquals(states.at(-1), "closed"));
  await eventTarget.close();
});

Deno.test("a spoke that was chosen is not that of a hub that was started again", async () => {
  const first = await serveHub();
  const firstPage = await serveLivePage(first, { mayWrite: true });
  const port = Number(new URL(firstPage.url).port);
  const before = connect(first);
  await before.news.ready;
  await using browser = await openLivePage(firstPage.url);
  const spoke = `document.querySelector("#spokes td button")`;
  await eventually(async () => assertEquals(await browser.value(`${spoke} !== null`), true));
  await browser.value(`${spoke}.click()`);
  await eventually(async () => assertMatch(String(await browser.value(textOf("#spoke-name"))), /^Spoke 1: /));
  await before.eventTarget.close();
  await firstPage.close();
  await first.close();
  await using second = await serveHub();
  const after = connect(second);
  await after.news.ready;
  await using _page = await serveLivePage(second, { port, mayWrite: true });
  await eventually(
    async () => assertMatch(String(await browser.value(textOf("#spoke-name"))), /^The hub was started again/),
    { timeoutMs: 10_000 },
  );
  await browser.value(`document.querySelector("#spoke button[value=final]").click()`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals(after.eventTarget.status.state, "open");
  await after.eventTarget.close();
});
