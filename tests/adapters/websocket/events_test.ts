import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  RejectedError,
  type WebSocketServerOptions,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import {
  defineEvents,
  InvalidPayloadError,
  RejectedError as SameRejectedError,
  type StandardSchema,
} from "@alkdev/pubsub/schemas";
import { type as ark } from "arktype";
import { Type } from "typebox";
import * as v from "valibot";
import * as z from "zod";
import { randomFrom } from "../../../scripts/lib/random.ts";
import type { Fault } from "../../support/conformance/mod.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { schemaOf, standard } from "../../support/schemas.ts";

const HUBS = {
  "Deno.serve": (options: WebSocketServerOptions) => Promise.resolve(serveHub(options)),
  "npm:ws": (options: WebSocketServerOptions) => serveNodeHub(options),
};

for (const [server, serve] of Object.entries(HUBS)) {
  Deno.test(`one map checks a hub on ${server} and a link: the hub protects, the reader transforms, the publisher gets a report`, async () => {
    const events = defineEvents({
      built: z.object({ at: z.iso.datetime().transform((text) => new Date(text)) }),
    });
    const upstream = createInProcessEventTarget();
    await using served = await serve({ events, upstream });
    await using writer = openLink(served.url, {}, server === "npm:ws" ? "ws" : "platform");
    await using reader = openLink(served.url);
    const pubsub = createPubSub({ events, eventTarget: reader.link });
    const builds = pubsub.subscribe("built");
    const raw = createPubSub({ eventTarget: reader.link }).subscribe("built");
    await builds.ready;
    const publisher = createPubSub({ eventTarget: writer.link });
    publisher.publish("built", "1", { at: "yesterday" });
    publisher.publish("built", "2", { at: "2026-01-01T00:00:00Z" });
    publisher.publish("other", "3", 1);
    // A flush says that the hub has handled the events, not that it has accepted them.
    await publisher.flush();
    assertEquals((await builds.next()).value?.payload.at, new Date("2026-01-01T00:00:00Z"));
    assertEquals((await raw.next()).value?.payload, { at: "2026-01-01T00:00:00Z" });
    await eventually(() => assertEquals(writer.faults.length, 2));
    const [first, second] = writer.faults;
    assertInstanceOf(first?.error, RejectedError);
    assertInstanceOf(first?.error, SameRejectedError);
    const { name, topic, reason, issues, more, message } = first.error;
    assertEquals([name, topic, more, issues], [
      "RejectedError",
      "built:1",
      0,
      [{ message: "Invalid ISO datetime", path: ["at"] }],
    ]);
    assertEquals(reason, "invalid payload: at: Invalid ISO datetime");
    assertEquals(message, `The far end refused an event on "built:1": ${reason}`);
    assertEquals([first.context.stage, first.context.topic], ["publish", "built:1"]);
    assertEquals(
      String(second?.error),
      'RejectedError: The far end refused an event on "other:3": unknown event type',
    );
    assertEquals(served.faults.map(({ context }) => context.stage), ["decode", "decode"]);
    assertEquals(reader.faults, []);
    await pubsub.close();
    await served.hub.close();
    await upstream.close();
  });
}

Deno.test("a hub that sends a malformed rejection is reported, and harms nothing", async () => {
  const errors: Error[] = [];
  const socket = new FakeSocket();
  const link = createWebSocketClientEventTarget(socket, { onError: (error) => void errors.push(error) });
  const payloads = [
    undefined,
    {},
    { topic: 1, reason: "r" },
    { topic: "t", reason: null },
    { topic: "t", reason: "r", issues: [null] },
    { topic: "t", reason: "r", issues: [{ message: "m", path: 7 }] },
    { topic: "t", reason: "r" },
    { topic: "t", reason: "r", issues: 7, more: -1 },
    {
      topic: "t",
      reason: "r",
      issues: [{ message: "m" }, { message: "m", path: ["a", 0] }],
      more: 3,
    },
  ];
  for (const payload of payloads) socket.receive("__rejected", "", payload);
  assertEquals(errors.map(({ name }) => name), [
    ...Array(4).fill("TypeError"),
    ...Array(5).fill("RejectedError"),
  ]);
  const told = errors.slice(4).map((error) => {
    assertInstanceOf(error, RejectedError);
    return [error.topic, error.reason, error.issues, error.more];
  });
  assertEquals(told, [
    ...Array(4).fill(["t", "r", [], 0]),
    ["t", "r", [{ message: "m" }, { message: "m", path: ["a", 0] }], 3],
  ]);
  socket.fire("close", { code: 1000 });
  await link.close();
});

Deno.test("with a history, a hub keeps what it accepted as it was received, and a link checks what is replayed", async () => {
  const old = defineEvents({ said: v.object({ text: v.union([v.string(), v.number()]) }) });
  const events = defineEvents({
    said: v.object({ text: v.pipe(v.string(), v.transform((text) => text.length)) }),
  });
  const history = createMemoryHistory({ said: { perId: 100 } });
  const upstream = createInProcessEventTarget({ history });
  await using served = serveHub({ events: old, upstream });
  await using writer = openLink(served.url);
  const publisher = createPubSub({ eventTarget: writer.link });
  for (const text of ["a", 7, null, "bbb"]) publisher.publish("said", "1", { text });
  await publisher.flush();
  assertEquals(history.stats().events, 3);
  const resume = createResume();
  await using reader = openLink(served.url, { resume });
  const pubsub = createPubSub({ events, eventTarget: reader.link });
  const said = pubsub.subscribe("said", "1", { from: "start" });
  const first = [said.next(), said.next(), said.next()];
  assertEquals(await said.replayed, { whole: true });
  const called: number[] = [];
  const stop = pubsub.on("said", "1", ({ payload }) => called.push(payload.text), { from: "start" });
  await stop.replayed;
  for (const text of [8, "cc"]) publisher.publish("said", "1", { text });
  assertEquals((await Promise.all(first)).map(({ value }) => value?.payload.text), [1, 3, 2]);
  await eventually(() => assertEquals(called, [1, 3, 2]));
  assertEquals([said.gaps, said.position], [0, stop.position]);
  assert(
    reader.faults.length >= 2 && reader.faults.every(({ error }) => error instanceof InvalidPayloadError),
  );
  const raw = createPubSub({ eventTarget: reader.link }).subscribe("said", "1", { from: { last: 2 } });
  assertEquals((await raw.next()).value?.payload, { text: 8 });
  await pubsub.close();
  await served.hub.close();
  await upstream.close();
});

const EVENTS = 20_000;
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 20_261_129);

/** Payloads as an attacker sends them; own members named `__proto__` included. */
function payloadMaker(random: () => number): () => unknown {
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const keys = [
    "user",
    "at",
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "length",
    "then",
    "value",
    "issues",
  ];
  const scalars = [null, true, 0, -1, 1e308, "", "ada", "\u202e\u0000", "x".repeat(300), "__proto__", {}, []];
  const value = (depth: number): unknown => {
    if (depth <= 0 || random() < 0.4) return pick(scalars);
    if (random() < 0.3) return Array.from({ length: below(5) }, () => value(depth - 1));
    const members = Array.from(
      { length: below(5) },
      () => `${JSON.stringify(pick(keys))}:${JSON.stringify(value(depth - 1))}`,
    );
    return JSON.parse(`{${members.join(",")}}`);
  };
  return () => {
    const roll = random();
    if (roll < 0.3) return { user: "ada", at: below(100) };
    if (roll < 0.301) return Array(20_000).fill(0);
    if (roll < 0.302) return Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i]));
    if (roll < 0.303) return JSON.parse("[".repeat(2000) + "]".repeat(2000));
    return value(4);
  };
}

/** How many faults reports are about: those of one frame beyond the first are reported together. */
function faultCount(faults: readonly Fault[]): number {
  return faults.reduce(
    (sum, { error }) => sum + 1 + Number(String(error).match(/and (\d+) more faults/)?.[1] ?? 0),
    0,
  );
}

Deno.test(`${EVENTS} hostile payloads crash nothing, are counted at both ends, and neighbours miss nothing`, async () => {
  const random = randomFrom(SEED);
  const schemas: Record<string, StandardSchema> = {
    zod: z.object({ user: z.string(), at: z.number() }),
    valibot: v.object({ user: v.string(), at: v.number() }),
    arktype: ark({ user: "string", at: "number" }),
    typebox: standard(Type.Object({ user: Type.String(), at: Type.Number() })),
    asynchronous: z.object({ user: z.string() }).refine((value) =>
      Promise.resolve(Object.keys(value).length > 0)
    ),
    slow: schemaOf(async (payload) => {
      if (typeof payload === "object") await new Promise((resolve) => setTimeout(resolve, 1));
      return Array.isArray(payload) ? { issues: [{ message: "an array" }] } : { value: 0 };
    }),
    throws: schemaOf((payload) => {
      if (typeof payload === "string") throw payload;
      return { value: 1 };
    }),
    lies: schemaOf((payload) => payload),
  };
  const reference = async (type: string, payload: unknown): Promise<boolean> => {
    // At once, in place of after a millisecond.
    if (type === "slow") return !Array.isArray(payload);
    try {
      const result = await schemas[type]?.["~standard"].validate(payload);
      return !Object(result).issues && typeof result === "object" && result !== null && "value" in result;
    } catch {
      return false;
    }
  };
  const upstream = createInProcessEventTarget();
  await using served = serveHub({
    upstream,
    maxPending: EVENTS,
    events: defineEvents({ ...schemas, good: z.int() }),
  });
  await using bad = openLink(served.url, { maxBufferedBytes: 1e9 });
  await using writer = openLink(served.url);
  await using reader = openLink(served.url);
  let accepted = 0;
  const numbers: unknown[] = [];
  upstream.listen("*", undefined, { onEvent: ({ type }) => void (type === "good" || accepted++) });
  reader.link.listen("good", undefined, { onEvent: ({ payload }) => void numbers.push(payload) });
  await reader.link.flush();

  const payloadOf = payloadMaker(random);
  const types = [...Object.keys(schemas), "unknown", "constructor"];
  let expected = 0;
  for (let i = 0; i < EVENTS; i++) {
    const type = types[Math.floor(random() * types.length)] ?? "";
    const payload = payloadOf();
    if (await reference(type, JSON.parse(JSON.stringify(payload)))) expected++;
    bad.link.publish({ type, id: String(i % 7), payload });
    if (i % 100 === 0) writer.link.publish({ type: "good", id: "", payload: i / 100 });
    if (i % 1000 === 999) await bad.link.flush();
  }
  await Promise.all([bad.link.flush(), writer.link.flush()]);
  await served.hub.flush();

  const refused = EVENTS - expected;
  assertEquals(accepted, expected);
  assert(refused > EVENTS / 4 && expected > EVENTS / 4, `${expected} accepted`);
  assertEquals(served.faults.filter(({ context }) => context.stage !== "decode"), []);
  assertEquals(faultCount(served.faults), refused);
  await eventually(() => {
    const told = bad.faults.reduce(
      (sum, { error }) => sum + (error instanceof RejectedError ? 1 + error.more : NaN),
      0,
    );
    assertEquals(told, refused);
  });
  assertEquals(numbers, Array.from({ length: EVENTS / 100 }, (_, i) => i));
  assertEquals([writer.faults, reader.faults], [[], []]);
  assertEquals(served.hub.connectionCount, 3);
  await served.hub.close();
  await upstream.close();
});
