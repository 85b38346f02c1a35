import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { createHttpEdge } from "@alkdev/pubsub/http";
import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { readEvents, serveEdge } from "../support/event_streams.ts";

type Events = { "build.finished": { text: string } };

const SUBSCRIBED = { event: "subscribed", id: "-" };

Deno.test("a stream brings the events of its topics, and nothing else", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const pubsub = createPubSub<Events>({ eventTarget: hub });
  await using one = await readEvents(edge.url, ["build.finished:a", "other"]);
  await using all = await readEvents(edge.url, ["*"]);
  const text = "line\nfeed\r\u2028 data: x\n\nevent: gap \u{1F600}";
  for (const id of ["a", "b"]) pubsub.publish("build.finished", id, { text });
  await eventually(() => assertEquals([one.messages.length, all.messages.length], [2, 3]));
  assertEquals(one.messages, [
    { ...SUBSCRIBED, data: { topics: ["build.finished:a", "other"] } },
    { event: undefined, id: undefined, data: { type: "build.finished", id: "a", payload: { text } } },
  ]);
  assertEquals(one.response.headers.get("content-type"), "text/event-stream");
  assertEquals(hub.connectionCount, 2);
});

Deno.test("a stream that the client leaves is forgotten", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const stream = await readEvents(edge.url, ["build.finished"]);
  assertEquals([hub.connectionCount, hub.topicCount], [1, 1]);
  await stream[Symbol.asyncDispose]();
  await eventually(() => assertEquals([hub.connectionCount, hub.topicCount], [0, 0]));
});

Deno.test("a client that comes back gets the gap before the first event", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub));
  await using stream = await readEvents(edge.url, ["build.finished"], { "last-event-id": "-" });
  await eventually(() => assertEquals(stream.messages.length, 2));
  assertEquals(stream.messages[1], { event: "gap", id: undefined, data: { topics: ["build.finished"] } });
});

Deno.test("the rights of the hub decide on a stream, before and while it is open", async () => {
  const hub = createWebSocketServerEventTarget<string>({
    onError() {},
    authorize: ({ type, spoke }) => type === spoke.context,
  });
  const authenticate = (request: Request) => request.headers.get("authorization")?.slice("Bearer ".length);
  await using edge = serveEdge(hub, createHttpEdge(hub, { authenticate }));
  const ask = async (topics: string, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${edge.url}/events?${topics}`, { headers });
    return [response.status, await response.json()];
  };
  assertEquals(await ask("topic=a"), [401, { error: "not authenticated" }]);
  assertEquals(await ask("topic=a&topic=b", "Bearer a"), [403, {
    error: "not all topics can be subscribed to",
    refused: [{ topic: "b", reason: "not authorized" }],
  }]);
  assertEquals((await ask("", "Bearer a"))[0], 400);
  assertEquals((await ask("topic=__x", "Bearer a"))[0], 403);
  assertEquals(hub.connectionCount, 0);

  await using stream = await readEvents(edge.url, ["a", "a:1"], { authorization: "Bearer a" });
  hub.revoke(() => true, "a:1");
  hub.revoke(() => true);
  assert(await stream.ended);
  const told = stream.messages.map(({ event, data }) => [event, JSON.stringify(data)]);
  assertEquals(told.map(([event]) => event), ["subscribed", "revoked", "closed"]);
  assertStringIncludes(told[1]?.[1] ?? "", '"topic":"a:1"');
  assertEquals(stream.messages.at(-1)?.data, { code: 1000, reason: "no topic is left" });
});

Deno.test("the end of a spoke ends its stream, after what is queued, with the code and the reason", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const pubsub = createPubSub<Events>({ eventTarget: hub });
  await using stream = await readEvents(edge.url, ["build.finished"]);
  pubsub.publish("build.finished", "a", { text: "the last" });
  await hub.close(() => true, { code: 4401, reason: "logged out" });
  assert(await stream.ended);
  assertEquals(stream.messages.slice(1).map(({ data }) => data), [
    { type: "build.finished", id: "a", payload: { text: "the last" } },
    { code: 4401, reason: "logged out" },
  ]);
  assertEquals(hub.connectionCount, 0);
});

Deno.test("a quiet stream gets comments", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub, { heartbeatMs: 20 }));
  const response = await fetch(`${edge.url}/events?topic=a`);
  let text = "";
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.endsWith(":\n\n:\n\n")) break;
  }
  assertEquals(text.split("\n\n").slice(1), [":", ":", ""]);
});

Deno.test("a client that does not read is dropped like any slow spoke, and others hear everything", async () => {
  const slow: number[] = [];
  const hub = createWebSocketServerEventTarget({
    onError() {},
    backpressureGraceMs: 50,
    onBackpressure: () => slow.push(performance.now()),
  });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const pubsub = createPubSub<Events>({ eventTarget: hub });
  using unread = await Deno.connect({ hostname: "127.0.0.1", port: edge.port });
  await unread.write(
    new TextEncoder().encode("GET /events?topic=build.finished HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  );
  await eventually(() => assertEquals(hub.connectionCount, 1));
  await using read = await readEvents(edge.url, ["build.finished"]);
  const text = "x".repeat(64 * 1024);
  let published = 0;
  while (slow.length === 0 && published < 1000) {
    pubsub.publish("build.finished", "a", { text });
    published++;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await eventually(() => assertEquals(hub.connectionCount, 1));
  assertGreater(published, 16);
  assertLess(published, 1000);
  await eventually(() => assertEquals(read.messages.length, published + 1), { timeoutMs: 10_000 });
});

Deno.test("the path of streams upgrades to the WebSocket of a link", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub, { upgrade: Deno.upgradeWebSocket }));
  const link = createWebSocketClientEventTarget(() =>
    new WebSocket(`${edge.url}/events`.replace("http", "ws"))
  );
  const spoke = createPubSub<Events>({ eventTarget: link });
  const subscription = spoke.subscribe("build.finished");
  await subscription.ready;
  createPubSub<Events>({ eventTarget: hub }).publish("build.finished", "a", { text: "hello" });
  assertEquals((await subscription.next()).value?.payload.text, "hello");
  await link.close();
});

Deno.test("a hub that accepts no further connection answers 503", async () => {
  const hub = createWebSocketServerEventTarget({ maxConnections: 1 });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  await using _stream = await readEvents(edge.url, ["a"]);
  for (const init of [{}, { method: "POST", body: "[]" }]) {
    const response = await fetch(`${edge.url}/${"method" in init ? "publish" : "events?topic=a"}`, init);
    assertEquals([response.status, response.headers.get("retry-after")], [503, "1"]);
    await response.body?.cancel();
  }
});
