import { createPubSub, createWebSocketClientEventTarget, type PubSubEventTarget } from "@alkdev/pubsub";
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { eventually } from "../support/eventually.ts";
import { type ServedHub, serveHub } from "../support/hub_program.ts";
import { weakContrasts } from "../support/contrast.js";
import { assertWhole, openLivePage, openPage, serveLivePage, tile } from "../support/live_page.ts";

const MARKUP = "<img src=x onerror=document.title='broken'>";

function connect(hub: ServedHub): PubSubEventTarget {
  return createWebSocketClientEventTarget(() => new WebSocket(`${hub.url.replace("http", "ws")}/events`), {
    onError() {},
  });
}

/** The numbers of an object by their paths, as the page shows them. */
function numbersOf(value: object, path = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) =>
      typeof member === "number"
        ? [[path + name, member.toLocaleString("en")]]
        : Object.entries(numbersOf(member, `${path}${name}.`))
    ),
  );
}

Deno.test.beforeAll(buildLivePage);

Deno.test("the page shows what stats() says, as text, and follows ten thousand topics", async () => {
  await using hub = await serveHub();
  await using page = await serveLivePage(hub);
  const eventTarget = connect(hub);
  const pubsub = createPubSub({ eventTarget });
  for (let i = 0; i < 9_990; i++) pubsub.on("many", String(i), () => {});
  pubsub.on(MARKUP, MARKUP, () => {});
  await pubsub.flush();
  await using browser = await openLivePage(page.url);
  const { connections, subscribers } = hub.hub.stats();
  await eventually(async () => {
    assertEquals(await browser.value(tile("Spokes")), String(connections.current));
    assertEquals(await browser.value(tile("Topics")), subscribers.topics.toLocaleString("en"));
  });
  assertEquals(await browser.value("location.search + document.cookie"), "");

  // Search, then listen, with the keyboard alone.
  await browser.value(`document.querySelector("#topics input").value = "<img"`);
  await browser.value(`document.querySelector("#topics input").dispatchEvent(new Event("input"))`);
  assertEquals(await browser.value(`document.querySelector("#topics .count").textContent`), "1 of 9,991");
  const button = `document.querySelector("#topics td button")`;
  assertEquals(await browser.value(`${button}.textContent`), `${MARKUP}:${MARKUP}`);
  await browser.value(`${button}.focus(); ${button}.click()`);
  const events = `[...document.querySelectorAll("#tap-events pre")].map((pre) => pre.textContent)`;
  const publisher = createPubSub({ eventTarget: hub.hub });
  const published = setInterval(() => {
    for (let i = 0; i < 20; i++) publisher.publish(MARKUP, MARKUP, { html: MARKUP });
  }, 100);
  await eventually(async () =>
    assertEquals(Object(await browser.value(events))[0], JSON.stringify({ html: MARKUP }))
  );
  // At most 50 of 200 a second, after 50 at once.
  const start = performance.now();
  const before = Number(await browser.value(`${events}.length`));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const shown = Number(await browser.value(`${events}.length`)) - before;
  clearInterval(published);
  const seconds = (performance.now() - start) / 1000;
  assertLess(shown, 51 + 50 * seconds);
  await eventually(async () =>
    assertMatch(
      String(await browser.value(`document.body.innerText`)),
      /events before this one are not shown/,
    )
  );
  assertEquals(await browser.value("document.images.length + document.title"), "0pubsub hub");

  // All rows can be reached, and few are in the document.
  await browser.value(`document.querySelector("#topics input").value = "many:"`);
  await browser.value(`document.querySelector("#topics input").dispatchEvent(new Event("input"))`);
  const scroll = `document.querySelector("#topics .scroll")`;
  assertGreater(Number(await browser.value(`${scroll}.scrollHeight`)), 9_990 * 29);
  await browser.value(`${scroll}.scrollTop = 1e9`);
  await eventually(async () => {
    const rows = Object(
      await browser.value(
        `[...document.querySelectorAll("#topics tbody tr:not([hidden]) button")].map((b) => b.textContent)`,
      ),
    );
    assert(rows.includes("many:9989"));
    assertLess(rows.length, 60);
  });
  await eventTarget.close();
});

Deno.test("every number of stats() is on the page, after refusals, slow spokes and gaps", async () => {
  await using hub = await serveHub({
    history: { kept: { perId: 2 } },
    hub: {
      authorize: ({ type }) => type !== "secret",
      backpressureThreshold: 100_000,
      backpressureGraceMs: 100,
    },
  });
  await using page = await serveLivePage(hub);
  const eventTarget = connect(hub);
  const pubsub = createPubSub({ eventTarget });
  for (const type of ["news", "kept", MARKUP]) pubsub.on(type, () => {});
  await pubsub.subscribe("secret").ready.catch(() => {});
  pubsub.publish("secret", "a", 1);
  for (let i = 0; i < 300; i++) pubsub.publish(i % 2 ? "news" : MARKUP, String(i), { i });
  await pubsub.flush();
  // A stream that nobody reads.
  const { hostname, port } = new URL(hub.url);
  using unread = await Deno.connect({ hostname, port: Number(port) });
  await unread.write(new TextEncoder().encode(`GET /events?topic=big HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`));
  await eventually(() => assertEquals(hub.hub.connectionCount, 2));
  const { observed } = hub.shown;
  await eventually(() => {
    pubsub.publish("big", "a", "x".repeat(500_000));
    assertEquals(observed.slow, 1);
  }, { timeoutMs: 15_000 });
  await pubsub.flush();
  await using browser = await openLivePage(page.url);
  await eventually(async () => {
    const shown = Object(
      await browser.value(`Object.fromEntries([...document.querySelectorAll("#numbers dl > div")].map(
        ({ firstChild, lastChild }) => [firstChild.textContent, lastChild.textContent]))`),
    );
    const { types: _, ...ofBus } = hub.shown.bus.stats();
    const expected = {
      ...numbersOf(hub.hub.stats()),
      ...numbersOf(ofBus, "bus."),
      "spokes.slow": "1",
      "requests.unauthenticated": "0",
    };
    assertEquals(shown, expected);
  });
  const { connections, subscribers, heard, published } = hub.hub.stats();
  const tiles = {
    "Spokes": connections.current,
    "Topics": subscribers.topics,
    "Events in": heard.total + published.total,
    "Events out": subscribers.handedOver,
    "Not sent": Object.values(subscribers.dropped).reduce((sum, count) => sum + count),
    "Slow drops": 1,
    "Gaps": subscribers.gaps,
    "Refused": subscribers.refused.authorize + (heard.dropped.refused ?? 0),
    "Bad token": 0,
  };
  for (const [title, value] of Object.entries(tiles)) {
    assertEquals(await browser.value(tile(title)), value.toLocaleString("en"), title);
  }
  assertEquals([tiles.Refused, tiles.Topics], [2, 3]);
  assertGreater(tiles["Not sent"], 0);
  await eventTarget.close();
});

Deno.test("no part of the page is cut off at any width, and all of it has contrast, light and dark", async () => {
  await using hub = await serveHub();
  await using page = await serveLivePage(hub, { mayWrite: true });
  const eventTarget = connect(hub);
  createPubSub({ eventTarget }).on("run.output", "x".repeat(300), () => {});
  await eventTarget.flush();
  await using browser = await openLivePage(page.url);
  await eventually(async () => assertEquals(await browser.value(tile("Spokes")), "1"));
  for (const scheme of ["light", "dark"] as const) {
    await browser.paint(scheme);
    assertEquals(await browser.value(`(${weakContrasts})()`), [], scheme);
  }
  await assertWhole(browser);
  await eventTarget.close();
});

Deno.test("a page that is open comes back when its hub is started again", async () => {
  const first = await serveHub();
  const firstPage = await serveLivePage(first);
  const port = Number(new URL(firstPage.url).port);
  createPubSub({ eventTarget: first.hub }).publish("only.first", "1", 1);
  await using browser = await openLivePage(firstPage.url);
  const hasOld =
    `[...document.querySelectorAll("#numbers dt")].some((dt) => dt.textContent.includes("only.first"))`;
  await eventually(async () => assertEquals(await browser.value(hasOld), true));
  const state = `document.querySelector("#state").textContent`;
  await firstPage.close();
  await first.close();
  await eventually(async () => assertEquals(await browser.value(state), "The hub is away: trying again"));
  await using second = await serveHub();
  await using _page = await serveLivePage(second, { port });
  await eventually(async () => assertEquals(await browser.value(state), "Live"), { timeoutMs: 10_000 });
  assertMatch(
    String(await browser.value(`document.querySelector("#about").textContent`)),
    new RegExp(second.url),
  );
  assertEquals(await browser.value(hasOld), false);
});

Deno.test("neither hub nor page lets in a page of another origin, by IP, name or a name that leads here", async () => {
  await using hub = await serveHub();
  await using page = await serveLivePage(hub);
  const port = (url: string) => new URL(url).port;
  await using foreign = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<!doctype html><title>foreign</title>", { headers: { "content-type": "text/html" } }),
  );
  const rules = "--host-resolver-rules=MAP evil.example 127.0.0.1";
  await using browser = await openPage(`http://127.0.0.1:${foreign.addr.port}/`, rules);
  await eventually(async () => assertEquals(await browser.value("document.title"), "foreign"));
  const attempts = ["127.0.0.1", "localhost", "evil.example"].flatMap((host) =>
    [port(hub.url), port(page.url)].map((at) => `${host}:${at}`)
  );
  for (const host of attempts) {
    const socket = `new Promise((resolve) => {
      const socket = new WebSocket("ws://${host}/events");
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("refused");
    })`;
    const stream = `new Promise((resolve) => {
      const stream = new EventSource("http://${host}/events?topic=*");
      stream.onopen = () => resolve("open");
      stream.onerror = () => { stream.close(); resolve("refused"); };
    })`;
    const post =
      `fetch("http://${host}/publish", { method: "POST", mode: "no-cors", body: '{"type":"a","id":""}' })
      .then(() => "sent", () => "refused")`;
    assertEquals([await browser.value(socket), await browser.value(stream)], ["refused", "refused"], host);
    await browser.value(post);
    const embedded =
      `fetch("http://${host}/events?topic=*", { mode: "no-cors" }).then(() => "sent", () => "refused")`;
    await browser.value(embedded);
  }
  const stats = hub.hub.stats();
  assertEquals([stats.connections.current, hub.shown.observed.arrivals.size], [0, 0]);
  assertEquals(stats.connections.opened, 0);

  // The same from a page that the name itself has served: its origin is its host.
  await using rebound = await openPage(`http://evil.example:${port(hub.url)}/healthz`, rules);
  await eventually(async () => assertEquals(await rebound.value("document.body.innerText"), "ok\n"));
  for (const path of ["/events?topic=*", "/publish", "/metrics"]) {
    assertEquals(await rebound.value(`fetch("${path}").then(({ status }) => status)`), 403);
  }
  await using leaked = await openPage(`http://evil.example:${port(page.url)}/?token=wrong`, rules);
  await eventually(async () =>
    assertMatch(String(await leaked.value("document.body.innerText")), /Open the page with the link/)
  );
});
