import { assertEquals } from "@std/assert";
import { createWebSocketClientEventTarget, type WebSocketLike } from "@alkdev/pubsub";
import { expectTypeOf } from "expect-type";
// @ts-types="../../support/ws.d.ts"
import type { WebSocket as NodeWebSocket } from "ws";
import { FakeSocket } from "../../support/fake_socket.ts";
import { microtasks, withClock } from "../../support/clock.ts";

const quiet = { onError() {} };

function pings({ envelopes }: FakeSocket): number {
  return envelopes.filter(({ type }) => type === "__ping").length;
}

Deno.test("a link that opens its own connections asks for a sign of life after 25 s, and one over a socket never", () =>
  withClock(async ({ pass }) => {
    const [own, given] = [new FakeSocket(), new FakeSocket()];
    const reconnecting = createWebSocketClientEventTarget(() => own, quiet);
    createWebSocketClientEventTarget(given, quiet);
    await microtasks();
    for (const socket of [own, given]) socket.receive("__hello", "", { version: 1, batch: true });
    await pass(24_999);
    assertEquals(pings(own), 0);
    await pass(1);
    assertEquals(pings(own), 1);
    // In time for proxies that cut a silent connection after 60 s, and for their users.
    await pass(25_001);
    assertEquals([own.closes, reconnecting.status.code], [[{
      code: 4408,
      reason: "no sign of life for 50000 ms",
    }], 4408]);
    assertEquals([pings(given), given.closes], [0, []]);
    const hellos = [own, given].map(({ envelopes }) => envelopes[0]?.payload as { heartbeatMs?: number });
    assertEquals(hellos.map(({ heartbeatMs }) => heartbeatMs), [25_000, undefined]);
    await reconnecting.close();
  }));

Deno.test("an infinite heartbeat interval means no heartbeat", () =>
  withClock(async ({ pass }) => {
    const socket = new FakeSocket();
    const link = createWebSocketClientEventTarget(() => socket, { ...quiet, heartbeatMs: Infinity });
    await microtasks();
    socket.receive("__hello", "", { version: 1, batch: true });
    await pass(1_000_000);
    assertEquals([pings(socket), link.status.state], [0, "open"]);
    socket.fire("close", { code: 4400 });
    await link.closed;
  }));

Deno.test("a connection has 20 s to open, whether the link or the program opened it", () =>
  withClock(async ({ pass }) => {
    const sockets = [new FakeSocket(), new FakeSocket()];
    for (const socket of sockets) socket.readyState = 0;
    const [own, given] = sockets;
    if (own === undefined || given === undefined) throw new Error("There are two");
    const links = [() => own, given].map((each) => createWebSocketClientEventTarget(each, quiet));
    await pass(19_999);
    assertEquals(links.map(({ status }) => status.state), ["connecting", "connecting"]);
    await pass(1);
    assertEquals(links.map(({ status }) => [status.state, status.attempt]), [["connecting", 1], [
      "closed",
      undefined,
    ]]);
    assertEquals(sockets.map(({ closes }) => closes.length), [1, 1]);
    await links[0]?.close();
  }));

Deno.test("a hub has 20 s to answer the hello, on a given socket and on one that the link opened", () =>
  withClock(async ({ pass }) => {
    const sockets = [new FakeSocket(), new FakeSocket()];
    const [own, given] = sockets;
    if (own === undefined || given === undefined) throw new Error("There are two");
    const reports: string[] = [];
    const onError = (error: unknown): void => void reports.push(String(error));
    const links = [() => own, given].map((each) => createWebSocketClientEventTarget(each, { onError }));
    await pass(19_999);
    assertEquals(links.map(({ status }) => status.state), ["connecting", "connecting"]);
    await pass(1);
    assertEquals(links.map(({ status }) => status.state), ["reconnecting", "closed"]);
    const fault = "TimeoutError: The hub had not answered the hello after 20000 ms";
    assertEquals([reports, sockets.map(({ closes }) => closes.length)], [[fault, fault], [1, 1]]);
    await links[0]?.close();
  }));

Deno.test("the connection is typed: a socket, or a function that returns one or a promise of one", () => {
  type Connection = Parameters<typeof createWebSocketClientEventTarget>[0];
  expectTypeOf<WebSocket>().toExtend<Connection>();
  expectTypeOf<NodeWebSocket>().toExtend<Connection>();
  expectTypeOf<WebSocketLike>().toExtend<Connection>();
  expectTypeOf<() => WebSocket>().toExtend<Connection>();
  expectTypeOf<() => NodeWebSocket>().toExtend<Connection>();
  expectTypeOf<() => Promise<WebSocket>>().toExtend<Connection>();
  expectTypeOf<(context: { signal: AbortSignal }) => Promise<NodeWebSocket>>().toExtend<Connection>();
  expectTypeOf<() => string>().not.toExtend<Connection>();
  expectTypeOf<() => undefined>().not.toExtend<Connection>();
  expectTypeOf<(url: string) => WebSocket>().not.toExtend<Connection>();
  expectTypeOf<string>().not.toExtend<Connection>();
  // A function that needs types from the editor gets them.
  createWebSocketClientEventTarget(({ signal }) => {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
    return new FakeSocket();
  }, { signal: AbortSignal.abort() });
});
