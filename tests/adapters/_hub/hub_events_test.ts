import { assert, assertEquals, assertThrows } from "@std/assert";
import { createInProcessEventTarget, type PubSubEventTarget } from "@alkdev/pubsub";
import { defineEvents } from "@alkdev/pubsub/schemas";
import * as v from "valibot";
import * as z from "zod";
import { microtasks, withClock } from "../../support/clock.ts";
import type { FakeSocket } from "../../support/fake_socket.ts";
import { schemaOf } from "../../support/schemas.ts";
import { controlsOf, open } from "../../support/wire_hub.ts";

const events = defineEvents({
  n: v.object({ x: v.number() }),
  trimmed: v.pipe(v.string(), v.trim()),
});

/** The payloads of `__rejected` that a socket was sent. */
function rejectionsOf(socket: FakeSocket): Record<string, unknown>[] {
  return controlsOf(socket).flatMap(([type, id, payload]) => {
    if (type !== "__rejected") return [];
    assertEquals(id, "");
    return [payload as Record<string, unknown>];
  });
}

/** How many events a socket was told were rejected. */
function rejectedCount(socket: FakeSocket): number {
  return rejectionsOf(socket).reduce((sum, { more }) => sum + 1 + Number(more), 0);
}

/** The payloads that arrive on a target. */
function payloadsOn(target: PubSubEventTarget): unknown[] {
  const payloads: unknown[] = [];
  target.listen("*", undefined, { onEvent: ({ payload }) => void payloads.push(payload) });
  return payloads;
}

Deno.test("a hub relays what the schema accepts as it was received, drops the rest alone, and tells its publisher", async () => {
  await withClock(async () => {
    const { hub, add, end, reports } = open({ events });
    const heard = payloadsOn(hub);
    const { socket, spoke } = add(undefined, { batch: true });
    const own = payloadsOn(spoke);
    const frame = [
      { type: "trimmed", id: "1", payload: " a " },
      { type: "n", id: "1", payload: { x: "secret" } },
      { type: "n", id: "1", payload: { x: 1, y: 2 } },
      { type: "other", id: "1", payload: 1 },
      { type: "constructor", id: "1" },
    ];
    socket.fire("message", { data: JSON.stringify(frame) });
    await microtasks();
    assertEquals(heard, [" a ", { x: 1, y: 2 }]);
    assertEquals(own, heard);
    const message = 'Invalid type: Expected number but received "…';
    assertEquals(rejectionsOf(socket), [
      { topic: "n:1", reason: `invalid payload: x: ${message}`, issues: [{ message, path: ["x"] }], more: 0 },
      { topic: "other:1", reason: "unknown event type", more: 0 },
      { topic: "constructor:1", reason: "unknown event type", more: 0 },
    ]);
    assertEquals(
      reports.map(({ stage, error, topic, target }) => [stage, error.split(": ")[0], topic, target]),
      [
        ["decode", "InvalidPayloadError", "n:1", spoke],
        ["decode", "InvalidPayloadError", "other:1", spoke],
        ["decode", "InvalidPayloadError", "constructor:1", spoke],
      ],
    );
    await end(socket);
  });
});

Deno.test("events of other types pass with unknownTypes pass, and what defineEvents did not make is refused", async () => {
  const { hub, add, end } = open({ events, unknownTypes: "pass" });
  const heard = payloadsOn(hub);
  const { socket } = add();
  socket.receive("other", "1", 7);
  socket.receive("n", "1", 7);
  assertEquals(heard, [7]);
  assertThrows(() => open({ events: { n: z.number() } as never }), TypeError, "defineEvents()");
  assertThrows(() => open({ events, unknownTypes: "never" as never }), TypeError, '"reject" or "pass"');
  await end(socket);
});

Deno.test("who may not publish a type learns nothing of its schema: its answers do not depend on it", async () => {
  const answers: unknown[] = [];
  for (const type of ["n", "other"]) {
    for (const payload of [{ x: 1 }, { x: "1" }, undefined]) {
      for (const isLate of [false, true]) {
        await withClock(async (clock) => {
          let checks = 0;
          const events = defineEvents({ n: schemaOf((value) => (checks++, { value })) });
          const { hub, add, end, reports } = open({
            events,
            authorize: ({ action }) => isLate ? Promise.resolve(action !== "publish") : action !== "publish",
            authorizeEvent: () => {
              throw new Error("must not be asked");
            },
          });
          const heard = payloadsOn(hub);
          const { socket } = add(["n", "other"], { batch: true });
          socket.receive(type, "1", payload);
          await clock.pass(2000);
          const sent = controlsOf(socket).filter(([type]) => !["__hello", "__subscribed"].includes(type));
          answers.push(JSON.stringify(sent).replace(type, "TYPE"));
          assertEquals([heard, checks], [[], 0]);
          assertEquals(reports.map(({ stage }) => stage), ["publish"]);
          await end(socket);
        });
      }
    }
  }
  assertEquals(new Set(answers).size, 1);
  assertEquals(answers[0], '[["__rejected","",{"topic":"TYPE:1","reason":"not authorized","more":0}]]');
});

Deno.test("authorizeEvent is asked after the schema, with the envelope as it was received", async () => {
  await withClock(async () => {
    const asked: unknown[] = [];
    const answers: (() => unknown)[] = [
      () => true,
      () => false,
      () => "true",
      () => Promise.resolve(true),
      () => Promise.resolve(1),
      () => Promise.reject(new Error("late")),
      () => {
        throw new Error("boom");
      },
    ];
    const { hub, add, end, reports } = open({
      events,
      authorize: ({ type }) => type !== "secret",
      authorizeEvent: (spoke, { type, id, payload }) => {
        asked.push([spoke === added.spoke, type, id, payload]);
        return answers[asked.length - 1]?.() as boolean;
      },
    });
    const heard = payloadsOn(hub);
    const added = add(undefined, { batch: true });
    const { socket } = added;
    for (let i = 0; i < answers.length; i++) socket.receive("trimmed", String(i), ` ${i}`);
    socket.receive("trimmed", "x", 7);
    socket.receive("secret", "x", 7);
    await microtasks();
    await microtasks();
    assertEquals(asked, answers.map((_, i) => [true, "trimmed", String(i), ` ${i}`]));
    assertEquals(heard, [" 0", " 3"]);
    assertEquals(reports.map(({ stage, topic }) => `${stage} ${topic}`).toSorted(), [
      "decode trimmed:x",
      "publish secret:x",
      ...[1, 2, 4, 5, 6].map((i) => `publish trimmed:${i}`),
    ]);
    assertEquals(rejectedCount(socket), 7);
    const reasons = rejectionsOf(socket).map((
      { topic, reason, issues },
    ) => [topic, issues ? "issues" : reason]);
    assertEquals(reasons.toSorted().slice(0, 2), [["secret:x", "not authorized"], [
      "trimmed:1",
      "not authorized",
    ]]);
    await end(socket);
  });
});

Deno.test("without events and authorizeEvent, no message about refused events is sent: no byte more than before", async () => {
  const { add, end, reports } = open({ authorize: () => false });
  const { socket } = add(undefined, { batch: true });
  socket.receive("n", "1", 7);
  await microtasks();
  assertEquals(controlsOf(socket).map(([type]) => type), ["__hello"]);
  assertEquals(reports.length, 1);
  await end(socket);
});

Deno.test("a spoke is sent ten messages about rejections in any second, and the others are counted in the next message", async () => {
  await withClock(async (clock) => {
    const { add, end, reports } = open({ events });
    const { socket } = add(undefined, { batch: true });
    const send = (count: number) => {
      for (let i = 0; i < count; i++) socket.receive("n", String(i), "no");
    };
    send(8);
    await clock.pass(900);
    send(50);
    await clock.pass(50);
    assertEquals([rejectionsOf(socket).length, rejectedCount(socket)], [10, 10]);
    await clock.pass(60);
    // Eight of ten are older than a second now. The first message that may leave tells all that waited.
    assertEquals([rejectionsOf(socket).length, rejectedCount(socket)], [11, 58]);
    assertEquals(rejectionsOf(socket)[10], { topic: "n:49", reason: "invalid payload", more: 47 });
    await clock.pass(10_000);
    assertEquals([rejectionsOf(socket).length, clock.timers], [11, 0]);
    const times: number[] = [];
    for (let i = 0; i < 3000; i++) {
      send(1);
      await clock.pass(1);
      while (times.length < rejectionsOf(socket).length) times.push(performance.now());
    }
    for (const [i, time] of times.entries()) {
      const tenth = times[i - 10];
      assert(tenth === undefined || i < 21 || time - tenth >= 999, `${i}: ${time} after ${tenth}`);
    }
    send(3);
    assert(clock.timers > 0);
    await end(socket);
    assertEquals(reports.filter(({ stage }) => stage === "decode").length, 3061);
  });
});

Deno.test("rejections take at most twice the bytes of the events, and beyond that they are counted", async () => {
  await withClock(async (clock) => {
    const { add, end } = open({
      events: defineEvents({ a: schemaOf(() => ({ issues: [{ message: "x".repeat(150) }] })) }),
    });
    const { socket } = add(undefined, { batch: true });
    await microtasks();
    socket.sent.length = 0;
    let bytesIn = 0;
    const count = 2000;
    for (let i = 0; i < count; i++) {
      const data = '{"type":"a","id":""}';
      bytesIn += data.length;
      socket.fire("message", { data });
      await clock.pass(200);
    }
    const bytes = socket.sent.join("").length;
    // What the hello has paid for is left.
    assert(bytes <= 2 * bytesIn + 4096 + 100, `${bytes} for ${bytesIn}`);
    assert(bytes > 1.5 * bytesIn, `${bytes} for ${bytesIn}`);
    assert(count - rejectedCount(socket) < 5, `${rejectedCount(socket)} of ${count}`);
    await end(socket);
  });
});

/** Asynchronous schemas whose answers a test gives. */
function lateSchema() {
  const answers: ((result: unknown) => void)[] = [];
  const schema = schemaOf(() => new Promise((resolve) => answers.push(resolve)));
  return { answers, events: defineEvents({ late: schema, n: z.number() }) };
}

Deno.test("asynchronous schemas keep the order of a spoke, whatever order they answer in", async () => {
  const { answers, events } = lateSchema();
  const { hub, add, end } = open({
    events,
    authorize: ({ id }) => id === "2" ? Promise.resolve(true) : true,
  });
  const heard = payloadsOn(hub);
  const { socket } = add(undefined, { batch: true });
  for (const id of ["1", "2", "3"]) socket.receive("late", id, id);
  socket.receive("n", "4", 4);
  socket.receive("__subscribe", "s", { topics: ["n"] });
  socket.receive("__ping", "f");
  const { socket: other } = add();
  other.receive("n", "1", 0);
  await microtasks();
  const [first, third, second] = answers;
  third?.({ value: 1 });
  second?.({ issues: [] });
  await microtasks();
  assertEquals(heard, [0]);
  assert(!controlsOf(socket).some(([type]) => type === "__subscribed" || type === "__pong"));
  first?.({ value: 1 });
  await microtasks();
  assertEquals(heard, [0, "1", "3", 4]);
  assertEquals(rejectionsOf(socket).map(({ topic }) => topic), ["late:2"]);
  assertEquals(controlsOf(socket).map(([type]) => type).slice(1), ["__rejected", "__subscribed", "__pong"]);
  await end(socket, other);
});

Deno.test("a schema that never settles drops its spoke with 4429 once maxPending events wait, and nobody else", async () => {
  const { events } = lateSchema();
  const { hub, add, end, reports } = open({ events, maxPending: 5 });
  const heard = payloadsOn(hub);
  const { socket: stuck } = add(undefined, { batch: true });
  const { socket: good } = add(["n"], { batch: true });
  for (let i = 0; i < 5; i++) {
    stuck.receive("late", String(i));
    good.receive("n", String(i), i);
  }
  assertEquals(stuck.closes, []);
  stuck.receive("n", "6", 6);
  assertEquals(stuck.closes.map(({ code }) => code), [4429]);
  good.receive("n", "7", 7);
  assertEquals(heard, [0, 1, 2, 3, 4, 7]);
  assertEquals(good.closes, []);
  assertEquals(reports.map(({ stage }) => stage), ["backpressure", "publish"]);
  await end(stuck, good);
});

Deno.test("events that wait for a schema take effect after their spoke has left, and bytes are bounded too", async () => {
  const { answers, events } = lateSchema();
  const { hub, add, end } = open({ events, maxBufferedBytes: 10_000 });
  const heard = payloadsOn(hub);
  const { socket } = add(undefined, { batch: true });
  socket.receive("late", "1", "a");
  socket.receive("late", "2", "b");
  socket.fire("close", { code: 1000 });
  answers[0]?.({ value: 1 });
  answers[1]?.({ issues: [{ message: "no" }] });
  await microtasks();
  assertEquals(heard, ["a"]);
  const { socket: large } = add();
  large.receive("late", "1", "x".repeat(11_000));
  assertEquals(large.closes.map(({ code }) => code), [4429]);
  await end(socket, large);
});

Deno.test("the program of a hub and its upstream publish unchecked: events protect from spokes", async () => {
  const upstream = createInProcessEventTarget();
  const { hub, add, end } = open({ events, upstream });
  const heard = payloadsOn(upstream);
  const { socket } = add(["n"], { batch: true });
  hub.publish({ type: "n", id: "1", payload: "hub" });
  upstream.publish({ type: "n", id: "1", payload: "upstream" });
  socket.receive("n", "1", "spoke");
  socket.receive("n", "1", { x: 1 });
  assertEquals(heard, ["hub", "upstream", { x: 1 }]);
  await end(socket);
  await upstream.close();
});
