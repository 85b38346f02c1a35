import { EventEmitter } from "node:events";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ServerSocketWire } from "../../../adapters/_websocket/server_socket_wire.ts";
import { WebSocketWire } from "../../../adapters/_websocket/websocket_wire.ts";
import type { WireEnd } from "../../../adapters/_wire/wire.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { microtasks, withClock } from "../../support/clock.ts";

/** A wire of a socket, and its events. */
function open(readyState: number, socket = new FakeSocket()) {
  socket.readyState = readyState;
  const wire = new ServerSocketWire(socket);
  const told: string[] = [];
  const ends: WireEnd[] = [];
  const start = () =>
    wire.start({
      onOpen: () => void told.push("open"),
      onFrame: (data) => void told.push(`frame ${data}`),
      onSignOfLife: () => void told.push("sign of life"),
      onEnd: (end) => {
        told.push("end");
        ends.push(end);
      },
    });
  return { socket, wire, told, ends, start };
}

Deno.test("a wire is connecting, open or closed as its socket is, and closed while the socket closes", () => {
  const { socket, wire } = open(0);
  assertEquals(
    [0, 1, 2, 3].map((readyState) => {
      socket.readyState = readyState;
      return wire.state;
    }),
    ["connecting", "open", "closed", "closed"],
  );
  socket.bufferedAmount = 5;
  assertEquals(wire.bufferedBytes, 5);
  wire.send("text");
  assertEquals(socket.sent, ["text"]);
});

Deno.test("an object without the methods of a WebSocket is a TypeError", () => {
  // The type does not allow it; at run time anybody can.
  for (
    const value of [undefined, null, 5, "ws://hub", {}, { send() {}, close() {} }] as unknown as FakeSocket[]
  ) {
    assertThrows(() => new WebSocketWire(value), TypeError, "as a WebSocket");
  }
});

Deno.test("onOpen is called before start returns for an open socket, and later for one that opens", () => {
  const early = open(1);
  early.start();
  assertEquals(early.told, ["open"]);
  const late = open(0);
  late.start();
  assertEquals(late.told, []);
  late.socket.fire("open");
  late.socket.fire("message", { data: "x" });
  assertEquals(late.told, ["open", "frame x"]);
});

Deno.test("onOpen is called once, even if the socket opens twice", () => {
  for (const readyState of [0, 1]) {
    const { socket, told, start } = open(readyState);
    start();
    socket.fire("open");
    socket.fire("open");
    // Node 20 calls a listener that is added inside of a dispatch of "open" in that same dispatch.
    assertEquals(told, ["open"]);
  }
});

Deno.test("the wire of a closed socket ends after start has returned", async () => {
  for (const readyState of [2, 3]) {
    const { told, ends, start } = open(readyState);
    start();
    assertEquals(told, []);
    await microtasks();
    assertEquals([told, ends], [["end"], [{ code: 1006 }]]);
  }
});

Deno.test("an end is reported once with the socket's code and reason, and nothing after it", () => {
  const { socket, told, ends, start } = open(1);
  start();
  socket.fire("error", { message: "No response from ping frame." });
  socket.fire("close", { code: 1001, reason: "first" });
  socket.fire("close", { code: 1005, reason: "" });
  socket.fire("message", { data: "late" });
  socket.fire("open");
  assertEquals(told, ["open", "end"]);
  const [end] = ends;
  assertEquals([end?.code, end?.reason, String(end?.error)], [
    1001,
    "first",
    "Error: No response from ping frame.",
  ]);
});

Deno.test("an error of an open socket does not end the wire, and is reported with the end", () => {
  const { socket, told, ends, start } = open(1);
  start();
  const cause = new Error("EPIPE");
  socket.fire("error", { error: cause, message: "ignored" });
  socket.fire("message", { data: "still there" });
  assertEquals(told, ["open", "frame still there"]);
  socket.fire("close", { code: 0 });
  assertEquals(ends[0]?.code, 1006);
  assertStrictEquals(ends[0]?.error, cause);
});

Deno.test("an error of a connecting socket ends the wire, with a message where the runtime has none", () => {
  const { socket, told, ends, start } = open(0);
  start();
  socket.fire("error", {});
  socket.fire("close", { code: 1006 });
  socket.fire("open");
  assertEquals([told, ends.length, ends[0]?.code], [["end"], 1, 1006]);
  assertEquals(String(ends[0]?.error), "Error: The WebSocket failed");
});

Deno.test("a socket that was closed before it opened is closed again when it opens, without onOpen", () => {
  const { socket, wire, told, start } = open(0);
  start();
  wire.close(1013, "full");
  // A server's socket of Deno continues to connect.
  socket.readyState = 0;
  socket.fire("open");
  assertEquals(socket.closes, Array(2).fill({ code: 1013, reason: "full" }));
  assertEquals(told, []);
  socket.fire("close", { code: 1013 });
  assertEquals(told, ["end"]);
});

Deno.test("a socket that throws at close ends the wire after close has returned", async () => {
  const { socket, wire, told, ends, start } = open(1);
  start();
  socket.closeFault = new Error("broken");
  wire.close(1000, "");
  assertEquals(told, ["open"]);
  await microtasks();
  assertEquals([told, ends], [["open", "end"], [{ code: 1006, error: socket.closeFault }]]);
});

Deno.test("a socket that refuses a close code is closed without one", async () => {
  const socket = new FakeSocket();
  const { close } = socket;
  // As every socket that connected as a client does: a hub may be given one.
  socket.close = (code, reason) => {
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) {
      throw new DOMException("the code", "InvalidAccessError");
    }
    close.call(socket, code, reason);
  };
  const { wire, start } = open(1, socket);
  start();
  wire.close(1013, "reads too slowly");
  await microtasks();
  assertEquals(socket.readyState, 2, "the socket stays open");
  socket.fire("close", { code: 1000 });
});

Deno.test("detach stops all reports, and leaves only a listener for errors on the socket", () => {
  const { socket, wire, told, start } = open(1);
  start();
  wire.detach();
  socket.fire("message", { data: "x" });
  socket.fire("error", {});
  socket.fire("close");
  assertEquals([told, socket.closes, socket.listenerCount], [["open"], [], 1]);
});

Deno.test("a socket that is added and removed many times keeps no listeners", () => {
  const socket = new FakeSocket();
  for (let i = 0; i < 20; i++) {
    const { wire, start } = open(1, socket);
    start();
    wire.detach();
  }
  assert(socket.listenerCount <= 1, `${socket.listenerCount} listeners are left`);
});

/** A socket of `npm:ws`: an emitter, with the pings of the transport. */
class PingableSocket extends FakeSocket {
  pings = 0;
  readonly emitter = new EventEmitter();

  ping(): void {
    this.pings++;
  }

  on(type: string, listener: () => void): void {
    this.emitter.on(type, listener);
  }

  off(type: string, listener: () => void): void {
    this.emitter.off(type, listener);
  }
}

Deno.test("a socket of npm:ws has pings of its own, and both they and their answers are signs of life", () => {
  const socket = new PingableSocket();
  const { wire, told, start } = open(1, socket);
  start();
  wire.ping?.();
  assertEquals([socket.pings, socket.sent], [1, []]);
  for (const type of ["pong", "ping", "unexpected"]) socket.emitter.emit(type);
  assertEquals(told, ["open", "sign of life", "sign of life"]);
  wire.detach();
  for (const type of ["pong", "ping"]) {
    assertEquals(socket.emitter.listenerCount(type), 0);
    socket.emitter.emit(type);
  }
  assertEquals(told.length, 3);
});

Deno.test("a socket without pings, or with something else of that name, is not asked by them", () => {
  assertEquals(open(1).wire.ping, undefined);
  const odd = Object.assign(new FakeSocket(), { ping: () => {}, on: undefined, off: 5 });
  const { wire, told, start } = open(1, odd);
  start();
  assertEquals([wire.ping, told], [undefined, ["open"]]);
});

for (const early of [0, 1005]) {
  Deno.test(`after this side has closed a socket that is stuck, a close with the code ${early} may keep what was sent, and the next one does not`, () =>
    withClock(async (clock) => {
      const { socket, wire, ends, start } = open(1);
      start();
      socket.bufferedAmount = 100_000;
      wire.close(1013, "slow", true);
      wire.close(1001, "");
      socket.fire("close", { code: early });
      await clock.pass(700_000);
      assertEquals(ends, [{ code: 1006, error: undefined, keepsUnsent: true }]);
      socket.fire("close", { code: early });
      assertEquals(ends.slice(1).map(({ code, keepsUnsent }) => [code, keepsUnsent]), [[
        early || 1006,
        undefined,
      ]]);
      assertEquals(clock.timers, 0);
    }));
}

Deno.test("a close of the peer without a close frame may keep what was sent, if no more than half of TCP has ended", () => {
  for (const [message, keepsUnsent] of [["Unexpected EOF", true], ["Broken pipe", undefined]] as const) {
    const { socket, ends, start } = open(1);
    start();
    socket.fire("error", { message });
    socket.fire("close", { code: 0 });
    assertEquals(ends.map((end) => [end.code, String(end.error), end.keepsUnsent]), [
      [1006, `Error: ${message}`, keepsUnsent],
    ]);
  }
});

Deno.test("a close is the end of a socket that is not stuck, that has another code, or that was detached", () => {
  for (const [isStuck, code] of [[false, 0], [false, 1005], [true, 1000], [true, 1006]] as const) {
    const { socket, wire, ends, start } = open(1);
    start();
    wire.close(1013, "", isStuck);
    socket.fire("close", { code });
    assertEquals(ends.map((end) => [end.code, end.keepsUnsent]), [[code || 1006, undefined]]);
  }
  const { socket, wire, ends, start } = open(1);
  start();
  wire.close(1013, "", true);
  wire.detach();
  socket.fire("close", { code: 0 });
  assertEquals(ends, []);
});
