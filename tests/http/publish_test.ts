import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createHttpEdge } from "@alkdev/pubsub/http";
import { defineEvents, type } from "@alkdev/pubsub/schemas";
import { assertEquals, assertMatch } from "@std/assert";
import * as v from "valibot";
import { eventually } from "../support/eventually.ts";
import { rawRequest } from "../support/raw_request.ts";
import { serveEdge } from "../support/event_streams.ts";

async function post(url: string, body: unknown, init: RequestInit = {}): Promise<[number, string]> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(`${url}/publish`, { method: "POST", body: text, ...init });
  return [response.status, await response.text()];
}

Deno.test("a request publishes one event, or an array of them in order", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const pubsub = createPubSub<{ news: number; alarm: unknown }>({ eventTarget: hub });
  const news = pubsub.subscribe("news");
  const alarms = pubsub.subscribe("alarm");
  assertEquals(await post(edge.url, { type: "news", id: "a", payload: 1, extra: true }), [202, ""]);
  const many = Array.from({ length: 1000 }, (_, i) => ({ type: "news", id: "b", payload: i + 2 }));
  assertEquals(await post(edge.url, many), [202, ""]);
  assertEquals(await post(edge.url, { type: "alarm", id: "" }), [202, ""]);
  assertEquals(await post(edge.url, []), [202, ""]);
  for (let i = 1; i <= 1001; i++) assertEquals((await news.next()).value?.payload, i);
  assertEquals((await alarms.next()).value, { type: "alarm", id: "", payload: undefined });
  assertEquals(hub.connectionCount, 0);
  await pubsub.close();
});

Deno.test("a request that cannot be published gets the reason, and nothing of it is published", async () => {
  const hub = createWebSocketServerEventTarget({ maxFrameBytes: 65_536, onError() {} });
  await using edge = serveEdge(hub, createHttpEdge(hub, { maxBodyBytes: 100_000 }));
  const heard: unknown[] = [];
  createPubSub({ eventTarget: hub }).on("news", (event) => heard.push(event));
  const good = { type: "news", id: "a", payload: 1 };
  for (
    const [body, status, error] of [
      ["{", 400, /JSON/],
      ["null", 400, /strings for the type and the id/],
      [[good, { type: "news" }], 400, /strings for the type and the id/],
      [[good, { type: "__subscribe", id: "", payload: { topics: ["*"] } }], 400, /__subscribe/],
      [{ type: "a:b", id: "" }, 400, /a:b/],
      [{ type: "news", id: "x".repeat(2000) }, 400, /bytes/],
      [{ ...good, payload: "x".repeat(70_000) }, 413, /65536 bytes/],
      [{ ...good, payload: "x".repeat(100_000) }, 413, /100000 bytes/],
    ] as const
  ) {
    const [actual, text] = await post(edge.url, body);
    assertEquals(actual, status, text);
    assertMatch(JSON.parse(text).error, error);
  }
  const invalid = new Uint8Array([0x22, 0xff, 0x22]);
  assertEquals((await post(edge.url, "", { body: invalid }))[0], 400);
  const zipped = await new Response(new Blob(["[]"]).stream().pipeThrough(new CompressionStream("gzip")))
    .bytes();
  const encoded = await post(edge.url, "", { body: zipped, headers: { "content-encoding": "gzip" } });
  assertEquals(encoded, [415, '{"error":"a body is not encoded, and this one is: gzip"}']);
  // A stream has no length that could be read first.
  const long = ReadableStream.from(Array.from({ length: 5 }, () => new Uint8Array(65_536)));
  assertEquals((await post(edge.url, "", { body: long }))[0], 413);
  const response = await fetch(`${edge.url}/publish`);
  assertEquals([response.status, await response.json()], [405, { error: "events are published by POST" }]);
  assertEquals(heard, []);
  assertEquals(hub.connectionCount, 0);
});

Deno.test("a request that exceeds the rate of a spoke gets 429", async () => {
  const hub = createWebSocketServerEventTarget({ maxEventsPerSecond: 10, onError() {} });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const many = Array.from({ length: 100 }, () => ({ type: "news", id: "a" }));
  assertEquals((await post(edge.url, many))[0], 429);
});

Deno.test("a request whose events are refused gets the reasons", async () => {
  const hub = createWebSocketServerEventTarget({
    onError() {},
    events: defineEvents({ news: v.object({ text: v.string() }), secret: type<string>() }),
    authorize: ({ type }) => type !== "secret",
  });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  const heard: unknown[] = [];
  createPubSub({ eventTarget: hub }).on("news", ({ payload }) => heard.push(payload));
  const good = { type: "news", id: "a", payload: { text: "fine" } };
  const [forbidden, text] = await post(edge.url, { type: "secret", id: "a", payload: "x" });
  assertEquals(forbidden, 403, text);
  assertEquals(
    JSON.parse(text).refused.map(({ topic, reason }: Record<string, unknown>) => [topic, reason]),
    [
      ["secret:a", "not authorized"],
    ],
  );
  const [invalid, issues] = await post(edge.url, [
    good,
    { type: "news", id: "b", payload: { text: 1 } },
    good,
  ]);
  assertEquals(invalid, 422, issues);
  assertMatch(issues, /"news:b".*string/);
  const [unknown] = await post(edge.url, { type: "unknown", id: "a" });
  assertEquals(unknown, 422);
  assertEquals(heard, [{ text: "fine" }, { text: "fine" }]);
});

Deno.test("a request is answered once a late decision is there", async () => {
  const hub = createWebSocketServerEventTarget({
    onError() {},
    authorize: ({ id }) => new Promise((resolve) => setTimeout(() => resolve(id === "a"), 20)),
  });
  await using edge = serveEdge(hub, createHttpEdge(hub));
  assertEquals((await post(edge.url, { type: "news", id: "a" }))[0], 202);
  assertEquals((await post(edge.url, { type: "news", id: "b" }))[0], 403);
});

Deno.test("a body that is never complete is refused after some time, and its connection is free", async () => {
  const hub = createWebSocketServerEventTarget();
  await using edge = serveEdge(hub, createHttpEdge(hub, { bodyTimeoutMs: 100 }));
  const head = "POST /publish HTTP/1.1\r\nhost: 127.0.0.1\r\n";
  const texts = [`${head}transfer-encoding: chunked\r\n\r\n1\r\n[\r\n`, `${head}content-length: 2\r\n\r\n[`];
  for (const text of texts) assertMatch(await rawRequest(edge.port, text), /^HTTP\/1\.1 408 /);
  assertEquals(hub.connectionCount, 0);
});

Deno.test("bodies that never end take a bounded space, and hold nobody up", async () => {
  await using hub = createWebSocketServerEventTarget();
  const edge = createHttpEdge(hub);
  const publish = (body: BodyInit) =>
    edge.fetch(new Request("http://127.0.0.1/publish", { method: "POST", body }));
  const ends: (() => void)[] = [];
  const endless = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(1_000_000));
        ends.push(() => controller.error());
      },
    });
  const answers: number[] = [];
  const pending = Array.from({ length: 100 }, async () => {
    const { status, body } = await publish(endless());
    answers.push(status);
    await body?.cancel();
  });
  await eventually(() => assertEquals(answers, Array(36).fill(503)));
  assertEquals((await publish('{"type":"a","id":"1"}')).status, 202);
  for (const end of ends) end();
  await Promise.all(pending);
  // That of the request between took the place of one more.
  assertEquals(answers.slice(36), [503, ...Array(63).fill(400)]);
});

Deno.test("a body arrives whole in whatever parts it comes", async () => {
  await using hub = createWebSocketServerEventTarget();
  const heard: unknown[] = [];
  hub.listen("a", undefined, { onEvent: ({ payload }) => heard.push(payload) });
  const text = `\ufeff${JSON.stringify({ type: "a", id: "1", payload: "\u{1F600}\u00e9".repeat(3000) })}`;
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 7, 1024, bytes.length]) {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
        controller.close();
      },
    });
    const request = new Request("http://127.0.0.1/publish", { method: "POST", body });
    assertEquals((await createHttpEdge(hub).fetch(request)).status, 202);
  }
  assertEquals(heard, Array(4).fill("\u{1F600}\u00e9".repeat(3000)));
});
