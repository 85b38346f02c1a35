import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { jsonCodec as codec } from "../../../adapters/_wire/json_codec.ts";
import { type HubBounds, hubBounds } from "../../../adapters/_hub/bounds.ts";
import { SpokeTraffic } from "../../../adapters/_hub/hub_counters.ts";
import { Spoke } from "../../../adapters/_hub/spoke.ts";
import type { SpokeHost } from "../../../adapters/_hub/spoke_parts.ts";
import type { WireEnd } from "../../../adapters/_wire/wire.ts";
import { ConnectionLostError } from "../../../core/errors.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";

/** A spoke over a wire without a transport, and the calls that its hub got. */
function open(wire: FakeWire = new FakeWire(), bounds: Partial<HubBounds> = {}) {
  const told: string[] = [];
  const reports: { stage: string; topic: string | undefined; dropped: number | undefined; error: string }[] =
    [];
  const host: SpokeHost<Spoke> = {
    incoming: {
      onEvent: () => void told.push("event"),
      onDropped: () => void told.push("dropped"),
      onControl: (_spoke, { kind }) => void told.push(kind),
    },
    links: { welcome() {} },
    onSpokeFrame: () => undefined,
    onSpokeOpen: () => void told.push("open"),
    onSpokeSlow: (_spoke, bytes) => void told.push(`slow ${bytes}`),
    onSpokeEnd: (each, end: WireEnd) => {
      told.push("end");
      each.finish(new ConnectionLostError("lost"), end);
    },
    onSpokeReleased: () => void told.push("released"),
  };
  const spoke = new Spoke(
    {
      tag: "TestSpoke",
      connection: wire,
      wire,
      codec,
      bounds: { ...hubBounds({ backpressureThreshold: 1000 }), ...bounds },
      traffic: new SpokeTraffic(),
    },
    {
      onError: (error, { stage, topic, dropped }) =>
        void reports.push({ stage, topic, dropped, error: String(error) }),
    },
    host,
  );
  spoke.session.start();
  const publish = (id: string, payload?: unknown) => spoke.publish({ type: "n", id, payload });
  return { wire, spoke, told, reports, publish, ids: () => wire.envelopes.map(({ id }) => id) };
}

Deno.test("a spoke that connects buffers maxBufferedBytes to the byte, counts what it drops, and opens", () => {
  const bytes = JSON.stringify({ type: "n", id: "a" }).length;
  const { wire, spoke, publish, reports, ids, told } = open(new FakeWire("connecting"), {
    maxBufferedBytes: 2 * bytes,
  });
  assertEquals(spoke.status, { state: "connecting" });
  for (const id of ["a", "b", "c", "d"]) publish(id);
  assertEquals(reports.map(({ stage, topic, dropped }) => [stage, topic, dropped]), [
    ["backpressure", "n:c", 1],
    ["backpressure", "n:d", 2],
  ]);
  wire.open();
  assertEquals([ids(), spoke.status, told], [["a", "b"], { state: "open" }, ["open"]]);
  spoke.session.detach();
});

Deno.test("an open spoke is slow over maxBufferedBytes at any send, controls included, and not at it", async () => {
  const bounds = { maxBufferedBytes: 500, backpressureThreshold: 1e6 };
  const { wire, spoke, publish, told } = open(new FakeWire(), bounds);
  const bytes = JSON.stringify({ type: "n", id: "a" }).length;
  wire.bufferedBytes = 500 - bytes;
  publish("a");
  await microtasks();
  assertEquals(told, ["open"]);
  wire.bufferedBytes = 501 - bytes;
  publish("b");
  await microtasks();
  assertEquals(told, ["open", "slow 501"]);
  spoke.session.detach();
  const other = open(new FakeWire(), bounds);
  other.wire.bufferedBytes = 499;
  other.spoke.session.sender.sendControl({ kind: "pong", ref: "" });
  await microtasks();
  assertEquals(other.told.at(-1), `slow ${499 + JSON.stringify({ type: "__pong", id: "" }).length}`);
  other.spoke.session.detach();
});

Deno.test("a spoke whose socket was full when the hub was given it is slow at its first event, and not at a control", () =>
  withClock(async ({ pass }) => {
    const wire = new FakeWire();
    wire.bufferedBytes = 1001;
    const { spoke, publish, told } = open(wire);
    spoke.session.sender.sendControl({ kind: "pong", ref: "" });
    await microtasks();
    await pass(100);
    assertEquals(told, ["open"]);
    publish("b");
    await microtasks();
    assertEquals(told, ["open", `slow ${1001 + JSON.stringify({ type: "n", id: "b" }).length}`]);
    spoke.session.detach();
  }));

Deno.test("a socket that drained before the first event, or held no more than the threshold, is not full", () =>
  withClock(async (clock) => {
    for (const heldBytes of [900, 5000]) {
      const wire = new FakeWire();
      wire.bufferedBytes = heldBytes;
      const { spoke, publish, told } = open(wire);
      if (heldBytes > 1000) wire.leave();
      publish("a");
      await microtasks();
      assertEquals([told, clock.timers], [["open"], 0]);
      spoke.session.detach();
    }
  }));

Deno.test("a slow spoke that gets below the threshold in time is kept, even if it is sent nothing more, and starts anew", () =>
  withClock(async (clock) => {
    const { wire, spoke, publish, told } = open(new FakeWire(), { backpressureGraceMs: 500 });
    wire.holds = true;
    for (const end of ["in time", "in time", "late"]) {
      publish("a", "x".repeat(2000));
      await microtasks();
      publish("b");
      await microtasks();
      assertEquals([told, clock.timers], [["open"], 1]);
      await clock.pass(499);
      assertEquals([told, clock.timers], [["open"], 1]);
      if (end === "in time") wire.leave();
      await clock.pass(1);
      assertEquals(clock.timers, 0);
    }
    assertEquals(told, ["open", `slow ${wire.bufferedBytes}`]);
    spoke.session.detach();
  }));

Deno.test("the bytes of a frame itself count from the turn in which it is sent, and those of a control too", () =>
  withClock(async (clock) => {
    for (const kind of ["event", "control"] as const) {
      const { wire, spoke, publish, told } = open();
      wire.holds = true;
      if (kind === "event") publish("a", "x".repeat(2000));
      else spoke.session.sender.sendControl({ kind: "pong", ref: "x".repeat(2000) });
      assertEquals(clock.timers, 1);
      await clock.pass(999);
      assertEquals(told, ["open"]);
      await clock.pass(1);
      assertEquals(told, ["open", `slow ${wire.bufferedBytes}`]);
      spoke.session.detach();
    }
  }));

Deno.test("a spoke that is slow is sent no events, and is slow once", () =>
  withClock(async ({ pass }) => {
    const { wire, spoke, publish, told, ids } = open();
    wire.holds = true;
    publish("a", "x".repeat(2000));
    await pass(1000);
    for (const id of ["b", "c"]) publish(id, "x".repeat(2000));
    spoke.session.sender.sendControl({ kind: "pong", ref: "" });
    await pass(5000);
    assertEquals([told.length, ids()], [2, ["a", ""]]);
    spoke.session.detach();
  }));

Deno.test("the end of a spoke leaves no timer, and no send sets one again", () =>
  withClock(async (clock) => {
    const { wire, spoke, publish } = open();
    wire.holds = true;
    publish("a", "x".repeat(5000));
    await microtasks();
    assertEquals(clock.timers, 1);
    wire.end({ code: 1006 });
    assertEquals(clock.timers, 0);
    publish("late");
    await microtasks();
    assertEquals([clock.timers, spoke.status.state], [0, "closed"]);
  }));

Deno.test("an event that is larger than the spoke accepts, or cannot be encoded, is dropped alone", async () => {
  const { wire, publish, reports, ids, spoke } = open();
  wire.receiveEnvelopes({
    type: "__hello",
    id: "",
    payload: { version: 1, batch: true, maxFrameBytes: 70_000 },
  });
  const empty = JSON.stringify({ type: "n", id: "a", payload: "" }).length;
  publish("a", "x".repeat(70_000 - empty));
  publish("b", "x".repeat(70_001 - empty));
  publish("c", 5n);
  publish("d");
  await microtasks();
  assertEquals(ids(), ["a", "d"]);
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), [["encode", "n:b"], ["encode", "n:c"]]);
  spoke.session.detach();
});

Deno.test("after its end a spoke drops and reports events, ends new listeners, and rejects a flush", async () => {
  const { wire, spoke, publish, reports, told } = open();
  const ends: unknown[] = [];
  spoke.listen("n", undefined, { onEvent() {}, onEnd: (error) => void ends.push(error) });
  publish("waits");
  wire.end({ code: 4001, reason: "why" });
  spoke.listen("n", undefined, { onEvent() {}, onEnd: (error) => void ends.push(error) });
  publish("late");
  assertEquals(reports.map(({ stage, error }) => [stage, error]), [
    ["publish", "Error: 1 events were not sent before the connection ended"],
    ["publish", 'Error: Cannot publish on "n:late": the event target is closed'],
  ]);
  assertEquals([told, ends.length, ends[0] === ends[1]], [["open", "end", "released"], 2, true]);
  assertInstanceOf(ends[0], ConnectionLostError);
  assertEquals([spoke.status.code, spoke.status.reason], [4001, "why"]);
  await assertRejects(() => spoke.flush(), ConnectionLostError);
  await spoke.close();
});
