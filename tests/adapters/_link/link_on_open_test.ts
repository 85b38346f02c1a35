import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { jsonCodec } from "../../../adapters/_wire/json_codec.ts";
import { Link } from "../../../adapters/_link/link.ts";
import { ConnectionLostError } from "../../../core/errors.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { openReconnecting, sentOn } from "../../support/reconnecting_link.ts";

Deno.test("on each connection the hello leaves first, then the topics, what onOpen sends, and the queue", () =>
  withClock(async ({ pass }) => {
    const events: string[] = [];
    let proceed = (): void => {};
    const { open, lose, last, listen, publish, states, acknowledge, close } = openReconnecting({
      onOpen: async (send) => {
        events.push("onOpen");
        send({ type: "spoke.joined", id: "1", payload: { token: "fresh" } });
        await new Promise<void>((resolve) => proceed = resolve);
        send({ type: "spoke.joined", id: "2", payload: undefined });
      },
    });
    listen("t");
    publish("waits");
    for (const expected of [["open"], ["open", "reconnecting", "open, gap"]]) {
      await open();
      publish("published meanwhile");
      acknowledge("1", ["t"]);
      assertEquals(sentOn(last()), ["__hello", "__subscribe 1", "spoke.joined 1"]);
      assertEquals(states(), expected.slice(0, -1));
      proceed();
      await microtasks();
      assertEquals(sentOn(last()).slice(3), [
        "spoke.joined 2",
        ...expected.length === 1 ? ["n waits"] : [],
        "n published meanwhile",
      ]);
      assertEquals(states(), expected);
      if (expected.length === 1) {
        lose();
        await pass(250);
      }
    }
    assertEquals(last().envelopes[2]?.payload, { token: "fresh" });
    assertEquals(events, ["onOpen", "onOpen"]);
    await close();
  }));

Deno.test("subscriptions and flushes do not wait for onOpen", () =>
  withClock(async () => {
    let proceed = (): void => {};
    const { open, last, listen, publish, link, close } = openReconnecting({
      onOpen: () => new Promise((resolve) => proceed = resolve),
    });
    await open();
    const stop = listen("answer");
    await microtasks();
    publish("waits");
    const flushed = link.flush();
    stop();
    await microtasks();
    last().receiveEnvelopes({ type: "__ping", id: "" });
    assertEquals(sentOn(last()), ["__hello", "__subscribe 1", "__unsubscribe 2", "__pong"]);
    proceed();
    await microtasks();
    assertEquals(sentOn(last()).slice(4), ["n waits", "__ping 1"]);
    last().receiveEnvelopes({ type: "__pong", id: "1" });
    await flushed;
    await close();
  }));

Deno.test("an onOpen that throws, rejects or hangs closes its connection, and the next attempt calls it again", () =>
  withClock(async ({ pass }) => {
    const results: (() => Promise<void>)[] = [
      () => {
        throw new Error("thrown");
      },
      () => Promise.reject(new Error("rejected")),
      () => new Promise(() => {}),
      () => Promise.resolve(),
    ];
    const { open, wires, states, reports, publish, last, close } = openReconnecting({
      onOpen: () => results.shift()?.(),
      connectTimeoutMs: 3000,
    });
    publish("waits");
    for (const delayMs of [250, 500, 3000, 1000]) {
      if (delayMs !== 1000) await open();
      await pass(delayMs);
    }
    await open();
    assertEquals(wires.map(({ closes }) => closes.length), [1, 1, 1, 0]);
    assertEquals(states(), ["reconnecting", "reconnecting", "reconnecting", "open, gap"]);
    assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), [
      "connect Error: thrown",
      "connect Error: rejected",
      "connect TimeoutError: The connection was not open after 3000 ms",
    ]);
    assertEquals(sentOn(last()), ["__hello", "n waits"]);
    await close();
  }));

for (const name of ["onOpen", "credentials"] as const) {
  Deno.test(`a rejection of ${name} without an error is reported too`, () =>
    withClock(async () => {
      const { open, reports, close } = openReconnecting({ [name]: () => Promise.reject(undefined) });
      await open();
      await microtasks();
      assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), [
        "connect Error: The connection could not be prepared",
      ]);
      await close();
    }));
}

Deno.test("an onOpen that resolves after its connection was lost changes nothing, and what it sends is reported", () =>
  withClock(async ({ pass }) => {
    const sends: ((envelope: EventEnvelope) => void)[] = [];
    const done: (() => void)[] = [];
    const { link, open, lose, last, states, reports, publish, close } = openReconnecting({
      onOpen: (send) => {
        sends.push(send);
        return new Promise((resolve) => done.push(resolve));
      },
    });
    await open();
    publish("waits");
    lose();
    await pass(250);
    await open();
    done[0]?.();
    await microtasks();
    sends[0]?.({ type: "late", id: "1", payload: null });
    assertEquals([sentOn(last()), states()], [["__hello"], ["reconnecting"]]);
    assertEquals(reports, [{
      stage: "publish",
      error: 'Error: Cannot send "late:1": its connection has ended',
      topic: "late:1",
      dropped: undefined,
    }]);
    const { published } = link.stats();
    assertEquals([published.total, published.dropped.closed], [2, 1]);
    done[1]?.();
    await microtasks();
    assertEquals([sentOn(last()), states().at(-1)], [["__hello", "n waits"], "open, gap"]);
    await close();
  }));

Deno.test("an onOpen that fails after its connection was lost is ignored", () =>
  withClock(async ({ pass }) => {
    const fail: ((error: Error) => void)[] = [];
    const { open, lose, wires, states, reports, close } = openReconnecting({
      onOpen: () => new Promise((_, reject) => fail.push(reject)),
    });
    await open();
    lose();
    await pass(250);
    await open();
    fail[0]?.(new Error("too late"));
    await microtasks();
    assertEquals([states(), reports, wires.map(({ closes }) => closes)], [["reconnecting"], [], [[], []]]);
    await close();
  }));

Deno.test("what onOpen sends is checked and bounded like published events", () =>
  withClock(async () => {
    const { open, last, reports, close } = openReconnecting({
      maxBufferedBytes: 100_000,
      onOpen: (send) => {
        const wire = last();
        wire.send = (frame) => {
          wire.bufferedBytes += frame.length;
          FakeWire.prototype.send.call(wire, frame);
        };
        assertThrows(() => send({ type: "__hello", id: "", payload: null }), TypeError);
        send({ type: "n", id: "cannot be encoded", payload: 1n });
        send({ type: "n", id: "too large", payload: "x".repeat(65_536) });
        for (const id of ["1", "2"]) send({ type: "n", id, payload: "x".repeat(60_000) });
      },
    });
    await open();
    assertEquals(sentOn(last()), ["__hello", "n 1"]);
    assertEquals(reports.map(({ stage, topic }) => `${stage} ${topic}`), [
      "encode n:cannot be encoded",
      "encode n:too large",
      "backpressure n:2",
    ]);
    await close();
  }));

Deno.test("a connection that the program opened is prepared too, and is open only then", () =>
  withClock(async () => {
    const wire = new FakeWire("open");
    let proceed = (): void => {};
    const link = new Link("TestLink", wire, jsonCodec, {
      onOpen: async (send) => {
        send({ type: "spoke.joined", id: "1", payload: null });
        await new Promise<void>((resolve) => proceed = resolve);
      },
    });
    wire.answerHello();
    link.publish({ type: "n", id: "waits", payload: null });
    await microtasks();
    assertEquals([link.status, sentOn(wire)], [{ state: "connecting" }, ["__hello", "spoke.joined 1"]]);
    proceed();
    await microtasks();
    assertEquals([link.status, sentOn(wire)[2]], [{ state: "open" }, "n waits"]);
    wire.end({ code: 1000 });
    assertEquals(link.status.state, "closed");
  }));

Deno.test("a connection that the program opened ends with an onOpen that fails", () =>
  withClock(async () => {
    const wire = new FakeWire("open");
    const stages: string[] = [];
    const link = new Link("TestLink", wire, jsonCodec, {
      onError: (_error, { stage }) => void stages.push(stage),
      onOpen: () => Promise.reject(new Error("not today")),
    });
    const error = await link.closed;
    assertInstanceOf(error, ConnectionLostError);
    assertEquals([String(error.cause), stages, wire.closes.length], ["Error: not today", ["connect"], 1]);
  }));

Deno.test("after onOpen, controls keep their order among the events", () =>
  withClock(async () => {
    const { open, last, listen, publish, close } = openReconnecting({ onOpen: () => Promise.resolve() });
    await open();
    publish("before");
    listen("t");
    publish("after");
    await microtasks();
    assertEquals(sentOn(last()), ["__hello", "n before", "__subscribe 1", "n after"]);
    await close();
  }));
