import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { jsonCodec } from "../../../adapters/_wire/json_codec.ts";
import { Link } from "../../../adapters/_link/link.ts";
import { ConnectionLostError, RefusedError } from "../../../core/errors.ts";
import { FakeWire } from "../../support/fake_wire.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { openReconnecting, sentOn } from "../../support/reconnecting_link.ts";

Deno.test("a loss is reported with attempt, delay, code and reason, and the recovery with the gap", () =>
  withClock(async ({ pass }) => {
    const { statuses, reports, listen, open, lose, acknowledge, close } = openReconnecting();
    listen("t:1");
    await open();
    lose({ code: 1001, reason: "the hub is closed" });
    await pass(250);
    lose({ code: 1006, error: new Error("refused") });
    await pass(500);
    await open();
    acknowledge("1", ["t:1"]);
    assertEquals(statuses, [
      { state: "open" },
      { state: "reconnecting", attempt: 1, delayMs: 250, code: 1001, reason: "the hub is closed" },
      { state: "reconnecting", attempt: 2, delayMs: 500, code: 1006, reason: undefined },
      { state: "open", gap: true },
    ]);
    assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), ["connect Error: refused"]);
    await close();
    assertEquals(statuses.at(-1), { state: "closed" });
  }));

Deno.test("until its first connection is open, a link is connecting and reports no gap", () =>
  withClock(async ({ pass }) => {
    const { statuses, lose, open, link, close } = openReconnecting();
    assertEquals(link.status, { state: "connecting" });
    await microtasks();
    lose();
    await pass(250);
    await open();
    assertEquals(statuses, [
      { state: "connecting", attempt: 1, delayMs: 250, code: 1006, reason: undefined },
      { state: "open" },
    ]);
    await close();
  }));

Deno.test("all topics are announced again in one frame, and the gap is reported when all are acknowledged", () =>
  withClock(async ({ pass }) => {
    const { states, listen, open, lose, acknowledge, last, link, close } = openReconnecting();
    const stop = listen("left");
    listen("t:1");
    listen("t");
    await open();
    acknowledge("1", ["left", "t:1", "t"]);
    lose();
    listen("while:away");
    stop();
    await pass(250);
    await open();
    assertEquals(last().frames.slice(1).map((frame) => JSON.parse(frame)), [
      { type: "__subscribe", id: "1", payload: { topics: ["t", "t:1", "while:away"] } },
    ]);
    // Later topics are not waited for: a program that keeps subscribing would never get the gap.
    listen("later");
    await microtasks();
    acknowledge("1", ["t", "t:1"]);
    assertEquals([states().at(-1), link.status.state], ["reconnecting", "reconnecting"]);
    acknowledge("1", ["while:away"]);
    acknowledge("2", ["later"]);
    assertEquals(states(), ["open", "reconnecting", "open, gap"]);
    await close();
  }));

Deno.test("a link without topics reports the gap when it is connected again", () =>
  withClock(async ({ pass }) => {
    const { states, open, lose, close } = openReconnecting();
    await open();
    lose();
    await pass(250);
    await open();
    assertEquals(states(), ["open", "reconnecting", "open, gap"]);
    await close();
  }));

Deno.test("a connection that is lost before all topics are acknowledged leaves the gap to the next one", () =>
  withClock(async ({ pass }) => {
    const { states, listen, open, lose, acknowledge, close } = openReconnecting();
    listen("t");
    await open();
    for (let i = 0; i < 2; i++) {
      lose();
      await pass(1000);
      await open();
    }
    acknowledge("1", ["t"]);
    assertEquals(states(), ["open", "reconnecting", "reconnecting", "open, gap"]);
    await close();
  }));

Deno.test("a gap from the hub is part of a gap that is not reported yet", () =>
  withClock(async ({ pass }) => {
    const { states, listen, open, lose, acknowledge, last, close } = openReconnecting();
    listen("t");
    await open();
    last().receiveEnvelopes({ type: "__gap", id: "", payload: {} });
    assertEquals(states(), ["open"], "told while a topic is not acknowledged");
    acknowledge("1", ["t"]);
    assertEquals(states(), ["open", "open, gap"]);
    lose();
    await pass(250);
    await open();
    last().receiveEnvelopes({ type: "__gap", id: "", payload: {} });
    assertEquals(states().length, 3);
    acknowledge("1", ["t"]);
    last().receiveEnvelopes({ type: "__gap", id: "", payload: {} });
    assertEquals(states().slice(2), ["reconnecting", "open, gap", "open, gap"]);
    await close();
  }));

Deno.test("a subscription made while the link is away is ready when the hub acknowledges it, and no listener is notified twice", () =>
  withClock(async ({ pass }) => {
    const { listen, open, lose, acknowledge, close } = openReconnecting();
    const told: string[] = [];
    const watch = (name: string) => ({ onReady: () => void told.push(name) });
    listen("t", watch("before"));
    await open();
    acknowledge("1", ["t"]);
    lose();
    listen("t", watch("away"));
    await pass(250);
    await open();
    listen("t", watch("not acknowledged yet"));
    assertEquals(told, ["before"]);
    acknowledge("1", ["t"]);
    listen("t", watch("after"));
    assertEquals(told, ["before", "away", "not acknowledged yet", "after"]);
    await close();
  }));

Deno.test("a topic that is refused on the new connection ends only its subscriptions, and the gap is reported", () =>
  withClock(async ({ pass }) => {
    const { listen, open, lose, acknowledge, states, stages, link, last, close } = openReconnecting();
    const ends: unknown[] = [];
    listen("secret", { onEnd: (error) => void ends.push(error) });
    listen("t", { onEnd: (error) => void ends.push(error) });
    await open();
    acknowledge("1", ["secret", "t"]);
    lose();
    await pass(250);
    await open();
    acknowledge("1", ["t"], ["secret"]);
    assertEquals([ends.length, stages(), states().at(-1)], [1, ["subscribe"], "open, gap"]);
    assertInstanceOf(ends[0], RefusedError);
    const again: string[] = [];
    link.listen("t", undefined, { onEvent: ({ id }) => void again.push(id) });
    last().receiveEnvelopes({ type: "t", id: "1" });
    assertEquals(again, ["1"]);
    await close();
  }));

Deno.test("an event listener of a refused topic receives events once the next connection accepts it, and can be removed", () =>
  withClock(async ({ pass }) => {
    const { link, open, lose, acknowledge, last, close } = openReconnecting();
    const heard: string[] = [];
    const callback = ({ type }: { type: string }) => void heard.push(type);
    link.addEventListener("secret:1", callback);
    await open();
    acknowledge("1", [], ["secret:1"]);
    lose();
    await pass(250);
    await open();
    acknowledge("1", ["secret:1"]);
    last().receiveEnvelopes({ type: "secret", id: "1" });
    link.removeEventListener("secret:1", callback);
    await microtasks();
    assertEquals([heard, sentOn(last())], [["secret:1"], ["__hello", "__subscribe 1", "__unsubscribe 2"]]);
    await close();
  }));

Deno.test("events published while the link is away wait in order, and leave after the topics", () =>
  withClock(async ({ pass }) => {
    const { publish, listen, open, lose, close, wires } = openReconnecting();
    publish("a");
    const first = await open();
    assertEquals(sentOn(first), ["__hello", "n a"]);
    lose();
    publish("b");
    await pass(250);
    listen("t");
    publish("c");
    lose();
    publish("d");
    await pass(500);
    assertEquals(sentOn(await open()), ["__hello", "__subscribe 1", "n b", "n c", "n d"]);
    assertEquals([wires.length, wires[1]?.frames], [3, []]);
    await close();
  }));

Deno.test("events that were handed to a socket are never sent again, and waiting ones are sent", () =>
  withClock(async ({ pass }) => {
    const { publish, open, lose, close, reports, listen } = openReconnecting();
    const first = await open();
    publish("handed over");
    await microtasks();
    // In the outbox still, in this turn of the event loop; with a control, which the next connection has no use for.
    publish("kept");
    listen("t");
    lose();
    await pass(250);
    assertEquals(sentOn(first), ["__hello", "n handed over"]);
    assertEquals(sentOn(await open()), ["__hello", "__subscribe 1", "n kept"]);
    assertEquals(reports, []);
    await close();
  }));

Deno.test("an event is not handed to a closing socket, and waits for the next connection", () =>
  withClock(async ({ pass }) => {
    const { publish, open, lose, close, last, reports } = openReconnecting();
    await open();
    last().state = "closed";
    publish("kept");
    await microtasks();
    assertEquals(last().lost, []);
    lose();
    await pass(250);
    assertEquals(sentOn(await open()), ["__hello", "n kept"]);
    assertEquals(reports, []);
    await close();
  }));

Deno.test("an event too large to be sent before the hub's hello survives a connection without a hello", () =>
  withClock(async ({ pass }) => {
    const { publish, openSilently, lose, close, last } = openReconnecting();
    await openSilently();
    publish("large", "x".repeat(70_000));
    publish("behind it");
    await microtasks();
    assertEquals(sentOn(last()), ["__hello"]);
    lose();
    await pass(250);
    await openSilently();
    assertEquals(sentOn(last()), ["__hello"]);
    last().answerHello();
    assertEquals(sentOn(last()), ["__hello", "n large", "n behind it"]);
    await close();
  }));

Deno.test("a frame that breaks the wire is lost and counted, and what waits behind it is not lost", () =>
  withClock(async ({ pass }) => {
    const { publish, openSilently, close, last, reports } = openReconnecting();
    await openSilently();
    last().sendFault = new Error("broken");
    publish("1");
    publish("2");
    publish("behind", "x".repeat(65_536));
    await microtasks();
    assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), [
      "connect Error: broken",
      "publish Error: 2 events were not sent before the connection ended",
    ]);
    await pass(250);
    await openSilently();
    last().answerHello();
    assertEquals(sentOn(last()), ["__hello", "n behind"]);
    await close();
  }));

Deno.test("the waiting events are bounded over all attempts, and dropped ones are counted over all of them", () =>
  withClock(async ({ pass }) => {
    const { publish, open, lose, close, last, reports } = openReconnecting({ maxBufferedBytes: 1000 });
    await open();
    lose();
    const dropped = () => reports.map(({ stage, topic, dropped }) => `${stage} ${topic} ${dropped}`);
    publish("a", "x".repeat(500));
    publish("b", "x".repeat(500));
    assertEquals(dropped(), ["backpressure n:b 1"]);
    await pass(250);
    lose();
    publish("c", "x".repeat(500));
    await pass(500);
    await open();
    assertEquals(sentOn(last()), ["__hello", "n a"]);
    last().bufferedBytes = 900;
    publish("d", "x".repeat(500));
    assertEquals(dropped(), ["backpressure n:b 1", "backpressure n:c 2", "backpressure n:d 3"]);
    await close();
  }));

Deno.test("a fatal close code ends the link, its subscriptions and its flushes, and counts the waiting events", () =>
  withClock(async ({ pass }) => {
    const { publish, open, lose, link, listen, statuses, reports, attempts } = openReconnecting();
    const ends: unknown[] = [];
    listen("t", { onEnd: (error) => void ends.push(error) });
    await open();
    lose();
    publish("waits");
    const flushed = assertRejects(() => link.flush(), ConnectionLostError);
    await pass(250);
    lose({ code: 4401, reason: "no such token" });
    const error = await link.closed;
    assertInstanceOf(error, ConnectionLostError);
    assertEquals([error.code, error.reason], [4401, "no such token"]);
    assertEquals([ends, statuses.at(-1)], [[error], {
      state: "closed",
      code: 4401,
      reason: "no such token",
      error,
    }]);
    assertEquals(reports.map(({ stage, error }) => `${stage} ${error}`), [
      "publish Error: 1 events were not sent before the connection ended",
    ]);
    await flushed;
    await pass(60_000);
    assertEquals(attempts.length, 2);
  }));

Deno.test("a bye, a heartbeat time-out and an end without a code lead to another attempt", () =>
  withClock(async ({ pass }) => {
    const { open, lose, last, statuses, close } = openReconnecting({ heartbeatMs: 10_000 });
    await open();
    last().receiveEnvelopes({ type: "__bye", id: "", payload: { reason: "moving" } });
    assertEquals([statuses.at(-1)?.state, statuses.at(-1)?.reason], ["reconnecting", "moving"]);
    await pass(250);
    await open();
    // The question has left in the next turn, and has its time from then on.
    await pass(20_000);
    assertEquals(statuses.at(-1)?.state, "open");
    await pass(1);
    assertEquals([statuses.at(-1)?.state, statuses.at(-1)?.code], ["reconnecting", 4408]);
    await pass(250);
    await open();
    lose({});
    assertEquals(statuses.at(-1)?.state, "reconnecting");
    await close();
  }));

Deno.test("a link continues as long as the wire that ended has a next one", () =>
  withClock(async ({ pass }) => {
    const wires = [new FakeWire(), new FakeWire()];
    const [first, second] = wires;
    assert(first !== undefined && second !== undefined);
    const asked: unknown[] = [];
    const next = (end: unknown, upMs: number) => {
      asked.push(end, upMs);
      return { wire: second, attempt: 7, delayMs: 10 };
    };
    const link = new Link("TestLink", Object.assign(first, { next }), jsonCodec, {});
    first.answerHello();
    await pass(40);
    first.end({ code: 4400 });
    assertEquals([asked, link.status.attempt], [[{ code: 4400 }, 40], 7]);
    await pass(10);
    second.answerHello();
    assertEquals(link.status, { state: "open", gap: true });
    second.end({ code: 1000 });
    assertInstanceOf(await link.closed, ConnectionLostError);
  }));

Deno.test("what still arrives on an old connection is ignored", () =>
  withClock(async ({ pass }) => {
    const { open, last, states, listen, wires, acknowledge, close } = openReconnecting({ heartbeatMs: 1000 });
    const heard: string[] = [];
    const told: string[] = [];
    listen("t", { onEvent: ({ id }) => void heard.push(id), onReady: () => void told.push("ready") });
    const old = await open();
    // It gives no sign of life and is dropped, but its socket is still there.
    await pass(2001);
    assertEquals([old.closes[0]?.code, states()], [4408, ["open", "reconnecting"]]);
    await pass(250);
    await open();
    old.receiveEnvelopes(
      { type: "t", id: "late" },
      { type: "__subscribed", id: "1", payload: { topics: ["t"] } },
      { type: "__gap", id: "", payload: {} },
      { type: "__bye", id: "", payload: {} },
    );
    old.open();
    old.end({ code: 1008 });
    assertEquals([heard, told, states().length, wires.length], [[], [], 2, 2]);
    last().receiveEnvelopes({ type: "t", id: "in time" });
    acknowledge("1", ["t"]);
    assertEquals([heard, told, states().at(-1)], [["in time"], ["ready"], "open, gap"]);
    await close();
  }));

Deno.test("a flush that is pending when the connection is lost rejects, and one that starts while the link is away does not", () =>
  withClock(async ({ pass }) => {
    const { link, publish, open, lose, last, close } = openReconnecting();
    await open();
    publish("lost, perhaps");
    const underWay = assertRejects(() => link.flush(), ConnectionLostError, "code 1006");
    await microtasks();
    lose();
    await underWay;
    publish("waits");
    let flushed = false;
    const away = link.flush().then(() => flushed = true);
    await pass(250);
    lose();
    await pass(500);
    await open();
    assertEquals([sentOn(last()), flushed], [["__hello", "n waits", "__ping 1"], false]);
    last().receiveEnvelopes({ type: "__pong", id: "1" });
    await away;
    await close();
  }));

Deno.test("a flush rejects at its time-out and by its signal, even while the link is away", () =>
  withClock(async ({ pass }) => {
    const { link, close, lose } = openReconnecting({ flushTimeoutMs: 400 });
    await microtasks();
    lose();
    const controller = new AbortController();
    const aborted = assertRejects(() => link.flush({ signal: controller.signal }), RangeError, "mine");
    const late = assertRejects(() => link.flush(), DOMException, "400 ms");
    controller.abort(new RangeError("mine"));
    await aborted;
    await pass(400);
    await late;
    await close();
  }));

Deno.test("an event that is published as the wire ends inside a send is sent on the next connection", () =>
  withClock(async ({ pass }) => {
    let attempts = 0;
    const { last, open, listen, publish, close } = openReconnecting({
      // The first connection stays in preparation, where subscriptions leave and events wait.
      onOpen: () => attempts++ === 0 ? new Promise<void>(() => {}) : undefined,
      connect: () => new BreakingWire(),
    });
    const wire = await open();
    assertInstanceOf(wire, BreakingWire);
    wire.breaks = true;
    listen("n");
    publish("important");
    await pass(250);
    await open();
    assertEquals(sentOn(last()), ["__hello", "__subscribe 1", "n important"]);
    await close();
  }));

Deno.test("nothing but the hello is sent on a connection that ends inside its hello", () =>
  withClock(async ({ pass }) => {
    let prepared = 0;
    const { wires, open, listen, close } = openReconnecting({
      onOpen: () => void prepared++,
      connect: () => new BreakingWire(prepared === 0 && wires.length === 0),
    });
    listen("n");
    const wire = await open();
    assertEquals([sentOn(wire), prepared], [["__hello"], 0]);
    await pass(250);
    const next = await open();
    assertEquals([sentOn(next), prepared], [["__hello", "__subscribe 1"], 1]);
    await close();
  }));

/** A wire that ends inside the call of `send`. */
class BreakingWire extends FakeWire {
  breaks: boolean;

  constructor(breaks = false) {
    super("connecting");
    this.breaks = breaks;
  }

  override send(frame: string): void {
    super.send(frame);
    if (this.breaks) this.end({ code: 1006 });
  }
}

Deno.test("a topic that was refused and is asked for again is given back if its last listener leaves before the answer", () =>
  withClock(async ({ pass }) => {
    const { link, open, lose, acknowledge, last, listen, close } = openReconnecting();
    const onEvent = (): void => {};
    // The DOM has no way to notify it of the refusal, so that it stays.
    link.addEventListener("t:1", onEvent);
    await open();
    acknowledge("1", [], ["t:1"]);
    lose();
    await pass(250);
    await open();
    link.removeEventListener("t:1", onEvent);
    await microtasks();
    acknowledge("1", ["t:1"]);
    assertEquals(sentOn(last()), ["__hello", "__subscribe 1", "__unsubscribe 2"]);
    listen("t:1");
    await microtasks();
    assertEquals(sentOn(last()).at(-1), "__subscribe 3");
    await close();
  }));
