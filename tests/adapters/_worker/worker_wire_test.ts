import { assert, assertEquals, assertThrows } from "@std/assert";
import { EventEmitter } from "node:events";
import { createStructuredCloneCodec } from "../../../adapters/_worker/structured_clone_codec.ts";
import type { Wire, WireEnd } from "../../../adapters/_wire/wire.ts";
import { WorkerWire } from "../../../adapters/_worker/worker_wire.ts";
import { FakeWorker } from "../../support/fake_worker.ts";
import { microtasks, withClock } from "../../support/clock.ts";

const codec = createStructuredCloneCodec({
  transferables: ({ payload }) => payload instanceof ArrayBuffer ? [payload] : [],
});
const BYE = { type: "__bye", id: "", payload: {} };

/** A wire over a worker without a thread, and its events. */
function open(side: "hub" | "link", askAfterBytes = Infinity, worker = new FakeWorker()) {
  const told: unknown[] = [];
  const unclonable: string[] = [];
  const ends: WireEnd[] = [];
  const wire = new WorkerWire(worker, {
    side,
    askAfterBytes,
    onUnclonable: (error, { id }) => void unclonable.push(`${id}: ${(error as Error).name}`),
  });
  wire.start({
    onOpen: () => told.push(`open, ${wire.state}, ${worker.posted.length} posted`),
    onFrame: (data) => told.push(data),
    onSignOfLife: () => told.push("sign of life"),
    onEnd: (end) => {
      told.push("end");
      ends.push(end);
    },
  });
  return { worker, wire, told, ends, unclonable };
}

/** One whose far end has started, too. */
function opened(side: "hub" | "link", askAfterBytes?: number) {
  const ends = open(side, askAfterBytes);
  ends.worker.receive({ ready: side === "hub" ? "open" : "hub" });
  assertEquals(ends.wire.state, "open");
  ends.worker.posted.length = ends.told.length = 0;
  return ends;
}

function send<TFrame>(wire: Wire<TFrame>, ...payloads: unknown[]): void {
  // The frames of the codec of this file are those of every wire of it.
  const frame = payloads.map((payload, i) => codec.encode({ type: "n", id: `${i}`, payload }, false));
  wire.send(frame as TFrame);
}

Deno.test("a hub answers each link that starts until one has opened", () => {
  const { worker, wire, told } = open("hub");
  assertEquals([worker.posted, worker.started, wire.state], [[{ ready: "hub" }], 1, "connecting"]);
  worker.receive({ ready: "link" });
  worker.receive({ ready: "link" });
  assertEquals([worker.posted.length, wire.state, told], [3, "connecting", []]);
  worker.receive({ frame: "first", bytes: 5 });
  worker.receive({ ready: "open" });
  assertEquals([wire.state, told], ["open", [
    { frame: "first", bytes: 5 },
    "open, open, 3 posted",
  ]]);
  worker.receive({ ready: "link" });
  worker.receive({ ready: "open" });
  assertEquals([worker.posted.length, told.length], [3, 2]);
});

Deno.test("a link opens when the hub listens, and says so once its first messages are sent", () => {
  const { worker, wire, told } = open("link");
  assertEquals([worker.posted, wire.state], [[{ ready: "link" }], "connecting"]);
  worker.receive({ ready: "hub" });
  assertEquals([told, worker.posted], [["open, open, 1 posted"], [{ ready: "link" }, { ready: "open" }]]);
  worker.receive({ ready: "hub" });
  assertEquals([told.length, worker.posted.length], [1, 2]);
});

Deno.test("two hubs on one channel, or two links, do not answer each other", () => {
  const hub = open("hub");
  hub.worker.receive({ ready: "hub" });
  const link = open("link");
  for (const ready of ["link", "open"]) link.worker.receive({ ready });
  assertEquals([hub.wire.state, hub.worker.posted.length], ["connecting", 1]);
  assertEquals([link.wire.state, link.worker.posted.length], ["connecting", 1]);
});

Deno.test("sent bytes count as buffered until the far end acknowledges them", () => {
  const { worker, wire } = opened("hub", 1000);
  send(wire, "x".repeat(100));
  assertEquals([wire.bufferedBytes, worker.posted.at(-1)?.["ask"]], [0, undefined]);
  send(wire, "x".repeat(1000));
  const bytes = worker.posted.reduce((sum, message) => sum + Number(message["bytes"]), 0);
  assertEquals([wire.bufferedBytes, worker.posted.at(-1)?.["ask"]], [bytes, true]);
  worker.receive({ taken: bytes - 1 });
  assertEquals(wire.bufferedBytes, 1);
  worker.receive({ taken: bytes });
  assertEquals(wire.bufferedBytes, 0);
});

Deno.test("the received bytes are reported when they are asked for, including the frame that asks", () => {
  const { worker } = opened("link");
  worker.receive({ frame: "a", bytes: 10 });
  assertEquals(worker.posted, []);
  worker.receive({ frame: "b", bytes: 20, ask: true });
  assertEquals(worker.posted, [{ taken: 30 }]);
});

Deno.test("an envelope that cannot be cloned is left out of its frame", () => {
  const { worker, wire, unclonable } = opened("hub");
  send(wire, 1, () => {}, 2, Symbol("s"));
  assertEquals(unclonable, ["1: DataCloneError", "3: DataCloneError"]);
  const frames = worker.posted.map(({ frame }) => frame).filter((frame) => frame !== undefined);
  assertEquals(frames, [{ type: "n", id: "0", payload: 1 }, { type: "n", id: "2", payload: 2 }]);
});

Deno.test("a transferable crosses in a message of its own, and the rest of its frame in order", () => {
  const { worker, wire } = opened("hub");
  const [one, two] = [new ArrayBuffer(1), new ArrayBuffer(2)];
  send(wire, "a", one, two, "b");
  assertEquals([one.byteLength, two.byteLength], [0, 0]);
  const frames = worker.posted.map(({ frame }) => frame as { payload: ArrayBuffer | string });
  assertEquals(frames.map(({ payload }) => typeof payload === "string" ? payload : payload.byteLength), [
    "a",
    1,
    2,
    "b",
  ]);
  send(wire, "c", "d");
  assertEquals((worker.posted.at(-1)?.["frame"] as unknown[]).length, 2);
});

Deno.test("a worker that accepts no message at all is a lost wire", async () => {
  const { worker, wire, ends, unclonable } = opened("hub");
  worker.fault = new Error("gone");
  assertThrows(() => send(wire, 1), Error, "gone");
  assertEquals(unclonable, []);
  worker.receive({ frame: "a", bytes: 1, ask: true });
  assertEquals(ends, []);
  await microtasks();
  assertEquals(ends, [{ error: worker.fault }]);
});

Deno.test("a close sends bye, and ends when the far end has sent it too", () =>
  withClock(async (clock) => {
    const { worker, wire, ends, told } = opened("hub");
    wire.close(1001, "the hub is closed");
    wire.close(1000, "again");
    assertEquals([wire.state, worker.posted], ["closed", [
      { frame: { ...BYE, payload: { reason: "the hub is closed" } }, bytes: 0 },
    ]]);
    // What the far end still sends is received and acknowledged.
    worker.receive({ frame: ["a", { type: "n", id: "1" }], bytes: 1, ask: true });
    await clock.pass(999);
    assertEquals([told.length, ends], [1, []]);
    worker.receive({ frame: ["last", BYE], bytes: 1 });
    assertEquals([told.length, ends, clock.timers, worker.listenedTo], [3, [{}], 0, ["error"]]);
  }));

Deno.test("a close that the far end does not answer ends after a second", () =>
  withClock(async (clock) => {
    const { wire, ends } = opened("link");
    wire.close(1000, "");
    await clock.pass(999);
    assertEquals(ends, []);
    await clock.pass(1);
    assertEquals(ends, [{}]);
  }));

Deno.test("a close before the wire is open, or after the far end's bye, does not wait", () =>
  withClock(async (clock) => {
    const connecting = open("hub");
    connecting.wire.close(1000, "");
    const answering = opened("hub");
    answering.worker.receive({ frame: BYE, bytes: 0 });
    answering.wire.close(1000, "");
    assertEquals([connecting.ends, answering.ends, clock.timers], [[], [], 0]);
    await microtasks();
    assertEquals([connecting.ends, answering.ends], [[{}], [{}]]);
    assertEquals(answering.worker.posted, [{ frame: { ...BYE, payload: { reason: "" } }, bytes: 0 }]);
  }));

Deno.test("an error of the worker ends the hub's wire, is prevented, and stays prevented", () => {
  const cause = new Error("cause");
  const events = [{ error: cause, message: "m" }, { message: "message" }, {}];
  for (const [i, error] of ["Error: cause", "Error: message", "Error: The worker failed"].entries()) {
    const { worker, ends } = opened("hub");
    let prevented = 0;
    const event = { ...events[i], preventDefault: () => void prevented++ };
    worker.emit("error", event);
    assertEquals([ends.map((end) => String(end.error)), prevented > 0], [[error], true]);
    if (i === 0) assert(ends[0]?.error === cause);
    assertEquals(worker.posted, [
      { frame: { ...BYE, payload: { reason: "the worker failed" } }, bytes: 0 },
    ]);
    prevented = 0;
    worker.emit("error", event);
    assertEquals([ends.length, prevented], [1, 1]);
    // However often it is given to a hub.
    open("hub", 1, worker).worker.emit("error");
    assertEquals(worker.listenedTo, ["error"]);
  }
  const starting = open("hub");
  starting.worker.emit("error", {});
  assertEquals([starting.ends.length, starting.worker.posted], [1, [{ ready: "hub" }]]);
});

Deno.test("an exit and the close of a port end the wire", () => {
  const exit = opened("hub");
  exit.worker.emit("exit", { data: 7 });
  assertEquals(exit.ends.map(({ error }) => String(error)), ["Error: The worker exited with the code 7"]);
  const closed = opened("link");
  closed.worker.emit("close");
  closed.worker.emit("close");
  assertEquals(closed.ends.map(({ error }) => String(error)), ["Error: The port was closed"]);
  assertEquals(closed.worker.listenedTo, []);
});

Deno.test("messages of an emitter's worker are received although its error comes first, and its exit reports the error", () => {
  const worker = Object.assign(new EventEmitter(), { postMessage() {} });
  const told: unknown[] = [];
  new WorkerWire(worker, { side: "hub", askAfterBytes: Infinity, onUnclonable() {} }).start({
    onOpen: () => told.push("open"),
    onFrame: (data) => told.push(data),
    onSignOfLife: () => told.push("sign of life"),
    onEnd: ({ error }) => told.push(error),
  });
  const error = new Error("thrown in the worker");
  const frame = { frame: "last", bytes: 4 };
  worker.emit("message", { "@alkdev/pubsub": 1, ready: "open" });
  worker.emit("error", error);
  worker.emit("message", { "@alkdev/pubsub": 1, ...frame });
  assertEquals(told, ["open", frame]);
  worker.emit("exit", 1);
  assertEquals(told, ["open", frame, error]);
  // It stays prevented, as long as the program has the worker.
  worker.emit("error", error);
});

Deno.test("a message that cannot be deserialised is reported as a malformed frame", () => {
  const { worker, told } = opened("link");
  worker.emit("messageerror");
  assertEquals(told, [{ frame: undefined, bytes: 0 }]);
});

Deno.test("a link ignores the errors of its own scope, and a detached one ignores everything", () => {
  const link = opened("link");
  assertEquals(link.worker.listenedTo, ["message", "messageerror", "close"]);
  const hub = opened("hub");
  assertEquals(hub.worker.listenedTo, ["message", "messageerror", "close", "error", "exit"]);
  for (const { wire, worker, told } of [link, hub]) {
    wire.detach();
    worker.receive({ frame: "late", bytes: 1 });
    assertEquals([worker.listenedTo, told, wire.state], [[], [], "closed"]);
  }
});

Deno.test("a wire that is detached while it closes reports nothing more", () =>
  withClock(async (clock) => {
    for (const { wire, told } of [open("hub"), opened("hub")]) {
      wire.close(1000, "");
      wire.detach();
      await clock.pass(1000);
      assertEquals(told, []);
    }
  }));

Deno.test("an object without the methods of a worker is a TypeError", () => {
  const options = { side: "hub", askAfterBytes: 1, onUnclonable() {} } as const;
  for (const none of [null, undefined, 5, {}, { postMessage() {} }, { on() {} }]) {
    // The type does not allow it; at run time anybody can.
    assertThrows(() => new WorkerWire(none as unknown as FakeWorker, options), TypeError, "as a worker");
  }
  assert(new WorkerWire({ postMessage() {}, on() {} }, options).state === "connecting");
});
