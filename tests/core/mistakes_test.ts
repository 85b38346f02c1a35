// The texts of common mistakes: each says what to do. The compiler refuses most of them too.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketHandlers,
  createWebSocketServerEventTarget,
  createWorkerHostEventTarget,
} from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { createHttpEdge, createNodeListeners } from "@alkdev/pubsub/http";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import { FakeSocket } from "../support/fake_socket.ts";
import { capturePrinted } from "../support/printed.ts";

/** Calls a function as an untyped caller can, and returns the message of the TypeError. */
function messageOf(call: (...args: never[]) => unknown, ...args: unknown[]): string {
  return assertThrows(() => void Reflect.apply(call, undefined, args), TypeError).message;
}

Deno.test("createPubSub of an event target itself says to pass it in an object", () => {
  assertEquals(
    messageOf(createPubSub, createInProcessEventTarget()),
    "Cannot create a PubSub over [InProcessEventTarget]: eventTarget must be an EventTarget, as in createPubSub({ eventTarget })",
  );
  assertEquals(
    messageOf(createPubSub, new EventTarget()),
    "Cannot create a PubSub over [EventTarget]: eventTarget must be an EventTarget, as in createPubSub({ eventTarget })",
  );
  assertEquals(
    messageOf(createPubSub, "redis://host"),
    'Cannot create a PubSub over "redis://host": eventTarget must be an EventTarget, as in createPubSub({ eventTarget })',
  );
});

Deno.test("createPubSub of null says to pass an object", () => {
  assertEquals(
    messageOf(createPubSub, null),
    "Cannot create a PubSub over null: eventTarget must be an EventTarget, as in createPubSub({ eventTarget })",
  );
});

Deno.test("schemas that defineEvents did not make are refused", () => {
  for (const [events, text] of [[null, "null"], [{ news: {} }, '{"news":{}}'], [true, "true"]] as const) {
    assertEquals(
      messageOf(createPubSub, { events }),
      `Cannot create a PubSub over ${text}: events must come from defineEvents()`,
    );
  }
});

Deno.test("an id that is not a string says that it must be one, or be left out", () => {
  const { subscribe, on } = createPubSub();
  const advice = "it must be a string, or be left out";
  const nothing = () => {};
  for (
    const [id, text] of [[5, "5"], [5n, "bigint"], [null, "null"], [undefined, "undefined"], [
      Object.create(null),
      "{}",
    ], [Symbol("id"), "symbol"]] as const
  ) {
    const expected = `Cannot subscribe to "news" with the id ${text}: ${advice}`;
    assertEquals(messageOf(subscribe, "news", id, {}), expected);
    assertEquals(messageOf(on, "news", id, nothing), expected);
  }
  assertEquals(messageOf(on, "news", 5), 'Cannot subscribe to "news" with 5: it is not a function');
});

Deno.test("an event type that cannot be listened to is described, however long it is and whatever it is", () => {
  const { subscribe } = createPubSub();
  assertEquals(messageOf(subscribe, 5n), "Cannot listen to object: the event type is not a string");
  const long = messageOf(subscribe, "x".repeat(10_000));
  assert(long.length < 200 && long.endsWith(": the topic is longer than 1024 bytes"), long);
});

Deno.test("a URL in place of a function says to pass a function, and shows no secrets", () => {
  for (
    const url of ["wss://hub.example/events?token=secret", new URL("wss://ada:pw@hub.example/events#secret")]
  ) {
    assertEquals(
      messageOf(createWebSocketClientEventTarget, url),
      'Cannot use "wss://hub.example/events" as a WebSocket: pass a function, such as () => new WebSocket(url)',
    );
  }
});

Deno.test("a URL in place of a worker says to pass a worker", () => {
  for (const url of ["file:///worker.ts", new URL("file:///worker.ts")]) {
    assertEquals(
      messageOf(createWorkerHostEventTarget, url),
      'Cannot use "file:///worker.ts" as a worker: pass new Worker(url)',
    );
  }
});

Deno.test("a socket whose events come to handlers says what to pass, and shows no data", () => {
  class ServerWebSocket {
    data = { token: "secret" };
    readyState = 1;
    send(): void {}
    close(): void {}
    getBufferedAmount(): number {
      return 0;
    }
  }
  class WSContext {
    raw = {};
    send(): void {}
    close(): void {}
  }
  const hub = createWebSocketServerEventTarget();
  for (const socket of [new ServerWebSocket(), new WSContext()]) {
    assertEquals(
      messageOf(hub.addConnection.bind(hub), socket),
      `Cannot use [${socket.constructor.name}] as a WebSocket: its events come to handlers. ` +
        "Give the server the handlers of createWebSocketHandlers(hub)",
    );
  }
  assertEquals(hub.connectionCount, 0);
});

Deno.test("what decides who may do what must be a function, so that no other value lets everybody in", () => {
  for (const name of ["authenticate", "authorize", "authorizeEvent"]) {
    for (const [value, text] of [[null, "null"], [false, "false"], ["", '""'], [{}, "{}"]] as const) {
      const expected = `Cannot use ${text} as ${name}: it must be a function`;
      assertEquals(messageOf(createWebSocketServerEventTarget, { [name]: value }), expected);
      assertEquals(messageOf(createWorkerHostEventTarget, undefined, { [name]: value }), expected);
    }
  }
});

Deno.test("what takes a hub, and gets none, says so at the call", () => {
  assertEquals(messageOf(createHttpEdge, {}), "Cannot create an HTTP edge without a hub");
  assertEquals(messageOf(createWebSocketHandlers, {}), "Cannot give sockets to {}: pass a hub");
  assertEquals(
    messageOf(createNodeListeners, {}),
    "Cannot listen without an edge: pass what createHttpEdge() returned",
  );
});

Deno.test("a client of another package says which one to pass to createRedisEventTarget", () => {
  const methods = ["connect", "ping", "publish", "subscribe", "unsubscribe", "on", "off"];
  const withMethods = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, () => {}]));
  const nodeRedis = withMethods([...methods, "pSubscribe", "sSubscribe"]);
  const mock = withMethods([...methods, "psubscribe", "punsubscribe", "pipeline"]);
  const advice = "pass a Redis or a Cluster of ioredis or iovalkey";
  const prefix = "Cannot create a Redis event target: publishClient";
  for (
    const [client, reason] of [
      [nodeRedis, "is a client of node-redis, which has other methods"],
      [mock, "does not say whether it is connected, as a mock such as ioredis-mock"],
      [undefined, "is undefined"],
      ["redis://localhost", 'is "redis://localhost"'],
      [withMethods(["publish"]), "is no client of ioredis"],
    ] as const
  ) {
    const args = { publishClient: client, subscribeClient: client };
    assertEquals(messageOf(createRedisEventTarget, args), `${prefix} ${reason}: ${advice}`);
  }
});

Deno.test("bounds in place of a history, and a history in place of bounds, say what to pass", async () => {
  const bounds = { news: { perId: 1 } };
  const history = createMemoryHistory(bounds);
  const create = "as a history: create it with createMemoryHistory()";
  assertEquals(
    messageOf(createInProcessEventTarget, { history: bounds }),
    `Cannot use {"news":{"perId":1}} ${create}`,
  );
  assertEquals(
    messageOf(createWebSocketServerEventTarget, { history: bounds }),
    `Cannot use {"news":{"perId":1}} ${create}`,
  );
  assertEquals(messageOf(createInProcessEventTarget, { history: true }), `Cannot use true ${create}`);
  const declare = "pass event types with their bounds, as in { news: { perId: 100 } }";
  const client = { status: "ready", publish() {}, psubscribe() {}, pipeline() {}, on() {}, off() {} };
  const clients = { publishClient: client, subscribeClient: { ...client } };
  for (
    const [mistake, text] of [
      [history, "[OwnHistory]"],
      [undefined, "undefined"],
      [null, "null"],
      [["news"], '["news"]'],
      [new Map([["news", {}]]), "[Map]"],
    ] as const
  ) {
    const expected = `Cannot declare ${text}: ${declare}`;
    assertEquals(messageOf(createMemoryHistory, mistake), expected);
    if (mistake === undefined) continue;
    assertEquals(messageOf(createRedisEventTarget, { ...clients, history: mistake }), expected);
  }
  for (const [resume, text] of [[createResume, "function"], [history, "[OwnHistory]"], [{}, "{}"]] as const) {
    assertEquals(
      messageOf(createWebSocketClientEventTarget, new FakeSocket(), { resume }),
      `Cannot use ${text} as resume: create it with createResume()`,
    );
  }
  await createInProcessEventTarget({ history }).close();
});

Deno.test("a callback that is null is ignored", async () => {
  using printed = capturePrinted();
  const options = { onStatus: null, onError: null };
  const target: unknown = Reflect.apply(createInProcessEventTarget, undefined, [options]);
  await (target as AsyncDisposable)[Symbol.asyncDispose]();
  assertEquals(printed.lines, []);
});

Deno.test("an event target has no members of its own to print, to copy or to compare", () => {
  for (const target of [createInProcessEventTarget(), createWebSocketServerEventTarget()]) {
    assertEquals(Object.keys(target), []);
  }
});
