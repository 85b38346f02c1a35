import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import {
  ConnectionLostError,
  createPubSub,
  createWebSocketClientEventTarget,
  type EventTargetStatus,
  RefusedError,
} from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { envelope } from "../../support/events.ts";

/** A link over a socket without a network, with what it reported. */
function fakeLink(
  options: {
    readyState?: number;
    maxBufferedBytes?: number;
    maxFrameBytes?: number;
    flushTimeoutMs?: number;
  } = {},
) {
  const { readyState = 1, ...bounds } = options;
  const socket = new FakeSocket();
  socket.readyState = readyState;
  const faults: { stage: string; error: unknown; topic: string | undefined; dropped: number | undefined }[] =
    [];
  const statuses: EventTargetStatus[] = [];
  const link = createWebSocketClientEventTarget(socket, {
    ...bounds,
    onStatus: (status) => void statuses.push(status),
    onError: (error, { stage, topic, dropped }) => void faults.push({ stage, error, topic, dropped }),
  });
  return { socket, link, faults, statuses, pubsub: createPubSub({ eventTarget: link }) };
}

/** A turn of the microtask queue, in which an outbox sends. */
const flushed = () => Promise.resolve().then(() => {});

Deno.test("link sends its hello first, then its topics, then what waited", async () => {
  const { socket, link, pubsub, statuses } = fakeLink({ readyState: 0 });
  pubsub.publish("early", "1", "first");
  const subscription = pubsub.subscribe("news", "1");
  const flush = link.flush();
  pubsub.publish("early", "2", "second");
  assertEquals([socket.sent, link.status.state], [[], "connecting"]);
  socket.fire("open");
  await flushed();
  assertEquals(socket.envelopes.map(({ type, id }) => [type, id]), [
    ["__hello", ""],
    ["__subscribe", "1"],
    ["early", "1"],
    ["__ping", "1"],
    ["early", "2"],
  ]);
  const { link: id, ...hello } = socket.envelopes[0]?.payload as Record<string, unknown>;
  assertEquals(hello, { version: 1, batch: true, maxFrameBytes: 1_048_576, connection: 1 });
  assertMatch(String(id), /^[0-9,]{7,43}$/);
  assertEquals(socket.envelopes[1]?.payload, { topics: ["news:1"] });
  assertEquals(statuses, []);
  socket.receive("__hello", "", { version: 1, batch: true });
  assertEquals(statuses, [{ state: "open" }]);
  socket.receive("__pong", "1");
  await flush;
  await subscription.return();
  socket.fire("close");
});

Deno.test("a subscription is announced before events that are published after it in the same turn", async () => {
  const { socket, pubsub } = fakeLink();
  await flushed();
  socket.sent.length = 0;
  pubsub.publish("before", "1", null);
  const subscription = pubsub.subscribe("answer", "1");
  const other = pubsub.subscribe("answer", "2");
  pubsub.publish("question", "1", null);
  await other.return();
  pubsub.publish("after", "1", null);
  await flushed();
  assertEquals(socket.envelopes.map(({ type, payload }) => [type, payload]), [
    ["before", null],
    ["__subscribe", { topics: ["answer:1", "answer:2"] }],
    ["question", null],
    ["__unsubscribe", { topics: ["answer:2"] }],
    ["after", null],
  ]);
  await subscription.return();
  socket.fire("close");
});

Deno.test("a topic is announced once however many listeners it has, and unsubscribed with the last", async () => {
  const { socket, link } = fakeLink();
  const stops = [1, 2, 3].map(() => link.listen("news", "1", { onEvent() {} }));
  await flushed();
  for (const stop of stops) {
    assertEquals(socket.envelopes.filter(({ type }) => type === "__unsubscribe").length, 0);
    stop();
    await flushed();
  }
  assertEquals(socket.envelopes.map(({ type }) => type), ["__hello", "__subscribe", "__unsubscribe"]);
  socket.fire("close");
});

Deno.test("many topics are announced in as many frames as needed", async () => {
  await using served = serveHub({ maxTopicsPerConnection: 20_000 });
  await using open = openLink(served.url);
  await open.link.flush();
  for (let i = 0; i < 15_000; i++) open.link.listen("news", `an id that is not short ${i}`, { onEvent() {} });
  await open.link.flush();
  assertEquals([served.hub.topicCount, served.faults.length], [15_000, 0]);
  // The same at once, on a connection that opens later.
  await using second = openLink(served.url);
  for (let i = 0; i < 15_000; i++) second.link.listen("news", `"\\\u0001é🎈" ${i}`, { onEvent() {} });
  await second.link.flush();
  assertEquals([served.hub.topicCount, served.faults.length], [30_000, 0]);
});

Deno.test("ready stays pending as long as the hub withholds its acknowledgement", async () => {
  const { socket, pubsub } = fakeLink();
  const subscription = pubsub.subscribe("news", "1");
  let ready = false;
  const waiting = subscription.ready.then(() => ready = true);
  await flushed();
  socket.receive("__subscribed", "another", { topics: ["news:1"] });
  socket.receive("news", "1", "heard all the same");
  await flushed();
  assertEquals(ready, false);
  socket.receive("__subscribed", "1", { topics: ["news:1"], refused: [] });
  await waiting;
  assertEquals((await subscription.next()).value?.payload, "heard all the same");
  socket.fire("close");
});

Deno.test("ready stays pending on a real hub that never answers", async () => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("message", ({ data }) => {
      // It acknowledges nothing, and echoes what is published.
      if (!data.includes("__")) socket.send(data);
    });
    return response;
  });
  const { link } = openLink(`ws://127.0.0.1:${server.addr.port}`);
  const pubsub = createPubSub({ eventTarget: link });
  const subscription = pubsub.subscribe("news", "1");
  let settled = false;
  subscription.ready.then(() => settled = true, () => settled = true);
  pubsub.publish("news", "1", "echo");
  assertEquals((await subscription.next()).value?.payload, "echo");
  assertEquals(settled, false);
  const ready = assertRejects(() => subscription.ready, DOMException);
  await link.close();
  await ready;
});

Deno.test("an acknowledgement counts only for the last request for a topic", async () => {
  const { socket, pubsub } = fakeLink();
  const first = pubsub.subscribe("news", "1");
  await flushed();
  await first.return();
  await flushed();
  const second = pubsub.subscribe("news", "1");
  await flushed();
  assertEquals(socket.envelopes.map(({ type, id }) => [type, id]).slice(1), [
    ["__subscribe", "1"],
    ["__unsubscribe", "2"],
    ["__subscribe", "3"],
  ]);
  let ready = false;
  const waiting = second.ready.then(() => ready = true);
  socket.receive("__subscribed", "1", { topics: ["news:1"] });
  await flushed();
  assertEquals(ready, false);
  socket.receive("__subscribed", "3", { topics: ["news:1"] });
  await waiting;
  const third = pubsub.subscribe("news", "1");
  await third.ready;
  socket.fire("close");
});

Deno.test("a refused topic ends only its subscriptions, and the next subscription asks again", async () => {
  const { socket, link, pubsub, faults } = fakeLink();
  link.addEventListener("secret:1", () => {});
  const refused = pubsub.subscribe("secret", "1");
  const kept = pubsub.subscribe("news", "1");
  await flushed();
  socket.receive("__subscribed", "1", {
    topics: ["news:1"],
    refused: [{ topic: "secret:1", reason: "not yours" }],
  });
  const error = await assertRejects(() => refused.next(), RefusedError, "not yours");
  assertEquals([error.topic, error.reason], ["secret:1", "not yours"]);
  await assertRejects(() => refused.ready, RefusedError);
  await kept.ready;
  assertEquals(faults.map(({ stage, topic }) => [stage, topic]), [["subscribe", "secret:1"]]);
  const again = pubsub.subscribe("secret", "1");
  await flushed();
  assertEquals(socket.envelopes.at(-1), { type: "__subscribe", id: "2", payload: { topics: ["secret:1"] } });
  socket.receive("__subscribed", "2", { topics: ["secret:1"] });
  await again.ready;
  socket.fire("close");
});

Deno.test("a revoked topic ends its subscriptions, and a gap is a status", async () => {
  const { socket, pubsub, statuses, link } = fakeLink();
  const revoked = pubsub.subscribe("news", "1");
  await flushed();
  socket.receive("__hello", "", { version: 1, batch: true });
  socket.receive("__subscribed", "1", { topics: ["news:1"] });
  socket.receive("news", "1", "buffered");
  socket.receive("__revoked", "", { refused: [{ topic: "news:1", reason: "taken back" }] });
  socket.receive("__gap", "", {});
  assertEquals((await revoked.next()).value?.payload, "buffered");
  await assertRejects(() => revoked.next(), RefusedError, "taken back");
  assertEquals([statuses, link.status], [[{ state: "open" }, { state: "open", gap: true }], {
    state: "open",
    gap: true,
  }]);
  socket.fire("close");
});

Deno.test("controls meant for the other side and malformed frames are reported, and affect nothing else", async () => {
  const { socket, link, faults } = fakeLink({ maxFrameBytes: 65_536 });
  const heard: unknown[] = [];
  link.listen("*", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  socket.receive("__subscribe", "1", { topics: [] });
  socket.receive("__unsubscribe", "1", { topics: [] });
  socket.fire("message", { data: new ArrayBuffer(3) });
  socket.fire("message", { data: "{" });
  socket.fire("message", { data: JSON.stringify({ type: "n", id: "1", payload: "x".repeat(65_536) }) });
  socket.receive("n", "1", "good");
  assertEquals(heard, ["good"]);
  assertEquals(faults.map(({ stage }) => stage), Array(5).fill("decode"));
  await flushed();
  socket.fire("close");
});

Deno.test("a ping is answered in order, and an unexpected pong is ignored", async () => {
  const { socket, link } = fakeLink();
  socket.receive("__pong", "nobody");
  socket.receive("__ping", "");
  link.publish(envelope("n", "1"));
  socket.receive("__ping", "ref");
  await flushed();
  assertEquals(socket.envelopes.slice(1).map(({ type, id }) => [type, id]), [["__pong", ""], ["n", "1"], [
    "__pong",
    "ref",
  ]]);
  socket.fire("close");
});

Deno.test("flush rejects when the connection ends, when its signal aborts, and when no answer arrives", async () => {
  const { socket, link } = fakeLink({ flushTimeoutMs: 20 });
  const controller = new AbortController();
  const aborted = assertRejects(() => link.flush({ signal: controller.signal }), RangeError, "mine");
  controller.abort(new RangeError("mine"));
  await aborted;
  await assertRejects(() => link.flush(), DOMException, "20 ms");
  const lost = assertRejects(() => link.flush(), ConnectionLostError);
  socket.fire("close", { code: 1006 });
  await lost;
  await assertRejects(() => link.flush(), ConnectionLostError);
});

Deno.test("an event that cannot be buffered is dropped, counted and reported", async () => {
  const { socket, link, faults } = fakeLink({ readyState: 0, maxBufferedBytes: 1000 });
  for (let i = 0; i < 10; i++) link.publish(envelope("n", "1", "x".repeat(200)));
  assertEquals(
    faults.map(({ stage, topic, dropped }) => [stage, topic, dropped]),
    [1, 2, 3, 4, 5, 6].map((n) => [
      "backpressure",
      "n:1",
      n,
    ]),
  );
  socket.fire("open");
  await flushed();
  assertEquals(socket.envelopes.filter(({ type }) => type === "n").length, 4);
  socket.bufferedAmount = 990;
  link.publish(envelope("n", "1", "also counts what the socket holds"));
  assertEquals(faults.at(-1)?.dropped, 7);
  socket.bufferedAmount = 0;
  link.publish(envelope("n", "1", "room again"));
  await flushed();
  assertEquals(socket.envelopes.at(-1)?.payload, "room again");
  socket.fire("close");
});

Deno.test("an event that is larger than the hub accepts is dropped and reported, and the connection stays", async () => {
  await using served = serveHub({ maxFrameBytes: 70_000 });
  const { link, faults } = openLink(served.url);
  const heard: unknown[] = [];
  served.hub.listen("n", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  await link.flush();
  link.publish(envelope("n", "1", "é".repeat(35_000)));
  link.publish(envelope("n", "1", "fits"));
  await link.flush();
  assertEquals(heard, ["fits"]);
  assertEquals(faults.map(({ context }) => [context.stage, context.topic]), [["encode", "n:1"]]);
  assertEquals([link.status.state, served.faults.length], ["open", 0]);
  await link.close();
});

Deno.test("an event that is larger than the hub accepts does not end a connection that is opening", async () => {
  await using served = serveHub({ maxFrameBytes: 65_536 });
  const { link, faults } = openLink(served.url);
  const heard: unknown[] = [];
  served.hub.listen("n", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  for (const payload of ["before", "x".repeat(100_000), "after"]) link.publish(envelope("n", "1", payload));
  await link.flush();
  assertEquals(heard, ["before", "after"]);
  assertEquals(faults.map(({ context }) => [context.stage, context.topic]), [["encode", "n:1"]]);
  assertEquals([link.status.state, served.faults.length], ["open", 0]);
  await link.close();
});

Deno.test("a refused connection ends everything with ConnectionLostError", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (const library of ["platform", "ws"] as const) {
    const { link, faults } = openLink(`ws://127.0.0.1:${port}`, {}, library);
    const pubsub = createPubSub({ eventTarget: link });
    const subscription = pubsub.subscribe("news");
    pubsub.publish("lost", "1", null);
    const flush = assertRejects(() => link.flush(), ConnectionLostError);
    await assertRejects(() => subscription.next(), ConnectionLostError);
    await flush;
    const error = await link.closed;
    assertInstanceOf(error, ConnectionLostError);
    assertInstanceOf(error.cause, Error);
    assertEquals([error.code, link.status.state], [1006, "closed"]);
    assertEquals(faults.map(({ context }) => context.stage), ["connect", "publish"]);
    await link.close();
  }
});

Deno.test("an end from the hub is reported with code and reason, even code 1000", async () => {
  for (const code of [1000, 1001, 1013, 4000]) {
    const { socket, link, pubsub, statuses } = fakeLink();
    const subscription = pubsub.subscribe("news");
    const pending = subscription.next();
    socket.fire("close", { code, reason: "because" });
    const error = await assertRejects(() => pending, ConnectionLostError);
    assertEquals([error.code, error.reason], [code, "because"]);
    assertEquals(statuses.at(-1), { state: "closed", code, reason: "because", error });
    assertEquals(await link.closed, error);
  }
});

Deno.test("Deno's close code 0, for an end without a close frame, becomes 1006", async () => {
  const { socket, link } = fakeLink();
  socket.fire("error", { message: "Unexpected EOF" });
  socket.fire("close", { code: 0 });
  const error = await link.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([error.code, String(error.cause)], [1006, "Error: Unexpected EOF"]);
});

Deno.test("an error of a socket that never opened is its end, since Node 22 dispatches nothing else", async () => {
  const { socket, link, faults } = fakeLink({ readyState: 0 });
  socket.fire("error", {});
  assertInstanceOf(await link.closed, ConnectionLostError);
  socket.fire("close", { code: 1006 });
  assertEquals(faults.map(({ stage }) => stage), ["connect"]);
});

Deno.test("a link over a closed socket has ended", async () => {
  const { link, pubsub } = fakeLink({ readyState: 3 });
  const subscription = pubsub.subscribe("news");
  await assertRejects(() => subscription.next(), ConnectionLostError);
  assertInstanceOf(await link.closed, ConnectionLostError);
});

Deno.test("a socket whose send throws is lost", async () => {
  const { socket, link, faults } = fakeLink();
  await flushed();
  socket.sendFault = new Error("broken");
  link.publish(envelope("n", "1"));
  await flushed();
  const error = await link.closed;
  assertInstanceOf(error, ConnectionLostError);
  assertEquals([String(error.cause), faults.map(({ stage }) => stage)], ["Error: broken", [
    "connect",
    "publish",
  ]]);
});

Deno.test("close sends what waits, even when the connection is not open yet", async () => {
  await using served = serveHub();
  const heard: unknown[] = [];
  served.hub.listen("n", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  const { link } = openLink(served.url);
  for (let i = 0; i < 1000; i++) link.publish(envelope("n", "1", i));
  await link.close();
  await eventually(() => assertEquals(served.log, ["connection", "disconnection"]));
  assertEquals(heard, Array.from({ length: 1000 }, (_, i) => i));
  assertEquals([link.status, await link.closed], [{ state: "closed" }, undefined]);
});

Deno.test("close is done within two seconds while connecting to a server that never upgrades", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const { link, faults } = openLink(`ws://127.0.0.1:${listener.addr.port}`);
  link.publish(envelope("n", "1", "never sent"));
  const connection = await accepted;
  const started = performance.now();
  const flush = assertRejects(() => link.flush(), ConnectionLostError);
  await link.close();
  assert(performance.now() - started < 2000, "close() took more than 2 s");
  await flush;
  assertEquals(faults.map(({ context }) => context.stage), ["publish"]);
  connection.close();
  await eventually(() => link.status.state === "closed");
});

Deno.test("close is done within two seconds with a hub that never answers the close", async () => {
  const { socket, link } = fakeLink();
  const started = performance.now();
  await link.close();
  assert(performance.now() - started < 2000, "close() took more than 2 s");
  assertEquals([socket.closes, link.status.state], [[{ code: 1000, reason: "" }], "closed"]);
  // What arrives now is ignored.
  socket.receive("n", "1", "late");
  socket.fire("close", { code: 1000 });
});

Deno.test("a socket that throws at close ends nevertheless", async () => {
  const { socket, link } = fakeLink();
  socket.closeFault = new Error("InvalidAccessError");
  await link.close();
  assertEquals(link.status.state, "closed");
});

Deno.test("the program's own handlers stay on the socket, and those of the link are removed", async () => {
  const { socket, link } = fakeLink();
  let own = 0;
  socket.addEventListener("message", () => own++);
  socket.receive("n", "1", null);
  assertEquals(own, 1);
  socket.fire("close");
  await link.closed;
  // One listener of ours stays: an error without a listener would end a process under npm:ws.
  assertEquals(socket.listenerCount, 2);
  socket.fire("error", { message: "late" });
});
