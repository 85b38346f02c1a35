import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { createHttpEdge } from "@alkdev/pubsub/http";
import { assertEquals } from "@std/assert";
import { findChromium, openBrowser } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { serveEdge } from "../support/event_streams.ts";

Deno.test("the EventSource of a page hears events, and continues where it was when it comes back", async () => {
  const hub = createWebSocketServerEventTarget({ history: createMemoryHistory({ run: { perId: 100 } }) });
  const { fetch } = createHttpEdge(hub);
  const page = new Response("<!doctype html><title>page</title>", {
    headers: { "content-type": "text/html" },
  });
  await using edge = serveEdge(hub, {
    fetch: (request) =>
      new URL(request.url).pathname === "/" ? Promise.resolve(page.clone()) : fetch(request),
  });
  await using browser = await openBrowser(await findChromium(), edge.url);
  const value = async (expression: string): Promise<unknown> => {
    const answer = await browser.command("Runtime.evaluate", { expression, returnByValue: true });
    return Object(Object(answer).result).value;
  };
  await eventually(async () => assertEquals(await value("document.title"), "page"));
  await value(`heard = []; stream = new EventSource("/events?topic=run&topic=other");
    stream.onmessage = ({ data }) => heard.push(JSON.parse(data).payload);
    for (const name of ["subscribed", "gap", "closed"]) stream.addEventListener(name, () => heard.push(name));`);
  const pubsub = createPubSub<{ run: number; other: number }>({ eventTarget: hub });
  await eventually(async () => assertEquals(await value("heard"), ["subscribed"]));
  pubsub.publish("run", "a", 1);
  await eventually(async () => assertEquals(await value("heard"), ["subscribed", 1]));
  // The browser comes back after three seconds, unless the stream says otherwise.
  await hub.close(() => true);
  pubsub.publish("run", "a", 2);
  await eventually(
    async () => assertEquals(await value("heard"), ["subscribed", 1, "closed", "subscribed", "gap", 2]),
    { timeoutMs: 10_000 },
  );
  await value("stream.close()");
  // At the latest, the next heartbeat of the stream finds that the page has left.
  await eventually(() => assertEquals(hub.connectionCount, 0), { timeoutMs: 30_000 });
});
