// Sockets whose events come to handlers. tests/package/programs_of_docs_test.ts has those of Bun, crossws and Hono.

import { assertEquals, assertThrows } from "@std/assert";
import {
  createWebSocketHandlers,
  createWebSocketServerEventTarget,
  type HandledSocketLike,
} from "@alkdev/pubsub";
import { HandledSocket } from "../../../adapters/_websocket/handled_socket.ts";
import { type Fault, testEventTarget } from "../../support/conformance/mod.ts";
import { eventually } from "../../support/eventually.ts";
import { openEnds } from "../../support/links.ts";
import type { ServedHub } from "../../support/hubs.ts";
import { microtasks } from "../../support/clock.ts";

const SUBSCRIBE = '{"type":"__subscribe","id":"1","payload":{"topics":["news"]}}';
const SUBSCRIBED = '{"type":"__subscribed","id":"1","payload":{"topics":["news"],"refused":[]}}';

/** A socket as Bun's, of which a test is the server. */
class ServerSocket implements HandledSocketLike {
  readonly sent: string[] = [];
  readonly closes: unknown[][] = [];
  buffered = 0;
  result = 1;
  onClose = (): void => {};

  constructor(readonly data: { name: string } = { name: "" }) {}

  send(text: string): number {
    this.sent.push(text);
    return this.result;
  }

  close(...args: unknown[]): void {
    this.closes.push(args);
    this.onClose();
  }

  getBufferedAmount(): number {
    return this.buffered;
  }
}

function createHub() {
  const log: string[] = [];
  const hub = createWebSocketServerEventTarget<string>({
    onConnection: ({ context }) => void log.push(`connection ${context}`),
    onDisconnection: ({ context, status: { code } }) => void log.push(`disconnection ${context} ${code}`),
    onError: (error, { stage }) => void log.push(`${stage}: ${error.message}`),
  });
  const handlers = createWebSocketHandlers(hub, { context: ({ data }: ServerSocket) => data.name });
  return { hub, handlers, log };
}

Deno.test("handlers add a socket once, with its context, and pass on messages and the end", async () => {
  const { hub, handlers, log } = createHub();
  const socket = new ServerSocket({ name: "ada" });
  handlers.open(socket);
  handlers.open(socket);
  handlers.message(socket, SUBSCRIBE);
  await microtasks();
  assertEquals(socket.sent, [SUBSCRIBED]);
  hub.publish({ type: "news", id: "1", payload: 1 });
  await microtasks();
  assertEquals(socket.sent.slice(1), ['{"type":"news","id":"1","payload":1}']);
  handlers.close(socket, 4000, "bye");
  handlers.close(socket, 4001);
  handlers.message(socket, SUBSCRIBE);
  assertEquals(log, ["connection ada", "disconnection ada 4000"]);
  assertEquals(hub.connectionCount, 0);
  await hub.close();
});

Deno.test("handlers take the forms of crossws and of Hono", async () => {
  const hub = createWebSocketServerEventTarget({ onError() {} });
  const { open, message, close, onOpen, onMessage, onClose } = createWebSocketHandlers(hub);
  const peer = { send: (text: string) => sent.push(text), close() {}, bufferedAmount: 0 };
  const sent: string[] = [];
  open(peer);
  message(peer, { text: () => SUBSCRIBE });
  await microtasks();
  assertEquals(sent, [SUBSCRIBED]);
  close(peer, { code: 1000 });
  assertEquals(hub.connectionCount, 0);

  // Another object around the same socket for each event.
  const socket = new ServerSocket();
  const context = () => ({ raw: socket, send() {}, close() {} });
  onOpen({}, context());
  onMessage({ data: SUBSCRIBE }, context());
  await microtasks();
  assertEquals([socket.sent, hub.connectionCount], [[SUBSCRIBED], 1]);
  onClose({ code: 1001, reason: "going" }, context());
  assertEquals(hub.connectionCount, 0);
  await hub.close();
});

Deno.test("what a socket gives that is no text is malformed, and harms nothing", async () => {
  const { handlers, hub, log } = createHub();
  const socket = new ServerSocket({ name: "ada" });
  const other = new ServerSocket();
  handlers.message(other, SUBSCRIBE);
  handlers.close(other, 1000);
  assertEquals([hub.connectionCount, other.sent], [0, []]);
  handlers.open(socket);
  for (const data of [new Uint8Array([1]), new Blob(["x"]), null, undefined, { text: 5 }, "{"]) {
    handlers.message(socket, data);
  }
  handlers.message(socket, SUBSCRIBE);
  await microtasks();
  assertEquals([socket.sent, hub.connectionCount], [[SUBSCRIBED], 1]);
  assertEquals(log.every((line) => /^(connection|decode)/.test(line)), true, log.join("\n"));
  await hub.close();
});

Deno.test("a message that Bun has dropped ends the spoke", async () => {
  const { handlers, hub, log } = createHub();
  const socket = new ServerSocket({ name: "ada" });
  handlers.open(socket);
  handlers.message(socket, SUBSCRIBE);
  await microtasks();
  socket.result = 0;
  hub.publish({ type: "news", id: "1", payload: 1 });
  await microtasks();
  assertEquals([hub.connectionCount, log.filter((line) => line.startsWith("disconnection")).length], [0, 1]);
  await hub.close();
});

Deno.test("a close handler that is called within close() ends the spoke once, and not before", async () => {
  const { handlers, hub, log } = createHub();
  const socket = new ServerSocket({ name: "ada" });
  socket.onClose = () => handlers.close(socket, 4403, "enough");
  handlers.open(socket);
  await hub.close(() => true, { code: 4403, reason: "enough" });
  assertEquals(socket.closes, [[4403, "enough"]]);
  assertEquals(log, ["connection ada", "disconnection ada 4403"]);
  await hub.close();
});

Deno.test("a close that the server reports within close() or send() comes after they have returned", async () => {
  for (const method of ["close", "send"] as const) {
    const order: string[] = [];
    const end = (): void => handled.onClose(1000);
    const handled: HandledSocket = new HandledSocket({ send: end, close: end });
    handled.addEventListener("close", () => order.push("close"));
    if (method === "close") handled.close();
    else handled.send("");
    order.push("returned");
    await microtasks();
    assertEquals(order, ["returned", "close"]);
  }
});

Deno.test("bytes that wait in a socket count, so that a spoke that reads nothing is dropped", async () => {
  const hub = createWebSocketServerEventTarget({ backpressureGraceMs: 20, onError() {} });
  const handlers = createWebSocketHandlers(hub);
  const socket = new ServerSocket();
  handlers.open(socket);
  handlers.message(socket, SUBSCRIBE);
  socket.buffered = 300_000;
  for (let i = 0; i < 2000; i++) hub.publish({ type: "news", id: "1", payload: "x".repeat(1000) });
  await eventually(() => assertEquals(hub.connectionCount, 0));
  assertEquals(socket.closes[0]?.[0], 1013);
  await hub.close();
});

Deno.test("a hub with a context needs the option, and what is no socket is refused", async () => {
  const hub = createWebSocketServerEventTarget<{ name: string }>();
  // @ts-expect-error The context is missing.
  createWebSocketHandlers(hub);
  // @ts-expect-error The context has another type.
  createWebSocketHandlers(hub, { context: () => 5 });
  createWebSocketHandlers(hub, { context: () => ({ name: "" }) });
  const { open } = createWebSocketHandlers(createWebSocketServerEventTarget());
  for (const value of [undefined, null, {}, "ws://hub", { raw: {} }]) {
    // The types forbid this, but untyped callers can pass it.
    assertThrows(() => open(value as unknown as HandledSocketLike), TypeError, "as a WebSocket");
  }
  await hub.close();
});

for (const direction of ["hub to link", "link to hub"] as const) {
  testEventTarget(`WebSocket, ${direction}, over handlers`, {
    kind: direction,
    open: () => openEnds(serveHandledHub(), direction),
  });
}

/** A hub to which a server gives its sockets by handlers. */
function serveHandledHub(): ServedHub {
  const faults: Fault[] = [];
  const hub = createWebSocketServerEventTarget({
    onError: (error, context) => void faults.push({ error, context }),
  });
  const handlers = createWebSocketHandlers(hub);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    const handled: HandledSocketLike = {
      send: (text) => socket.send(text),
      close: (code, reason) => socket.close(code, reason),
      getBufferedAmount: () => socket.bufferedAmount,
    };
    socket.onopen = () => handlers.open(handled);
    socket.onmessage = ({ data }) => handlers.message(handled, data);
    socket.onclose = ({ code, reason }) => handlers.close(handled, code, reason);
    return response;
  });
  const { port } = server.addr;
  return {
    hub,
    faults,
    port,
    url: `ws://127.0.0.1:${port}`,
    log: [],
    sockets: [],
    spokes: [],
    onSocket() {},
    async [Symbol.asyncDispose]() {
      await hub.close();
      await server.shutdown();
    },
  };
}

Deno.test("a socket that has ended before it is opened does not become a spoke", async () => {
  const { hub, handlers, log } = createHub();
  const socket = new ServerSocket();
  // A program may wait for its user before it opens the socket.
  handlers.close(socket, 1001, "left");
  handlers.open(socket);
  handlers.message(socket, SUBSCRIBE);
  assertEquals([hub.connectionCount, log, socket.sent], [0, [], []]);
  await hub.close();
});

Deno.test("a send or a close that fails later ends the spoke, and rejects nowhere", async () => {
  for (const method of ["send", "close"] as const) {
    const { hub, handlers, log } = createHub();
    const socket: HandledSocketLike & { data: { name: string } } = {
      data: { name: "ada" },
      send: () => method === "send" ? Promise.reject(new Error("broken pipe")) : 1,
      close: () => Promise.reject(new Error("broken pipe")),
    };
    // Cast: the handlers of the tests are for sockets of Bun.
    handlers.open(socket as ServerSocket);
    handlers.message(socket as ServerSocket, SUBSCRIBE);
    if (method === "close") void hub.close(() => true);
    await eventually(() => assertEquals(hub.connectionCount, 0));
    assertEquals(log.filter((line) => line.startsWith("disconnection")).length, 1);
    await hub.close();
  }
});

Deno.test("an end without a code, and one of an odd form, end the spoke", async () => {
  const { hub, handlers } = createHub();
  const ends = [[null], [undefined], ["1000", 5], [{ code: "x", reason: {} }]] as unknown as [
    number?,
    string?,
  ][];
  for (const end of ends) {
    const socket = new ServerSocket();
    handlers.open(socket);
    handlers.close(socket, ...end);
  }
  await eventually(() => assertEquals(hub.connectionCount, 0));
  await hub.close();
});
