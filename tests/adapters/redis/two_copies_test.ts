// The library twice in one process, over the same clients.

import { assert, assertEquals } from "@std/assert";
import type { EventEnvelope, PubSubEventTarget } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { eventually } from "../../support/eventually.ts";
import { serveHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { ask, openRedis, type SharedRedis, startRedis } from "../../support/redis.ts";
import { loadSecondCopy } from "../../support/second_copy.ts";

type Create = typeof createRedisEventTarget;

const TOPICS = [["news", "1"], ["news", undefined], ["*", undefined]] as const;
const SHARDED = [["news", "1"]] as const;

Deno.test("Redis: the first copy of the library that leaves a channel or a pattern leaves it to the other copy", async () => {
  await using server = await startRedis();
  await using copy = await loadSecondCopy();
  const creates: readonly Create[] = [createRedisEventTarget, copy.redis.createRedisEventTarget];
  for (const library of ["ioredis 5", "ioredis 6"] as const) {
    await using clients = openRedis(server, library);
    const { publishClient, subscribeClient } = clients;
    for (const sharded of [false, true]) {
      for (const order of [creates, creates.toReversed()]) {
        const [one, two] = order.map((create) => create({ publishClient, subscribeClient, sharded }));
        assert(one !== undefined && two !== undefined);
        for (const [type, id] of sharded ? SHARDED : TOPICS) {
          const received: unknown[] = [];
          const stop = one.listen(type, id, { onEvent: ({ payload }) => void received.push(payload) });
          await one.flush();
          const stopOther = two.listen(type, id, { onEvent() {} });
          await two.flush();
          stopOther();
          await two.flush();
          one.publish({ type: "news", id: "1", payload: "hello" });
          await eventually(() => assertEquals(received, ["hello"]));
          stop();
          await one.flush();
          assertEquals(await channelsOf(server), [[], 0, []]);
        }
        await two.close();
        await one.close();
      }
    }
  }
});

Deno.test("Redis: a copy that wants a channel while the other one leaves it, over and over, hears its events", async () => {
  await using server = await startRedis();
  await using copy = await loadSecondCopy();
  await using clients = openRedis(server, "ioredis 5");
  const { publishClient, subscribeClient } = clients;
  const targets: PubSubEventTarget[] = [createRedisEventTarget, copy.redis.createRedisEventTarget]
    .map((create) => create({ publishClient, subscribeClient }));
  const received: number[][] = [[], []];
  const stops: ((() => void) | undefined)[] = [undefined, undefined];
  for (let round = 0; round < 60; round++) {
    // Each copy leaves and comes back at a different rate. Every third round nobody waits for an answer.
    for (const [i, target] of targets.entries()) {
      if (round % (i + 2) !== 0) continue;
      stops[i]?.();
      stops[i] = stops[i] === undefined || round % 4 === 0
        ? target.listen("news", "1", { onEvent: ({ payload }) => void received[i]?.push(Number(payload)) })
        : undefined;
    }
    if (round % 3 === 0) continue;
    for (const target of targets) await target.flush();
    targets[0]?.publish({ type: "news", id: "1", payload: round });
    for (const target of targets) await target.flush();
    for (const [i, stop] of stops.entries()) {
      if (stop !== undefined) await eventually(() => assertEquals(received[i]?.at(-1), round));
    }
  }
  for (const stop of stops) stop?.();
  for (const target of targets) await target.flush();
  assertEquals(await channelsOf(server), [[], 0, []]);
  for (const target of targets) await target.close();
});

Deno.test({
  name:
    "Redis: both copies of the library hear again after a loss, and the last one to close gives autoResubscribe back",
  timeout: 30_000,
  async fn() {
    await using server = await startRedis();
    await using copy = await loadSecondCopy();
    await using clients = openRedis(server, "ioredis 5");
    const { publishClient, subscribeClient } = clients;
    const targets = [createRedisEventTarget, copy.redis.createRedisEventTarget]
      .map((create) => create({ publishClient, subscribeClient }));
    const received: unknown[][] = targets.map(() => []);
    for (const [i, target] of targets.entries()) {
      target.listen("news", "1", { onEvent: ({ payload }) => void received[i]?.push(payload) });
      await target.flush();
    }
    await server.kill("SIGKILL");
    for (const target of targets) await eventually(() => target.status.state === "reconnecting");
    await server.restart();
    for (const target of targets) {
      await eventually(() => target.status.state === "open", { timeoutMs: 15_000 });
    }
    targets[0]?.publish({ type: "news", id: "1", payload: "after" });
    await eventually(() => assertEquals(received, [["after"], ["after"]]));

    await clients.target.close();
    await targets[0]?.close();
    assertEquals(subscribeClient.options.autoResubscribe, false);
    await targets[1]?.close();
    assertEquals(subscribeClient.options.autoResubscribe, true);
  },
});

Deno.test("Redis: a link with echo off does not receive its own events from a hub whose upstream is of another copy", async () => {
  await using server = await startRedis();
  await using copy = await loadSecondCopy();
  await using clients = openRedis(server, "ioredis 5");
  const { publishClient, subscribeClient } = clients;
  const upstream = copy.redis.createRedisEventTarget({ publishClient, subscribeClient });
  await using served = serveHub({ upstream });
  const [quiet, other] = [openLink(served.url, { echo: false }).link, openLink(served.url).link];
  const received: Record<"quiet" | "other", EventEnvelope[]> = { quiet: [], other: [] };
  quiet.listen("news", "1", { onEvent: (envelope) => void received.quiet.push(envelope) });
  other.listen("news", "1", { onEvent: (envelope) => void received.other.push(envelope) });
  await quiet.flush();
  await other.flush();
  quiet.publish({ type: "news", id: "1", payload: "own" });
  await eventually(() => received.other.length === 1);
  other.publish({ type: "news", id: "1", payload: "of the other" });
  await eventually(() => received.other.length === 2);
  await eventually(() => assertEquals(received.quiet.map(({ payload }) => payload), ["of the other"]));
  await quiet.close();
  await other.close();
  await upstream.close();
});

/** The channels that the server has, the number of its patterns, and its sharded channels. */
async function channelsOf(server: SharedRedis): Promise<unknown> {
  const questions = ["CHANNELS", "NUMPAT", "SHARDCHANNELS"];
  return await Promise.all(questions.map((question) => ask(server, "PUBSUB", question)));
}
