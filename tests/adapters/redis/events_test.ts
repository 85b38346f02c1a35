import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { createPubSub, createWebSocketServerEventTarget, type EventEnvelope } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { defineEvents, InvalidPayloadError } from "@alkdev/pubsub/schemas";
import * as v from "valibot";
import * as z from "zod";
import { eventually } from "../../support/eventually.ts";
import { openRedis, openServer } from "../../support/redis.ts";
import { schemaOf } from "../../support/schemas.ts";

const events = defineEvents({
  moved: v.object({ x: v.pipe(v.string(), v.transform(Number)) }),
  late: schemaOf(() => Promise.resolve({ value: 1 })),
});

Deno.test("a Redis target with events drops and reports what its schemas refuse, and gives the rest as it was received", async () => {
  await using server = await openServer();
  const prefix = `${crypto.randomUUID()}:`;
  await using guarded = openRedis(server, "ioredis 5", { prefix, events });
  await using other = openRedis(server, "ioredis 6", { prefix });
  const heard: unknown[] = [];
  const listener = { onEvent: ({ payload }: EventEnvelope) => void heard.push(payload) };
  guarded.target.listen("moved", "1", listener);
  guarded.target.listen("late", "1", listener);
  guarded.target.listen("unknown", "1", listener);
  guarded.target.addEventListener("moved:2", (event) => heard.push((event as CustomEvent).detail));
  const pubsub = createPubSub({ events, eventTarget: guarded.target });
  const outputs = pubsub.subscribe("moved", "1");
  await guarded.target.flush();
  const publish = (type: string, id: string, payload: unknown) => other.target.publish({ type, id, payload });
  publish("moved", "1", { x: 7 });
  publish("unknown", "1", 1);
  publish("late", "1", 1);
  // A detail that is not an envelope is checked as the payload.
  other.target.dispatchEvent(new CustomEvent("moved:2", { detail: { x: 2 } }));
  other.target.dispatchEvent(new CustomEvent("moved:2", { detail: { x: "2" } }));
  publish("moved", "1", { x: "1" });
  assertEquals((await outputs.next()).value?.payload, { x: 1 });
  await eventually(() => assertEquals(heard, [{ x: "2" }, { x: "1" }]));
  const faults = guarded.faults.map(({ error, context }) => {
    assertInstanceOf(error, InvalidPayloadError);
    return `${context.stage} ${context.topic}`;
  });
  assertEquals(faults.toSorted(), ["decode late:1", "decode moved:1", "decode moved:2", "decode unknown:1"]);
  assertEquals(other.faults, []);
  await pubsub.close();
});

Deno.test("with unknownTypes pass, a Redis target delivers other types, and mistakes are refused at the call", async () => {
  await using server = await openServer();
  const prefix = `${crypto.randomUUID()}:`;
  await using guarded = openRedis(server, "ioredis 5", { prefix, events, unknownTypes: "pass" });
  const heard: string[] = [];
  guarded.target.listen("*", undefined, { onEvent: ({ type }) => void heard.push(type) });
  await guarded.target.flush();
  for (const type of ["moved", "other"]) guarded.target.publish({ type, id: "1", payload: 7 });
  await eventually(() => assertEquals([heard, guarded.faults.length], [["other"], 1]));
  const mistakes = [{ events: { moved: z.number() } }, { events, unknownTypes: "never" }];
  for (const mistake of mistakes) {
    const { publishClient, subscribeClient } = guarded;
    const args = { publishClient, subscribeClient, ...mistake } as never;
    assertThrows(() => createRedisEventTarget(args), TypeError, "Cannot use");
  }
});

Deno.test("a hub over Redis checks its spokes, and Redis keeps other programs from the hub", async () => {
  await using server = await openServer();
  const prefix = `${crypto.randomUUID()}:`;
  await using bus = openRedis(server, "ioredis 5", { prefix, events });
  await using stranger = openRedis(server, "iovalkey", { prefix });
  const hub = createWebSocketServerEventTarget({ events, upstream: bus.target });
  const pubsub = createPubSub({ events, eventTarget: hub });
  const moves = pubsub.subscribe("moved");
  await moves.ready;
  stranger.target.publish({ type: "moved", id: "1", payload: { x: 1 } });
  stranger.target.publish({ type: "moved", id: "2", payload: { x: "2" } });
  assertEquals((await moves.next()).value, { type: "moved", id: "2", payload: { x: 2 } });
  assertEquals(bus.faults.length, 1);
  await pubsub.close();
  await hub.close();
});

Deno.test("a history in Redis keeps what was published, and each reader checks what it replays", async () => {
  await using server = await openServer();
  const options = { prefix: `${crypto.randomUUID()}:`, history: { moved: { perId: 100 } } };
  await using other = openRedis(server, "ioredis 5", options);
  await using guarded = openRedis(server, "ioredis 5", { ...options, events });
  for (const x of ["1", 2, "3"]) other.target.publish({ type: "moved", id: "1", payload: { x } });
  await other.target.flush();
  const pubsub = createPubSub({ events, eventTarget: guarded.target });
  const moves = pubsub.subscribe("moved", "1", { from: "start" });
  const first = [moves.next(), moves.next(), moves.next()];
  assertEquals(await moves.replayed, { whole: true });
  for (const x of [4, "5"]) other.target.publish({ type: "moved", id: "1", payload: { x } });
  assertEquals((await Promise.all(first)).map(({ value }) => value?.payload), [{ x: 1 }, { x: 3 }, { x: 5 }]);
  assertEquals(moves.gaps, 0);
  const faults = guarded.faults.map(({ error, context }) =>
    error instanceof InvalidPayloadError && context.stage
  );
  assertEquals(faults, ["decode", "decode"]);
  await pubsub.close();
});
