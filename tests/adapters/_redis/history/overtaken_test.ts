import { assertEquals } from "@std/assert";
import type { HistoryCursor, HistoryFrom, PubSubEventTarget } from "@alkdev/pubsub";
import { openRedis, startRedis } from "../../../support/redis.ts";

const TYPE = "run";
const topic = { type: TYPE, id: undefined };

/** Publishes events of some ids. The payload of each is its number. */
function publisherFor(target: PubSubEventTarget): (...ids: string[]) => Promise<void> {
  let n = 0;
  return async (...ids) => {
    for (const id of ids) target.publish({ type: TYPE, id, payload: ++n });
    await target.flush();
  };
}

/** Reads one page, as its payloads after `gap` where it is not whole. */
async function readPage(
  target: PubSubEventTarget,
  from: HistoryFrom | HistoryCursor,
  maxEvents: number,
): Promise<{ page: unknown[]; next: HistoryCursor; done: boolean }> {
  const found = await target.history?.read(topic, from, { maxEvents, maxBytes: Infinity });
  if (found === undefined) throw new Error("The target has a history");
  const { events, whole, next, done } = found;
  return { page: [...(whole ? [] : ["gap"]), ...events.map(({ payload }) => payload)], next, done };
}

/** Reads all pages that are left. */
async function readOn(target: PubSubEventTarget, after: HistoryCursor): Promise<unknown[][]> {
  const pages: unknown[][] = [];
  for (let cursor = after;;) {
    const { page, next, done } = await readPage(target, cursor, 10);
    pages.push(page);
    if (done) return pages;
    cursor = next;
  }
}

Deno.test("a reader of a type that is overtaken hears what was kept, and the gap where events are missing", async (t) => {
  await using server = await startRedis();

  await t.step("because an id has too many events", async () => {
    await using redis = openRedis(server, "ioredis 5", { prefix: "a:", history: { [TYPE]: { perId: 2 } } });
    const publish = publisherFor(redis.target);
    await publish("a", "b", "c", "d", "d", "e");
    const first = await readPage(redis.target, "start", 2);
    assertEquals(first.page, [1, 2]);
    await publish("d");
    assertEquals(await readOn(redis.target, first.next), [[3], ["gap", 5, 6, 7]]);
  });

  await t.step("because ids have later events, of a type with only the latest", async () => {
    await using redis = openRedis(server, "ioredis 5", { prefix: "b:", history: { [TYPE]: { perId: 1 } } });
    const publish = publisherFor(redis.target);
    await publish("a", "b", "c", "d", "e");
    const first = await readPage(redis.target, "start", 2);
    assertEquals(first.page, [1, 2]);
    await publish("d", "e");
    assertEquals(await readOn(redis.target, first.next), [[3], ["gap", 6, 7]]);
  });

  await t.step("where a page had no more room", async () => {
    await using redis = openRedis(server, "ioredis 5", { prefix: "e:", history: { [TYPE]: { perId: 2 } } });
    const publish = publisherFor(redis.target);
    const first = await readPage(redis.target, "start", 3);
    await publish("a", "a", "b", "b", "b");
    const second = await readPage(redis.target, first.next, 3);
    assertEquals([second.page, second.done], [[1, 2], false]);
    assertEquals(await readOn(redis.target, second.next), [["gap", 4, 5]]);
  });

  await t.step("at the end", async () => {
    await using redis = openRedis(server, "ioredis 5", {
      prefix: "c:",
      history: { [TYPE]: { perId: 1, perType: 3 } },
    });
    const publish = publisherFor(redis.target);
    await publish("a", "b", "c");
    const first = await readPage(redis.target, "start", 1);
    assertEquals(first.page, [1]);
    await publish("c", "d", "e", "f");
    assertEquals(await readOn(redis.target, first.next), [["gap", 5, 6, 7]]);
  });

  await t.step("again, although the first page was not whole", async () => {
    await using redis = openRedis(server, "ioredis 5", {
      prefix: "d:",
      history: { [TYPE]: { perId: 2, perType: 8 } },
    });
    const publish = publisherFor(redis.target);
    await publish("a", "b", "b", "b", "c", "d");
    const first = await readPage(redis.target, "start", 1);
    assertEquals(first.page, ["gap", 1]);
    const second = await readPage(redis.target, first.next, 2);
    // The second event was missing when the read began.
    assertEquals(second.page, [3, 4]);
    await publish("e", "f", "g", "h", "i", "j", "k");
    assertEquals(await readOn(redis.target, second.next), [["gap", 6, 7, 8, 9, 10, 11, 12, 13]]);
  });
});

Deno.test("the last events of a type are not whole from the first page on, if one between them is forgotten", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { [TYPE]: { perId: 2 } } });
  const publish = publisherFor(redis.target);
  await publish("a", "b", "c", "c", "d", "c");
  const first = await readPage(redis.target, { last: 5 }, 2);
  assertEquals(first.page, ["gap", 1, 2]);
  assertEquals(await readOn(redis.target, first.next), [[4, 5, 6]]);
});
