import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { jsonCodec } from "../../../adapters/_wire/json_codec.ts";
import { newLink } from "../../../adapters/_link/create_link.ts";
import { Link } from "../../../adapters/_link/link.ts";
import type { LinkOptions } from "../../../adapters/_link/options.ts";
import { ConnectionLostError, RefusedError } from "../../../core/errors.ts";
import type { EnvelopeListener, EventTargetStatus } from "../../../core/types.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { WebSocketWire } from "../../../adapters/_websocket/websocket_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";

interface Report {
  readonly stage: string;
  readonly error: string;
  readonly topic?: string | undefined;
  readonly dropped?: number | undefined;
}

/** A link over a wire without a transport, and its reports. */
function open(wire: FakeWire = new FakeWire(), options: LinkOptions = {}) {
  const reports: Report[] = [];
  const statuses: EventTargetStatus[] = [];
  const link = newLink("TestLink", wire, jsonCodec, {
    onError: (error, { stage, topic, dropped }) =>
      void reports.push({ stage, error: String(error), topic, dropped }),
    onStatus: (status) => void statuses.push(status),
    ...options,
  });
  if (wire.frames.length > 0) wire.answerHello();
  return {
    wire,
    link,
    reports,
    statuses,
    publish: (id: string, payload?: unknown) => link.publish({ type: "n", id, payload }),
    listen: (topic: string, listener: Partial<EnvelopeListener> = {}) => {
      const [type = "", id] = topic.split(":");
      return link.listen(type, id, { onEvent() {}, ...listener });
    },
    /** The envelopes that were sent, without the hello. */
    sent: () => wire.envelopes.slice(1).map(({ type, id }) => `${type} ${id}`),
    stages: () => reports.map(({ stage }) => stage),
  };
}

/** An answer of a hub. */
function subscribed(ref: string, topics: string[], refused: string[] = []) {
  const payload = { topics, refused: refused.map((topic) => ({ topic, reason: "no" })) };
  return { type: "__subscribed", id: ref, payload };
}

/** The hello that was sent, without the identity of its link. */
function capabilities({ envelopes: [hello] }: FakeWire): object {
  const { link: _link, connection: _connection, ...rest } = hello?.payload as Record<string, unknown>;
  return rest;
}

/** Ends a link so that nothing is left of it. */
const BYE = { code: 1000 };

Deno.test("the hello leaves first, then the topics, then what waited", async () => {
  const { wire, link, publish, listen, statuses } = open(new FakeWire("connecting"), {
    maxFrameBytes: 70_000,
  });
  publish("waited");
  listen("t:1");
  listen("t");
  listen("*");
  listen("left")();
  await microtasks();
  assertEquals([wire.frames, link.status.state], [[], "connecting"]);
  wire.open();
  const [hello, ...rest] = wire.envelopes;
  assertEquals([hello?.type, hello?.id, capabilities(wire)], ["__hello", "", {
    version: 1,
    batch: true,
    maxFrameBytes: 70_000,
  }]);
  assertEquals(rest, [
    { type: "__subscribe", id: "1", payload: { topics: ["*", "t", "t:1"] } },
    { type: "n", id: "waited" },
  ]);
  assertEquals(statuses, []);
  wire.answerHello();
  assertEquals(statuses, [{ state: "open" }]);
  wire.end(BYE);
});

Deno.test("events and subscriptions from an onStatus that says open leave in that order", async () => {
  const { wire, sent, link, publish } = open(new FakeWire("connecting"), {
    onStatus: ({ state }) => {
      if (state !== "open") return;
      publish("first");
      link.listen("t", undefined, { onEvent() {} });
      publish("second");
    },
  });
  publish("waited");
  wire.open();
  wire.answerHello();
  await microtasks();
  assertEquals(sent(), ["n waited", "n first", "__subscribe 1", "n second"]);
  wire.end(BYE);
});

Deno.test("events published in an onStatus that says open leave, even if the link is closed there", () =>
  withClock(async () => {
    const { wire, sent, link, publish } = open(new FakeWire("connecting"), {
      onStatus: ({ state }) => {
        if (state !== "open") return;
        publish("last words");
        void link.close();
      },
    });
    publish("waited");
    wire.open();
    wire.answerHello();
    await microtasks();
    assertEquals([sent(), wire.lost, wire.closes.length], [["n waited", "n last words"], [], 1]);
    wire.end();
  }));

Deno.test("each remaining listener is notified of an acknowledgement once", async () => {
  const { wire, listen } = open();
  const told: string[] = [];
  listen("t:1", { onReady: () => void told.push("first") });
  const stop = listen("t:1", { onReady: () => void told.push("stopped") });
  await microtasks();
  stop();
  wire.receiveEnvelopes(subscribed("1", ["t:1"]), subscribed("1", ["t:1"]));
  assertEquals(told, ["first"]);
  // It is known now.
  listen("t:1", { onReady: () => void told.push("later") });
  assertEquals(told, ["first", "later"]);
  wire.end(BYE);
});

Deno.test("an acknowledgement and a refusal count for the request that they answer, in any order", async () => {
  const { wire, listen, sent, reports } = open();
  const told: string[] = [];
  const watch = (name: string) => ({
    onReady: () => void told.push(`${name} ready`),
    onEnd: (error: Error | undefined) => void told.push(`${name} ${error?.name}`),
  });
  listen("t:1", watch("first"))();
  await microtasks();
  listen("t:1", watch("second"));
  await microtasks();
  assertEquals(sent(), ["__subscribe 1", "__unsubscribe 2", "__subscribe 3"]);
  // The refusal of the first question comes after the second one has left; the second answer settles it.
  wire.receiveEnvelopes(subscribed("1", [], ["t:1"]), subscribed("2", [], ["t:1"]));
  assertEquals([told, reports], [[], []]);
  wire.receiveEnvelopes(subscribed("3", ["t:1"], ["t:1"]));
  assertEquals([told, reports], [["second ready"], []]);
  wire.end(BYE);
});

Deno.test("a topic that was not requested can be neither acknowledged nor refused", async () => {
  const { wire, link, listen, reports } = open();
  const ends: unknown[] = [];
  listen("t:1", { onEnd: (error) => void ends.push(error) });
  await microtasks();
  wire.receiveEnvelopes(subscribed("1", ["other", ""], ["other", "__proto__", ":"]));
  wire.receiveEnvelopes({
    type: "__revoked",
    id: "",
    payload: { refused: [{ topic: "other", reason: "no" }] },
  });
  assertEquals([ends, reports, link.status.state], [[], [], "open"]);
  wire.end(BYE);
});

Deno.test("listeners that listen again when they are refused cause one new request together", async () => {
  const { wire, listen, sent } = open();
  const errors: unknown[] = [];
  const retry = () => ({
    onEnd: (error: Error | undefined) => {
      errors.push(error);
      listen("t:1");
    },
  });
  listen("t:1", retry());
  listen("t:1", retry());
  await microtasks();
  wire.receiveEnvelopes(subscribed("1", [], ["t:1"]));
  await microtasks();
  assertEquals(sent(), ["__subscribe 1", "__subscribe 2"]);
  for (const error of errors) assertInstanceOf(error, RefusedError);
  assertEquals(errors.length, 2);
  wire.end(BYE);
});

Deno.test("a revocation that crosses a new request does not end the topics of that request", async () => {
  const { wire, listen, sent } = open();
  const told: string[] = [];
  const stop = listen("t:1");
  await microtasks();
  wire.receiveEnvelopes(subscribed("1", ["t:1"]));
  stop();
  listen("t:1", {
    onReady: () => void told.push("ready"),
    onEnd: (error) => void told.push(String(error?.name)),
  });
  await microtasks();
  assertEquals(sent(), ["__subscribe 1", "__unsubscribe 2", "__subscribe 3"]);
  // The hub revoked before it read the unsubscribe; then it accepts the third question.
  wire.receiveEnvelopes(
    { type: "__revoked", id: "", payload: { refused: [{ topic: "t:1", reason: "no" }] } },
    subscribed("3", ["t:1"]),
  );
  await microtasks();
  assertEquals(told, ["ready"]);
  wire.end(BYE);
});

Deno.test("a revocation that arrives before a new request has left does not end its topics either", async () => {
  const { wire, listen, sent } = open();
  const told: string[] = [];
  const stop = listen("t:1", {
    onEvent: () => {
      stop();
      listen("t:1", {
        onReady: () => void told.push("ready"),
        onEnd: (error) => void told.push(String(error?.name)),
      });
    },
  });
  await microtasks();
  wire.receiveEnvelopes(subscribed("1", ["t:1"]));
  // All of it in one frame: there is no microtask between the event and the revocation.
  wire.receiveEnvelopes(
    { type: "t", id: "1" },
    { type: "__revoked", id: "", payload: { refused: [{ topic: "t:1", reason: "no" }] } },
  );
  await microtasks();
  assertEquals(sent(), ["__subscribe 1", "__unsubscribe 2", "__subscribe 3"]);
  wire.receiveEnvelopes(subscribed("3", ["t:1"]));
  assertEquals(told, ["ready"]);
  wire.end(BYE);
});

Deno.test("a control that only spokes send is reported, and an unknown control is ignored", () => {
  const { wire, reports, link } = open();
  wire.receiveEnvelopes(
    { type: "__subscribe", id: "1", payload: { topics: ["t"] } },
    { type: "__unsubscribe", id: "1", payload: { topics: ["t"] } },
    { type: "__future", id: "" },
  );
  assertEquals(reports.map(({ stage, error }) => [stage, error]), [
    ["decode", 'TypeError: Received "subscribe" from a hub: only a spoke sends it'],
    ["decode", 'TypeError: Received "unsubscribe" from a hub: only a spoke sends it'],
  ]);
  assertEquals(link.status.state, "open");
  wire.end(BYE);
});

Deno.test("each gap is a status of its own, and there is none once the link is closed", () =>
  withClock(async () => {
    const { wire, link, statuses } = open();
    const gap = { type: "__gap", id: "", payload: { topics: ["t"] } };
    wire.receiveEnvelopes(gap, gap);
    assertEquals(statuses.slice(1), Array(2).fill({ state: "open", gap: true }));
    const closing = link.close();
    wire.receiveEnvelopes(gap);
    wire.end(BYE);
    await closing;
    assertEquals(statuses.slice(3), [{ state: "closed" }]);
  }));

Deno.test("a link buffers maxBufferedBytes to the byte, including those in the wire, and recovers", async () => {
  const { wire, reports, publish, sent } = open(new FakeWire(), { maxBufferedBytes: 1000 });
  const bytes = JSON.stringify({ type: "n", id: "a" }).length;
  wire.bufferedBytes = 1000 - bytes;
  publish("a");
  publish("b");
  assertEquals(reports.map(({ stage, topic, dropped }) => [stage, topic, dropped]), [[
    "backpressure",
    "n:b",
    1,
  ]]);
  await microtasks();
  wire.bufferedBytes = 1001 - bytes;
  publish("c");
  assertEquals(reports.at(-1)?.dropped, 2);
  wire.bufferedBytes = 0;
  publish("d");
  await microtasks();
  assertEquals(sent(), ["n a", "n d"]);
  wire.end(BYE);
});

Deno.test("an event of exactly the size that the hub accepts is sent, and a larger one is dropped alone", async () => {
  const { wire, reports, publish, sent } = open();
  wire.receiveEnvelopes({
    type: "__hello",
    id: "",
    payload: { version: 1, batch: true, maxFrameBytes: 70_000 },
  });
  const empty = JSON.stringify({ type: "n", id: "a", payload: "" }).length;
  publish("a", "x".repeat(70_000 - empty));
  publish("b", "x".repeat(70_001 - empty));
  publish("c");
  await microtasks();
  assertEquals(sent(), ["n a", "n c"]);
  assertEquals(reports, [{
    stage: "encode",
    error: "RangeError: Cannot send an event of 70001 bytes: the peer accepts 70000",
    topic: "n:b",
    dropped: undefined,
  }]);
  wire.end(BYE);
});

Deno.test("a hub that sends pings without reading the answers cannot fill the memory", async () => {
  const { wire, link } = open(new FakeWire(), { maxBufferedBytes: 100_000 });
  for (let i = 0; i < 1000 && link.status.state === "open"; i++) {
    wire.receiveEnvelopes({ type: "__ping", id: "x".repeat(1000) });
    await microtasks();
    wire.bufferedBytes = wire.frames.reduce((sum, { length }) => sum + length, 0);
  }
  assert(wire.bufferedBytes <= 110_000, `${wire.bufferedBytes} bytes wait to leave`);
  wire.end(BYE);
});

Deno.test("a link with a full buffer keeps its connection, and subscribes", async () => {
  const { wire, link, listen, publish, sent } = open(new FakeWire(), { maxBufferedBytes: 1000 });
  publish("last", "x".repeat(900));
  await microtasks();
  wire.bufferedBytes = 1000;
  publish("dropped", "x".repeat(100));
  listen("t");
  wire.receiveEnvelopes({ type: "__ping", id: "" });
  await microtasks();
  assertEquals(link.status.state, "open");
  wire.bufferedBytes = 0;
  publish("next");
  await microtasks();
  assertEquals(sent().filter((each) => each !== "__pong "), ["n last", "__subscribe 1", "n next"]);
  wire.end(BYE);
});

Deno.test("a link announces all its topics, even if they exceed maxBufferedBytes", () => {
  const { wire, link, listen } = open(new FakeWire("connecting"), { maxBufferedBytes: 100_000 });
  for (let i = 0; i < 10_000; i++) listen(`t:${i} ${"x".repeat(20)}`);
  const { send } = wire;
  wire.send = (frame) => {
    send.call(wire, frame);
    wire.bufferedBytes += frame.length;
  };
  wire.open();
  wire.answerHello();
  const topics = wire.envelopes.slice(1).flatMap(({ payload }) => (payload as { topics: string[] }).topics);
  assertEquals([topics.length, link.status.state], [10_000, "open"]);
  wire.end(BYE);
});

Deno.test("with a hostile limit in the hello each event that some hub may refuse is dropped and reported", async () => {
  const { wire, reports, publish, sent } = open();
  wire.receiveEnvelopes({ type: "__hello", id: "", payload: { version: 1, batch: true, maxFrameBytes: 1 } });
  publish("a", "x".repeat(65_536));
  publish("b", "x".repeat(65_536));
  publish("c");
  await microtasks();
  assertEquals([sent(), reports.map(({ topic }) => topic)], [["n c"], ["n:a", "n:b"]]);
  wire.end(BYE);
});

Deno.test("an undefined option is the same as a missing one", async () => {
  // A program without exactOptionalPropertyTypes passes them on like this.
  const options = JSON.parse("{}", () => ({
    maxBufferedBytes: undefined,
    maxFrameBytes: undefined,
    flushTimeoutMs: undefined,
    heartbeatMs: undefined,
  })) as LinkOptions;
  const { wire, reports, publish } = open(new FakeWire(), options);
  assertEquals(capabilities(wire), { version: 1, batch: true, maxFrameBytes: 1024 * 1024 });
  wire.bufferedBytes = 16 * 1024 * 1024;
  publish("a");
  assertEquals(reports.map(({ stage }) => stage), ["backpressure"]);
  wire.bufferedBytes = 0;
  wire.receive("x".repeat(1024 * 1024 + 1));
  assertEquals(reports.at(-1)?.error, "RangeError: Received a frame larger than 1048576 bytes");
  await microtasks();
  wire.end(BYE);
});

Deno.test("a link without a bound on frames leaves it out of its hello", () => {
  const { wire } = open(new FakeWire(), { maxFrameBytes: Infinity });
  // JSON has no Infinity: as null it would be malformed, and the hub would take this for a bare client.
  assertEquals(capabilities(wire), { version: 1, batch: true });
  wire.end(BYE);
});

Deno.test("a fractional bound on frames does not make the hello malformed", () => {
  const { wire } = open(new FakeWire(), { maxFrameBytes: 200_000 / 3 });
  assertEquals(capabilities(wire), { version: 1, batch: true, maxFrameBytes: 66_666 });
  wire.end(BYE);
});

Deno.test("an invalid bound throws a RangeError", () => {
  for (
    const name of ["maxFrameBytes", "maxBufferedBytes", "flushTimeoutMs", "heartbeatMs", "connectTimeoutMs"]
  ) {
    for (const value of [NaN, -1]) {
      const message = `${name}: ${value} is accepted`;
      const error = assertThrows(() => open(new FakeWire("connecting"), { [name]: value }), message);
      assert(error instanceof TypeError || error instanceof RangeError, message);
    }
  }
});

Deno.test("a local close is not a fault, even before the connection is open", () =>
  withClock(async () => {
    const socket = new FakeSocket();
    socket.readyState = 0;
    const reports: string[] = [];
    const link = new Link("TestLink", new WebSocketWire(socket), jsonCodec, {
      onError: (error) => void reports.push(String(error)),
    });
    const closing = link.close();
    // Deno, Node, browsers and npm:ws all report a socket that is closed while it connects like this.
    socket.fire("error", { message: "WebSocket was closed before the connection was established" });
    socket.fire("close", { code: 1006 });
    await closing;
    assertEquals([reports, link.status], [[], { state: "closed" }]);
  }));

Deno.test("an end from the far side during close counts as the local close", () =>
  withClock(async () => {
    const { wire, link, listen, reports, statuses } = open();
    const ends: unknown[] = [];
    listen("t", { onEnd: (error) => void ends.push(error) });
    const closing = link.close();
    assertEquals(ends, [undefined]);
    wire.end({ code: 1013, reason: "slow" });
    await closing;
    assertEquals([statuses.slice(1), await link.closed, reports], [[{ state: "closed" }], undefined, []]);
  }));

Deno.test("close does not unsubscribe, since the hub forgets the topics", () =>
  withClock(async () => {
    const { wire, link, listen, sent } = open();
    listen("t");
    await microtasks();
    const closing = link.close();
    await microtasks();
    assertEquals([sent(), wire.lost], [["__subscribe 1"], []]);
    wire.end(BYE);
    await closing;
  }));

Deno.test("a loss ends the listeners with one error, then reports the status, then resolves closed", async () => {
  const told: string[] = [];
  const { wire, link, listen } = open(new FakeWire(), {
    onStatus: ({ state, error }) => void told.push(`${state} ${error?.name}`),
  });
  for (const topic of ["t:1", "t", "*"]) {
    listen(topic, { onEnd: (error) => void told.push(String(error?.name)) });
  }
  const closed = link.closed.then((error) => told.push(`closed resolved ${error?.name}`));
  wire.end({ code: 1001, reason: "away" });
  await closed;
  assertEquals(told, [
    "open undefined",
    ...Array(3).fill("ConnectionLostError"),
    "closed ConnectionLostError",
    "closed resolved ConnectionLostError",
  ]);
});

Deno.test("callbacks that close the link while it ends change nothing", async () => {
  const { wire, link, listen, statuses } = open(new FakeWire(), {
    onError: () => void link.close(),
  });
  let ends = 0;
  listen("t", {
    onEnd: () => {
      ends++;
      void link.close();
    },
  });
  wire.end({ code: 1006, error: new Error("EPIPE") });
  await link.close();
  await link.closed;
  assertEquals([ends, statuses.map(({ state }) => state)], [1, ["open", "closed"]]);
});

Deno.test("a listener that closes the link inside a frame receives nothing more of the frame", () =>
  withClock(async () => {
    const { wire, link, listen } = open();
    let heard = 0;
    listen("n", {
      onEvent: () => {
        heard++;
        void link.close();
      },
    });
    wire.receiveEnvelopes(...Array(3).fill({ type: "n", id: "1" }));
    wire.receiveEnvelopes({ type: "n", id: "1" });
    assertEquals(heard, 1);
    wire.end();
    await link.close();
  }));

Deno.test("a listener that publishes during a delivery sends in the order of the calls", async () => {
  const { wire, listen, publish, sent } = open();
  listen("q", { onEvent: ({ id }) => publish(`answer ${id}`) });
  await microtasks();
  wire.receiveEnvelopes({ type: "q", id: "1" }, { type: "__ping", id: "ref" }, { type: "q", id: "2" });
  await microtasks();
  assertEquals(sent(), ["__subscribe 1", "n answer 1", "__pong ref", "n answer 2"]);
  wire.end(BYE);
});

Deno.test("the number of unsent events is reported, whatever kept them from leaving", async () => {
  const neverOpen = open(new FakeWire("connecting"));
  for (let i = 0; i < 600; i++) neverOpen.publish(String(i));
  neverOpen.wire.end({ code: 1006 });
  assertEquals(neverOpen.reports.map(({ stage, error }) => [stage, error]), [
    ["publish", "Error: 600 events were not sent before the connection ended"],
  ]);

  // The hello and the topics leave, and then the wire breaks, before the first of two frames.
  const breaks = open(new FakeWire("connecting"));
  for (let i = 0; i < 600; i++) breaks.publish(String(i));
  const { wire } = breaks;
  const { send } = wire;
  wire.send = (frame) => {
    if (frame.includes("__hello")) return send.call(wire, frame);
    throw new Error("broken");
  };
  wire.open();
  await microtasks();
  assertEquals(breaks.stages().toSorted(), ["connect", "publish"], "88 events or more are lost in silence");
});

Deno.test("an event that is published while the end is reported is reported too", () => {
  const { wire, link, publish, reports } = open(new FakeWire(), {
    onError: (error, { stage, topic, dropped }) => {
      reports.push({ stage, error: String(error), topic, dropped });
      if (stage === "connect") publish("about the fault");
    },
  });
  wire.end({ code: 1006, error: new Error("EPIPE") });
  assertEquals(link.status.state, "closed");
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), [
    ["connect", undefined],
    ["publish", "n:about the fault"],
  ]);
});

Deno.test("a link whose wire breaks at the hello ends only after its factory has returned", async () => {
  const wire = new FakeWire();
  wire.sendFault = new Error("broken");
  const { link, stages, publish } = open(wire);
  assertEquals([link.status.state, stages()], ["connecting", []]);
  publish("unsent");
  await microtasks();
  assertEquals([link.status.state, stages()], ["closed", ["connect", "publish"]]);
  publish("late");
  assertEquals(stages(), ["connect", "publish", "publish"]);
  await assertRejects(() => link.flush(), ConnectionLostError);
  assertInstanceOf(await link.closed, ConnectionLostError);
});

Deno.test("flush announces pending topics first", () =>
  withClock(async () => {
    const { wire, link, listen, sent } = open();
    listen("t");
    const flush = link.flush();
    await microtasks();
    assertEquals(sent(), ["__subscribe 1", "__ping 1"]);
    wire.receiveEnvelopes({ type: "__pong", id: "1" });
    await flush;
    wire.end(BYE);
  }));

Deno.test("flush during close never hangs", () =>
  withClock(async ({ pass }) => {
    const { link } = open();
    const closing = link.close();
    const lost = assertRejects(() => link.flush(), ConnectionLostError);
    await pass(1500);
    await lost;
    await closing;
  }));

Deno.test("whatever a hub sends, nothing is thrown, and the next event is received", async () => {
  const scalar = fc.constantFrom<unknown>(null, 0, "", "*", "t:1", "t", "__proto__", ":", "\ud800", {}, []);
  const payload = fc.oneof(
    scalar,
    fc.record({ topics: fc.array(scalar), refused: fc.array(fc.record({ topic: scalar, reason: scalar })) }),
    fc.record({ version: scalar, batch: scalar, maxFrameBytes: fc.oneof(scalar, fc.integer()) }),
    fc.record({ topics: fc.constant(["t:1", "t"]), refused: fc.constant([{ topic: "t", reason: "" }]) }),
  );
  const kind = fc.constantFrom("hello", "subscribe", "subscribed", "revoked", "gap", "ping", "pong", "", "x");
  const envelope = fc.record({
    type: fc.oneof(kind.map((each) => `__${each}`), scalar),
    id: fc.oneof(fc.constantFrom("1", "2"), scalar),
    payload,
  });
  const frame = fc.oneof(
    envelope.map((each) => JSON.stringify(each)),
    fc.array(envelope).map((each) => JSON.stringify(each)),
    fc.string(),
    fc.constantFrom<unknown>(undefined, null, new ArrayBuffer(3), new Blob(["{}"])),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 20 }), async (frames) => {
      const { wire, link, listen } = open();
      for (const topic of ["t:1", "t", "*"]) listen(topic);
      await microtasks();
      for (const each of frames) wire.receive(each);
      await microtasks();
      const heard: string[] = [];
      listen("good", { onEvent: ({ id }) => void heard.push(id) });
      wire.receiveEnvelopes({ type: "good", id: "1" });
      assertEquals([link.status.state, heard, wire.lost], ["open", ["1"], []]);
      wire.end(BYE);
    }),
    { numRuns: 300 },
  );
});
