import { createPubSub } from "@alkdev/pubsub";
import { assertEquals, assertMatch } from "@std/assert";
import { messagePack } from "../../examples/redis_messagepack.ts";
import { openRedis, startRedis } from "../support/redis.ts";
import { eventually } from "../support/eventually.ts";
import { startProgram } from "../support/program.ts";

Deno.test("MessagePack carries payloads through Redis that JSON cannot", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5", { serializer: messagePack });
  const pubsub = createPubSub<{ news: unknown }>({ eventTarget: open.target });
  const subscription = pubsub.subscribe("news", "1");
  await subscription.ready;
  const payloads = [new Uint8Array([0, 255, 128]), new Date(0), { deep: [null, "é", 1.5] }, undefined];
  for (const payload of payloads) pubsub.publish("news", "1", payload);
  for (const payload of payloads) {
    assertEquals((await subscription.next()).value?.payload, payload);
  }
  assertEquals(open.faults, []);
});

Deno.test("messages that are not MessagePack are reported, and payloads that it cannot carry", async () => {
  await using server = await startRedis();
  await using open = openRedis(server, "ioredis 5", { serializer: messagePack });
  const heard: unknown[] = [];
  open.target.listen("news", "1", { onEvent: ({ payload }) => void heard.push(payload) });
  await open.target.flush();
  await open.publishClient.publish("news:1", new Uint8Array([0xc1]));
  open.target.publish({ type: "news", id: "1", payload: () => {} });
  open.target.publish({ type: "news", id: "1", payload: "after" });
  await open.target.flush();
  assertEquals(heard, ["after"]);
  assertEquals(open.faults.map(({ context }) => context.stage).sort(), ["decode", "encode"]);
});

Deno.test("the example prints its own reading, and ends", async () => {
  await using server = await startRedis();
  await using program = startProgram("examples/redis_messagepack.ts", server.path);
  assertEquals(await program.ended, 0);
  assertEquals(program.err, []);
  assertMatch(program.out.join("\n"), /^[\da-f-]{36}: 21\.5 °C, 3 bytes of trace$/);
});

Deno.test("the example ends at a signal, even without a server", async () => {
  await using program = startProgram("examples/redis_messagepack.ts", "/nobody/listens.sock");
  await eventually(() => program.err.length > 0);
  program.kill("SIGTERM");
  assertEquals([await program.ended, program.out], [0, []]);
});
