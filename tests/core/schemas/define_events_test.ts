import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { defineEvents, InvalidPayloadError, type StandardSchema, type } from "@alkdev/pubsub/schemas";
import { type as ark } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import { MOVED, schemaOf } from "../../support/schemas.ts";

/** An in-process target, and the errors that it reports. */
function openTarget() {
  const errors: Error[] = [];
  const stages: string[] = [];
  const eventTarget = createInProcessEventTarget({
    onError(error, { stage, topic }) {
      errors.push(error);
      stages.push(`${stage} ${topic}`);
    },
  });
  return { eventTarget, errors, stages };
}

for (const [library, schema] of Object.entries<StandardSchema>(MOVED)) {
  Deno.test(`a subscription gets the events that a schema of ${library} accepts, and others are reported with issues`, () => {
    const { eventTarget, errors, stages } = openTarget();
    const pubsub = createPubSub({ events: defineEvents({ moved: schema }), eventTarget });
    const heard: unknown[] = [];
    pubsub.on("moved", ({ payload }) => heard.push(payload));
    const good = { user: "ada", at: 1 };
    for (const payload of [good, { user: "ada", at: "secret-value" }, null, undefined, [], 7, good]) {
      eventTarget.publish({ type: "moved", id: "1", payload });
    }
    assertEquals(heard, [good, good]);
    assertEquals(stages, Array(5).fill("decode moved:1"));
    const [first] = errors;
    assertInstanceOf(first, InvalidPayloadError);
    assertEquals(first.topic, "moved:1");
    assertEquals(first.issues.map(({ path }) => path), [["at"]]);
    assert(!JSON.stringify([first.message, first.issues]).includes("secret"), first.message);
    assert(first.message.includes("number"), first.message);
  });
}

Deno.test("subscriptions, callbacks and subscribeAll get the output of the schema, and publish takes the input", async () => {
  const events = defineEvents({
    built: z.object({ at: z.string().transform((text) => new Date(text)) }),
    counted: ark("string.numeric.parse"),
    named: v.pipe(v.string(), v.trim()),
    said: type<{ text: string }>(),
  });
  await using pubsub = createPubSub({ events });
  const all = pubsub.subscribeAll();
  const one = pubsub.subscribe("built", "1");
  const called: unknown[] = [];
  pubsub.on("counted", ({ payload }) => called.push(payload));
  pubsub.publish("built", "1", { at: "2026-01-01" });
  pubsub.publish("counted", "1", "12");
  pubsub.publish("named", "1", " ada ");
  const said = { text: "hi" };
  pubsub.publish("said", "1", said);
  const payloads = [];
  for await (const { payload } of all) if (payloads.push(payload) === 4) break;
  assertEquals(payloads, [{ at: new Date("2026-01-01") }, 12, "ada", said]);
  assert(payloads[3] === said);
  assertEquals((await one.next()).value?.payload.at.getTime(), Date.UTC(2026, 0, 1));
  assertEquals(called, [12]);
});

Deno.test("an event is checked once for all subscriptions of a pubsub, also where a callback publishes", async () => {
  const checked: unknown[] = [];
  const schema = schemaOf<number>((value) => {
    checked.push(value);
    return value === 3 ? { issues: [{ message: "no" }] } : { value: Number(value) * 10 };
  });
  const { eventTarget, errors } = openTarget();
  const pubsub = createPubSub({ events: defineEvents({ n: schema }), eventTarget });
  const heard: [string, number][] = [];
  pubsub.on("n", "1", ({ payload }) => {
    heard.push(["topic", payload]);
    if (payload === 10) {
      pubsub.publish("n", "1", 2);
      pubsub.publish("n", "1", 3);
    }
  });
  pubsub.on("n", ({ payload }) => heard.push(["type", payload]));
  const all = pubsub.subscribeAll();
  pubsub.publish("n", "1", 1);
  const payloads = [(await all.next()).value?.payload, (await all.next()).value?.payload];
  // The second event is received before the first one has reached all of its listeners.
  assertEquals(payloads.toSorted(), [10, 20]);
  assertEquals(heard.toSorted().map(String), ["topic,10", "topic,20", "type,10", "type,20"]);
  assertEquals(checked, [1, 2, 3]);
  assertEquals(errors.length, 1);
  const other = createPubSub({ events: defineEvents({ n: schema }), eventTarget });
  other.on("n", () => {});
  other.publish("n", "1", 4);
  assertEquals(checked, [1, 2, 3, 4, 4]);
});

Deno.test("an envelope that is published again is checked again, once for all subscriptions", () => {
  let checks = 0;
  const events = defineEvents({
    n: schemaOf<number>((value) => (checks++, value === 1 ? { value } : { issues: [] })),
  });
  const { eventTarget, errors } = openTarget();
  const pubsub = createPubSub({ events, eventTarget });
  const heard: number[] = [];
  for (let i = 0; i < 3; i++) pubsub.on("n", ({ payload }) => heard.push(payload));
  const good = { type: "n", id: "1", payload: 1 };
  const bad = { type: "n", id: "1", payload: 2 };
  for (const envelope of [good, good, bad, bad, good]) eventTarget.publish(envelope);
  assertEquals([heard.length, checks, errors.length], [9, 5, 2]);
});

Deno.test("validate both checks publish once and throws, and sends the payload as it was given", () => {
  const { eventTarget, errors } = openTarget();
  let checks = 0;
  const events = defineEvents({ n: z.number().transform((n) => (checks++, n + 1)) });
  const pubsub = createPubSub({ events, eventTarget, validate: "both" });
  const raw: unknown[] = [];
  const heard: number[] = [];
  eventTarget.listen("n", undefined, { onEvent: ({ payload }) => void raw.push(payload) });
  pubsub.on("n", ({ payload }) => heard.push(payload));
  pubsub.publish("n", "1", 1);
  assertEquals([raw, heard, checks], [[1], [2], 1]);
  const publish: (type: string, id: string, payload: unknown) => void = pubsub.publish as never;
  const error = assertThrows(() => publish("n", "1", "x"), InvalidPayloadError, 'on "n:1": invalid payload');
  assertInstanceOf(error, TypeError);
  assertThrows(() => publish("other", "1", 1), InvalidPayloadError, "unknown event type");
  assertThrows(() => publish("n:1", "1", 1), TypeError);
  assertEquals([raw, errors], [[1], []]);
});

Deno.test("without validate, publish sends anything, and the subscriptions of the pubsub refuse it", () => {
  const { eventTarget, errors } = openTarget();
  const pubsub = createPubSub({ events: defineEvents({ n: z.number() }), eventTarget });
  const raw: unknown[] = [];
  eventTarget.listen("n", undefined, { onEvent: ({ payload }) => void raw.push(payload) });
  pubsub.on("n", () => raw.push("never"));
  (pubsub.publish as (type: string, id: string, payload: unknown) => void)("n", "1", "x");
  assertEquals([raw, errors.length], [["x"], 1]);
});

Deno.test("events of other types are refused, and passed on unchecked with unknownTypes pass", () => {
  const events = defineEvents({ n: z.number() });
  const { eventTarget, errors } = openTarget();
  const strict = createPubSub({ events, eventTarget });
  const lax = createPubSub({ events, eventTarget, unknownTypes: "pass" });
  const heard: unknown[] = [];
  void strict.subscribeAll();
  strict.on("n", ({ payload }) => heard.push(payload));
  lax.on("other", ({ payload }) => heard.push(payload));
  lax.publish("other", "1", "x");
  eventTarget.publish({ type: "constructor", id: "1", payload: "y" });
  lax.publish("n", "1", 5);
  assertEquals(heard, ["x", 5]);
  assertEquals(errors.map(({ message }) => message), [
    'Cannot accept an event on "other:1": unknown event type',
    'Cannot accept an event on "constructor:1": unknown event type',
  ]);
});

Deno.test("onError of createPubSub gets the refused events, whatever the event target", () => {
  const events = defineEvents({ n: z.number() });
  for (
    const eventTarget of [
      createInProcessEventTarget({ onError: () => assert(false) }),
      new EventTarget(),
      undefined,
    ]
  ) {
    const faults: string[] = [];
    const onError = (error: Error, { stage, topic }: { stage: string; topic?: string }) =>
      void faults.push(`${error.name} ${stage} ${topic}`);
    const config = { events, onError, ...(eventTarget && { eventTarget }) };
    const pubsub = createPubSub(config);
    const raw = createPubSub(
      eventTarget === undefined ? { eventTarget: pubsub.eventTarget } : { eventTarget },
    );
    let heard = 0;
    for (const id of ["1", undefined]) id ? pubsub.on("n", id, () => heard++) : pubsub.on("n", () => heard++);
    raw.publish("n", "1", "x");
    raw.publish("n", "1", 1);
    assertEquals([heard, faults], [2, ["InvalidPayloadError decode n:1"]]);
  }
});

Deno.test("schemas that throw, lie or answer later refuse the event, and nothing escapes", async () => {
  const thenable = { then: (_: unknown, reject: (error: Error) => void) => reject(new Error("late")) };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const answers: (() => unknown)[] = [
    () => {
      throw new Error("boom");
    },
    () => undefined,
    () => null,
    () => 7,
    () => ({}),
    () => ({ issues: "no" }),
    () => ({ issues: [null, 7, { message: 1, path: 7 }] }),
    () => ({ issues: [{ message: "x".repeat(1e6), path: Array(1e5).fill("key") }] }),
    () => ({ issues: Array(1e5).fill({ message: "no" }) }),
    () => ({
      get issues() {
        throw new Error("boom");
      },
    }),
    () => ({ issues: [revoked.proxy] }),
    () => revoked.proxy,
    () => Promise.resolve({ value: 1 }),
    () => Promise.reject(new Error("late")),
    () => new Promise(() => {}),
    () => thenable,
    () => Promise,
  ];
  for (const answer of answers) {
    const { eventTarget, errors, stages } = openTarget();
    const pubsub = createPubSub({
      events: defineEvents({ n: schemaOf(answer), m: z.number() }),
      eventTarget,
    });
    const heard: unknown[] = [];
    void pubsub.on("n", () => heard.push("never"));
    pubsub.on("m", ({ payload }) => heard.push(payload));
    pubsub.publish("n", "1", 1);
    pubsub.publish("m", "1", 2);
    assertEquals([heard, stages], [[2], ["decode n:1"]], String(answer));
    const [error] = errors;
    assertInstanceOf(error, InvalidPayloadError);
    assert(new TextEncoder().encode(JSON.stringify(error.issues)).length <= 512);
    assert(error.message.length <= 600, error.message);
  }
  await Promise.resolve();
});

Deno.test("the error of a schema that cannot be used says why", () => {
  for (
    const [answer, why] of [
      [() => Promise.resolve({ value: 1 }), "an asynchronous schema works on hubs alone"],
      [() => ({}), "the schema returned neither a value nor issues"],
    ] as const
  ) {
    const pubsub = createPubSub({ events: defineEvents({ n: schemaOf(answer) }), validate: "both" });
    assertThrows(
      () => pubsub.publish("n", "1", 1),
      InvalidPayloadError,
      `Cannot accept an event on "n:1": the payload cannot be checked: ${why}`,
    );
  }
});

Deno.test("what has no Standard Schema, and types that no event can have, are refused at the call", () => {
  const define = defineEvents as (schemas: unknown) => unknown;
  for (
    const schema of [undefined, null, 7, {}, { "~standard": {} }, {
      "~standard": { version: 2, validate() {} },
    }]
  ) {
    assertThrows(() => define({ n: schema }), TypeError, 'Cannot define "n" with');
  }
  for (const eventType of ["", "*", "a:b", "__ping", "\ud800"]) {
    assertThrows(() => define({ [eventType]: type() }), TypeError, "Cannot define");
  }
  for (const schemas of [undefined, null, 7, [type()], new Map([["n", type()]])]) {
    assertThrows(() => define(schemas), TypeError, "pass an object");
  }
  const { eventTypes } = defineEvents({ b: type(), a: type() });
  assertEquals(eventTypes, ["b", "a"]);
  const create = createPubSub as unknown as (config: object) => unknown;
  const events = defineEvents({ a: type() });
  assertThrows(() => create({ events, validate: "publish" }), TypeError, 'must be "subscribe" or "both"');
  assertThrows(() => create({ events, unknownTypes: true }), TypeError, 'must be "reject" or "pass"');
});

Deno.test("a history keeps what was published, and each reader checks and transforms what it replays", async () => {
  const errors: Error[] = [];
  const history = createMemoryHistory({ n: { perId: 10 } });
  const eventTarget = createInProcessEventTarget({ history, onError: (error) => void errors.push(error) });
  const raw = createPubSub({ eventTarget });
  const events = defineEvents({ n: z.string().transform(Number).refine((n) => !Number.isNaN(n)) });
  const pubsub = createPubSub({ events, eventTarget });
  for (const payload of ["1", "x", "2", 7]) raw.publish("n", "1", payload);

  const replayed = pubsub.subscribe("n", "1", { from: "start" });
  const again = pubsub.subscribe("n", { from: "start" });
  // Asked for at once: the refused events lie between those that the calls get.
  const first = [replayed.next(), replayed.next(), replayed.next()];
  raw.publish("n", "1", "y");
  raw.publish("n", "1", "3");
  const payloads = (await Promise.all(first)).map(({ value }) => value?.payload);
  assertEquals(payloads, [1, 2, 3]);
  assertEquals(
    [await again.next(), await again.next(), await again.next()].map(({ value }) => value?.payload),
    [1, 2, 3],
  );
  assertEquals(await replayed.replayed, { whole: true });
  const called: [number, string | undefined][] = [];
  const stop = pubsub.on("n", ({ payload, at }) => called.push([payload, typeof at]), { from: "start" });
  await stop.replayed;
  assertEquals(called, [[1, "string"], [2, "string"], [3, "string"]]);
  const plain = raw.subscribe("n", "1", { from: "start" });
  assertEquals((await plain.next()).value?.payload, "1");
  assert(errors.every((error) => error instanceof InvalidPayloadError));
  const waiting = replayed.next();
  await pubsub.close();
  assertEquals((await waiting).done, true);
  await eventTarget.close();
});
