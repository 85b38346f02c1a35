import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import type { Connection, RecvStream, SendStream } from "@number0/iroh";
import { byteFrame } from "../../../adapters/_iroh/byte_frames.ts";
import type { IrohConnection } from "../../../adapters/_iroh/iroh_like.ts";
import { IrohWire } from "../../../adapters/_iroh/iroh_wire.ts";
import type { Wire, WireEnd, WireEvents } from "../../../adapters/_wire/wire.ts";
import { createHubIrohEventTarget } from "../../../adapters/iroh.ts";
import { eventually } from "../../support/eventually.ts";
import { ALPN, bindLocal, methodsOf } from "../../support/iroh.ts";
import { withClock } from "../../support/clock.ts";

/** The events of a wire. */
class Told implements WireEvents {
  readonly frames: unknown[] = [];
  readonly ends: WireEnd[] = [];
  opened = 0;

  onOpen(): void {
    this.opened++;
  }

  onFrame(data: unknown): void {
    this.frames.push(data);
  }

  onSignOfLife(): void {
    this.frames.push("sign of life");
  }

  onEnd(end: WireEnd): void {
    this.ends.push(end);
  }
}

interface Pair extends AsyncDisposable {
  readonly hub: Connection;
  readonly spoke: Connection;
  /** Opens a stream by hand, on which something is written and nothing read. */
  openStream(): Promise<SendStream>;
}

/** The two ends of a connection. */
async function connect(): Promise<Pair> {
  const server = await bindLocal(true);
  const client = await bindLocal(false);
  const accepted = server.acceptNext().then((incoming) => incoming?.accept()).then((it) => it?.connect());
  const spoke = await client.connect(server.addr(), ALPN);
  const hub = await accepted;
  assert(hub !== undefined);
  // A half of a stream that is garbage-collected is reset.
  const kept: RecvStream[] = [];
  return {
    hub,
    spoke,
    async openStream() {
      const { send, recv } = await spoke.openBi();
      kept.push(recv);
      await send.writeAll([...frameOf("up")]);
      return send;
    },
    async [Symbol.asyncDispose]() {
      kept.length = 0;
      await client.close();
      await server.close();
    },
  };
}

const frameOf = (text: string) => byteFrame(new TextEncoder().encode(text));

function start(
  connection: IrohConnection,
  side: "hub" | "spoke",
  options: { maxFrameBytes?: number } = {},
): { wire: Wire<Uint8Array>; told: Told } {
  const wire = new IrohWire(connection, { side, maxFrameBytes: 1000, ...options });
  const told = new Told();
  wire.start(told);
  return { wire, told };
}

Deno.test("wire opens in a later turn, and carries frames both ways", async () => {
  await using pair = await connect();
  const spoke = start(pair.spoke, "spoke");
  assertEquals([spoke.told.opened, spoke.wire.state], [0, "connecting"]);
  await eventually(() => spoke.wire.state === "open");
  const hub = start(pair.hub, "hub");
  spoke.wire.send(frameOf("up"));
  await eventually(() => assertEquals(hub.told.frames, ["up"]));
  hub.wire.send(frameOf("down"));
  await eventually(() => assertEquals(spoke.told.frames, ["down"]));
  assertEquals([spoke.wire.bufferedBytes, hub.told.opened, spoke.told.opened], [0, 1, 1]);
  assertEquals([hub.wire.endpointId === spoke.wire.endpointId, hub.wire.endpointId?.length], [false, 64]);
  spoke.wire.close(1000, "");
  await eventually(() => hub.told.ends.length > 0);
  // QUIC can lose the connection before its close has arrived; the end of the stream is reported then.
  const reason = hub.told.ends[0]?.reason === "" ? "" : "the stream has ended";
  assertEquals(hub.told.ends, [{ code: 1000, reason }]);
});

Deno.test("wire whose stream has ended loses nothing when the connection is lost after it", async () => {
  await using pair = await connect();
  // In reality this happens once in thousands of closes.
  const closed = () => Promise.resolve("reset by peer");
  const hub = start({ ...methodsOf(pair.hub), closed }, "hub");
  const stream = await pair.openStream();
  await stream.finish();
  await eventually(() => assertEquals(hub.told.ends, [{ code: 1000, reason: "the stream has ended" }]));
  assertEquals(hub.told.frames, ["up"]);
});

Deno.test("wire reads many frames at once", async () => {
  await using pair = await connect();
  let reads = 0;
  const counted: IrohConnection = {
    ...methodsOf(pair.hub),
    async acceptBi() {
      const { send, recv } = await pair.hub.acceptBi();
      const read = (limit: number) => (reads++, recv.read(limit));
      return { send, recv: { read, stop: (code) => recv.stop(code) } };
    },
  };
  const { told } = start(counted, "hub");
  const stream = await pair.openStream();
  const texts = Array.from({ length: 500 }, (_, n) => `frame ${n}`);
  await stream.writeAll(texts.flatMap((text) => [...frameOf(text)]));
  await eventually(() => assertEquals(told.frames, ["up", ...texts]));
  assert(reads < 50, `${reads} reads of 501 frames`);
});

Deno.test("wire that is closed twice keeps the first code, and sends nothing more", async () => {
  await using pair = await connect();
  const spoke = start(pair.spoke, "spoke");
  const hub = start(pair.hub, "hub");
  await eventually(() => spoke.wire.state === "open");
  spoke.wire.send(frameOf("last"));
  spoke.wire.close(4000, "first");
  spoke.wire.close(4001, "second");
  spoke.wire.send(frameOf("late"));
  await eventually(() => assertEquals(hub.told.ends, [{ code: 4000, reason: "first" }]));
  assertEquals(hub.told.frames, ["last"]);
  assertEquals(spoke.told.ends, [{ code: 4000, reason: "first" }]);
  assertEquals([spoke.wire.state, hub.wire.state], ["closed", "closed"]);
});

Deno.test("wire that is closed before it is open never opens", async () => {
  await using pair = await connect();
  const hub = start(pair.hub, "hub");
  hub.wire.close(1001, "gone");
  assertEquals(await pair.spoke.closed(), "closed by peer: gone (code 1001)");
  assertEquals([hub.told.opened, hub.told.ends], [0, [{ code: 1001, reason: "gone" }]]);
});

Deno.test("wire that is detached while it closes reports nothing, and its connection closes", async () => {
  await using pair = await connect();
  await pair.openStream();
  const hub = start(pair.hub, "hub");
  await eventually(() => hub.wire.state === "open");
  // The far end reads none of it: the close must wait for its deadline.
  for (let i = 0; i < 4; i++) hub.wire.send(frameOf("x".repeat(1_000_000)));
  hub.wire.close(4000, "mine");
  hub.wire.detach();
  assertEquals(await pair.spoke.closed(), "closed by peer: mine (code 4000)");
  assertEquals(hub.told.ends, []);
});

Deno.test("wire that is detached before it is open leaves the connection to the program", async () => {
  await using pair = await connect();
  const hub = start(pair.hub, "hub");
  hub.wire.detach();
  await new Promise((resolve) => setTimeout(resolve, 60));
  assertEquals([pair.hub.closeReason(), hub.told.ends, hub.wire.state], [null, [], "closed"]);
});

Deno.test("wire that is detached at once opens no stream, which its far end would count as one too many", async () => {
  await using pair = await connect();
  let opened = 0;
  const openBi = () => (opened++, pair.spoke.openBi());
  start({ ...methodsOf(pair.spoke), openBi }, "spoke").wire.detach();
  const hub = start(pair.hub, "hub");
  await pair.openStream();
  await eventually(() => assertEquals(hub.told.frames, ["up"]));
  assertEquals(opened, 0);
});

Deno.test("detached wire does not treat anything that arrives later as a fault of its connection", async () => {
  await using pair = await connect();
  const { wire, told } = start(pair.hub, "hub");
  told.onFrame = (data) => {
    told.frames.push(data);
    if (data === "last") wire.detach();
  };
  const stream = await pair.openStream();
  await stream.writeAll([...frameOf("last"), ...frameOf("late"), 0, 0, 0, 0]);
  await eventually(() => assertEquals(told.frames, ["up", "last"]));

  const second = start(pair.hub, "hub");
  const other = await pair.openStream();
  await eventually(() => assertEquals(second.told.frames, ["up"]));
  second.wire.detach();
  // It still waits to read this one.
  await other.reset(5n);

  const third = start(pair.hub, "hub");
  await pair.openStream();
  await eventually(() => assertEquals(third.told.frames, ["up"]));
  assertEquals([pair.hub.closeReason(), told.ends, second.told.ends], [null, [], []]);
});

Deno.test("wire that is detached before it is open leaves the stream that it waits for to the next wire", async () => {
  await using pair = await connect();
  let accepts = 0;
  const counted: IrohConnection = {
    ...methodsOf(pair.hub),
    acceptBi() {
      accepts++;
      return pair.hub.acceptBi();
    },
  };
  const first = start(counted, "hub");
  await eventually(() => accepts === 1);
  first.wire.detach();
  const second = start(counted, "hub");
  await pair.openStream();
  await eventually(() => assertEquals(second.told.frames, ["up"]));
  // The other one is for a stream that would be too many.
  assertEquals([accepts, first.told.opened], [2, 0]);
});

Deno.test("wire reports with its end how many bytes had not left", async () => {
  await using pair = await connect();
  await pair.openStream();
  const hub = start(pair.hub, "hub");
  await eventually(() => hub.wire.state === "open");
  for (let i = 0; i < 4; i++) hub.wire.send(frameOf("x".repeat(1_000_000)));
  assert(hub.wire.bufferedBytes > 3_000_000, `${hub.wire.bufferedBytes} bytes`);
  hub.wire.close(4000, "mine");
  const end = await eventually(() => {
    const [end] = hub.told.ends;
    assert(end !== undefined);
    return end;
  });
  assertInstanceOf(end.error, Error);
  assertEquals([end.code, end.reason, end.stage], [4000, "mine", "publish"]);
});

Deno.test("the error of a stream has the first part of the binding's message, and the whole error as its cause", async () => {
  await using pair = await connect();
  const stream = await pair.openStream();
  const hub = start(pair.hub, "hub");
  await eventually(() => assertEquals(hub.told.frames, ["up"]));
  await stream.reset(7n);
  await eventually(() => hub.told.ends.length === 1);
  const error = hub.told.ends[0]?.error;
  assertInstanceOf(error, Error);
  assertEquals(error.message, "The stream failed: Reset(7)");
  assertInstanceOf(error.cause, Error);
});

Deno.test("wire of a connection that fails at once ends after its factory has returned", async () => {
  await using pair = await connect();
  const failing: IrohConnection = {
    ...methodsOf(pair.spoke),
    acceptUni() {
      throw new Error("not\ntoday\n\nStack backtrace:\n0: somewhere");
    },
  };
  const { told } = start(failing, "spoke");
  assertEquals(told.ends, []);
  await eventually(() => told.ends.length === 1);
  assertEquals([told.ends[0]?.code, told.ends[0]?.reason], [1006, "the stream was given up"]);
  assertEquals(String(told.ends[0]?.error), "Error: The stream failed: not\ntoday");
});

Deno.test("any other close reason of the connection is reported with 1006 and as an error", async () => {
  await using pair = await connect();
  const timedOut: IrohConnection = {
    ...methodsOf(pair.hub),
    acceptBi: () => Promise.reject(new Error("TimedOut")),
    // The reason of a real connection 30 seconds after its peer has died.
    closeReason: () => "timed out",
  };
  const { told } = start(timedOut, "hub");
  await eventually(() => told.ends.length === 1);
  const [end] = told.ends;
  assertEquals([end?.code, end?.reason], [1006, "timed out"]);
  assertEquals(String(end?.error), "Error: The connection was lost: timed out");
});

Deno.test("a hub gives a connection 20 seconds to open its stream by default", () =>
  withClock(async ({ pass }) => {
    const closes: bigint[] = [];
    const never = () => new Promise<never>(() => {});
    // The clock of a real one cannot be turned.
    const silent: IrohConnection = {
      remoteId: () => "somebody",
      openBi: never,
      acceptBi: never,
      acceptUni: never,
      closed: never,
      closeReason: () => null,
      close: (code) => void closes.push(code),
    };
    const hub = createHubIrohEventTarget(silent, { onError() {} });
    await pass(19_999);
    assertEquals([closes, hub.connectionCount], [[], 1]);
    await pass(1);
    assertEquals([closes, hub.connectionCount], [[4408n], 0]);
  }));
