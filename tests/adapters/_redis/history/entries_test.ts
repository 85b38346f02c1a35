import { assert, assertEquals } from "@std/assert";
import type { HistoryCursor, HistoryFrom, PubSubEventTarget } from "@alkdev/pubsub";
import { ask, LEAVES_TIMERS, openRedis, type SharedRedis, startRedis } from "../../../support/redis.ts";

const EVENTS = "pubsub:{run}:events";
const INDEX = "pubsub:{run}:index";

/** Publishes events of an id in one turn. Their payloads are their numbers. */
function publisherFor(target: PubSubEventTarget): (id: string, count: number) => Promise<void> {
  let n = 0;
  return async (id, count) => {
    for (let i = 0; i < count; i++) target.publish({ type: "run", id, payload: ++n });
    await target.flush();
  };
}

/** Reads all pages, as their payloads after `gap` where one is not whole. */
async function readAll(
  target: PubSubEventTarget,
  id: string | undefined,
  from: HistoryFrom | HistoryCursor,
  { maxEvents = 3, maxBytes = Infinity } = {},
): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let after = from;;) {
    const page = await target.history?.read({ type: "run", id }, after, { maxEvents, maxBytes });
    if (page === undefined) throw new Error("The target has a history");
    const { events, whole, next, done } = page;
    assert(events.length <= maxEvents, `${events.length} events are in a page of ${maxEvents}`);
    all.push(...(whole ? [] : ["gap"]), ...events.map(({ payload }) => payload));
    if (done) return all;
    after = next;
  }
}

async function entriesOf(server: SharedRedis): Promise<[id: string, fields: string[]][]> {
  return await ask(server, "XRANGE", EVENTS, "-", "+") as [string, string[]][];
}

async function epochOf(target: PubSubEventTarget): Promise<string> {
  return (await target.history?.head({ type: "run", id: undefined }) ?? "").slice(0, 5);
}

const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

Deno.test("events of one id in a row are one entry, in which a reader can begin and end", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: {} } });
  const publish = publisherFor(redis.target);
  await publish("a", 300);
  await publish("b", 1);
  await publish("a", 2);
  const entries = await entriesOf(server);
  assertEquals(entries.map(([id, fields]) => [Number(id.split("-")[1]), fields[1]]), [
    [100_128, "100000::128"],
    [100_256, "100128::128"],
    [100_300, "100256::44"],
    [100_301, "100000"],
    [100_303, "100300::2"],
  ]);
  const epoch = await epochOf(redis.target);
  const inA = (first: number): number[] => upTo(first, 303).filter((n) => n !== 301);
  for (const n of [0, 1, 127, 128, 129, 200, 255, 256, 300, 301, 302, 303]) {
    const at = `${epoch}.${100_000 + n}`;
    for (const maxEvents of [1, 7, 128, 1000]) {
      assertEquals(await readAll(redis.target, undefined, at, { maxEvents }), upTo(n + 1, 303), `after ${n}`);
      assertEquals(await readAll(redis.target, "a", at, { maxEvents }), inA(n + 1), `of a after ${n}`);
    }
  }
  for (const last of [1, 2, 3, 4, 47, 48, 175, 303, 999]) {
    assertEquals(await readAll(redis.target, undefined, { last }), upTo(Math.max(1, 304 - last), 303));
    assertEquals(await readAll(redis.target, "a", { last }), inA(1).slice(-last));
  }
  assertEquals(await readAll(redis.target, undefined, "latest"), [301, 303]);
  assertEquals(await readAll(redis.target, undefined, { latest: `${epoch}.100302` }), [303]);
});

Deno.test("a page of large events in one entry has as many bytes as it may", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: {} } });
  for (let n = 0; n < 60; n++) {
    redis.target.publish({ type: "run", id: "a", payload: String(n).padEnd(1000) });
  }
  await redis.target.flush();
  assertEquals((await entriesOf(server)).length, 1);
  for (const id of ["a", undefined]) {
    const page = await redis.target.history?.read({ type: "run", id }, "start", {
      maxEvents: 99,
      maxBytes: 5000,
    });
    assertEquals(page?.events.length, 4);
    assertEquals((await readAll(redis.target, id, "start", { maxEvents: 99, maxBytes: 5000 })).length, 60);
  }
});

Deno.test("events that a bound forgets in the midst of an entry are missing, and no others", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: { perType: 10 } } });
  const publish = publisherFor(redis.target);
  await publish("a", 8);
  await publish("a", 8);
  const epoch = await epochOf(redis.target);
  const after = (n: number): HistoryFrom => `${epoch}.${100_000 + n}`;
  for (const id of ["a", undefined]) {
    assertEquals(await readAll(redis.target, id, "start"), ["gap", ...upTo(7, 16)]);
    assertEquals(await readAll(redis.target, id, after(5)), ["gap"]);
    assertEquals(await readAll(redis.target, id, after(6)), upTo(7, 16));
    assertEquals(await readAll(redis.target, id, { last: 10 }), upTo(7, 16));
    assertEquals(await readAll(redis.target, id, { last: 11 }), ["gap", ...upTo(7, 16)]);
  }
  // Redis frees blocks of 4 KiB that no reader gets.
  for (let i = 0; i < 30; i++) await publish("a", 128);
  const count = (await entriesOf(server)).length;
  assert(count < 10, `${count} entries are there`);
});

Deno.test("the bound of an id forgets events in the midst of an entry", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: { perId: 5 } } });
  const publish = publisherFor(redis.target);
  await publish("a", 4);
  await publish("b", 2);
  await publish("a", 3);
  assertEquals(await readAll(redis.target, "a", "start"), ["gap", 3, 4, 7, 8, 9]);
  assertEquals(await readAll(redis.target, "b", "start"), [5, 6]);
  assertEquals(await readAll(redis.target, undefined, "start"), ["gap", 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(await readAll(redis.target, undefined, { last: 6 }), upTo(4, 9));
});

Deno.test("a reader is overtaken in the midst of an entry, and hears a gap where events are missing", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: { perType: 20 } } });
  const publish = publisherFor(redis.target);
  await publish("a", 20);
  const first = await redis.target.history?.read({ type: "run", id: undefined }, "start", {
    maxEvents: 5,
    maxBytes: Infinity,
  });
  assert(first !== undefined);
  await publish("b", 13);
  assertEquals(await readAll(redis.target, undefined, first.next), ["gap", ...upTo(14, 33)]);
  // A reader of one id has begun a walk, and brings what it has read.
  const ofId = await redis.target.history?.read({ type: "run", id: "b" }, "start", {
    maxEvents: 5,
    maxBytes: Infinity,
  });
  assert(ofId !== undefined);
  await publish("c", 100);
  assertEquals(await readAll(redis.target, "b", ofId.next), upTo(26, 33));
});

Deno.test("a walk over more events than it remembers reads entries again, and says which are gone", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: {} } });
  const publish = publisherFor(redis.target);
  for (let i = 0; i < 20; i++) await publish("a", 100);
  assertEquals(await readAll(redis.target, "a", "start", { maxEvents: 64 }), upTo(1, 2000));
  assertEquals(await readAll(redis.target, "a", { last: 1550 }, { maxEvents: 64 }), upTo(451, 2000));
  const first = await redis.target.history?.read({ type: "run", id: "a" }, "start", {
    maxEvents: 50,
    maxBytes: Infinity,
  });
  assert(first !== undefined);
  const [, , , , , , , , , , , , , , , [gone] = ["", []]] = await entriesOf(server);
  await ask(server, "XDEL", EVENTS, gone);
  const rest = await readAll(redis.target, "a", first.next, { maxEvents: 64 });
  assertEquals(rest.filter((n) => n !== "gap"), upTo(51, 2000).filter((n) => n <= 1500 || n > 1600));
  assertEquals(rest.filter((n) => n === "gap").length, 1);
});

Deno.test("entries with one event each, as earlier versions wrote them, are read as they were", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: {} } });
  const publish = publisherFor(redis.target);
  await publish("a", 2);
  const [[id] = [""]] = await entriesOf(server);
  const [epoch] = id.split("-");
  await ask(server, "XADD", EVENTS, `${epoch}-100003`, "p", "100002", "i", "a", "e", "3");
  await ask(
    server,
    "XADD",
    EVENTS,
    `${epoch}-100004`,
    "p",
    "100003",
    "i",
    "a",
    "w",
    '"type":"run","id":"a","payload":4}',
  );
  await ask(server, "HSET", INDEX, "n", "100004", ":a", "100004");
  for (const topic of ["a", undefined]) {
    assertEquals(await readAll(redis.target, topic, "start"), [1, 2, 3, 4]);
  }
});

Deno.test("a reader that does not know of a new epoch begins in the midst of an entry, and gets no event twice", async () => {
  await using server = await startRedis();
  await using reader = openRedis(server, "ioredis 5", { history: { run: {} } });
  await publisherFor(reader.target)("a", 2);
  assertEquals(await readAll(reader.target, undefined, "start"), [1, 2]);
  await ask(server, "HSET", INDEX, "r", "another", "R", "another");
  await using writer = openRedis(server, "ioredis 5", { history: { run: {} } });
  await publisherFor(writer.target)("a", 5);
  const epoch = await epochOf(writer.target);
  assert(epoch > "");
  assertEquals(await readAll(reader.target, undefined, `${epoch}.100005`), [4, 5]);
});

Deno.test("a walk over large events keeps only the first of them", LEAVES_TIMERS, async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: {} } });
  const bounds = { maxEvents: 5, maxBytes: Infinity };
  for (let n = 1; n <= 200; n++) {
    redis.target.publish({ type: "run", id: "a", payload: String(n).padEnd(60_000) });
  }
  await redis.target.flush();
  const first = await redis.target.history?.read({ type: "run", id: "a" }, "start", bounds);
  assert(first !== undefined);
  // What the walk has read and not kept is read again.
  await ask(server, "XTRIM", EVENTS, "MAXLEN", "=", "50");
  const rest = await readAll(redis.target, "a", first.next, bounds);
  const numbers = rest.map((payload) => payload === "gap" ? payload : Number(payload));
  const kept = numbers.indexOf("gap");
  assert(kept > 0 && kept < 30, `${kept} events were kept`);
  assertEquals(numbers, [...upTo(6, 5 + kept), "gap", ...upTo(151, 200)]);
});

Deno.test("the bytes of the largest entry are known as long as a reader can get it", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history: { run: { perType: 100 } } });
  const publish = publisherFor(redis.target);
  const largest = async () =>
    Math.max(...(await ask(server, "HMGET", INDEX, "z", "y") as string[]).map(Number));
  redis.target.publish({ type: "run", id: "a", payload: "x".repeat(10_000) });
  for (let i = 0; i < 30; i++) await publish("b", 1);
  assertEquals(await largest(), 10_002);
  for (let i = 0; i < 7; i++) await publish(i % 2 === 0 ? "a" : "c", 128);
  assertEquals(await largest(), 10_002);
  // The script has a short way for one topic, and another one.
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 128; j++) redis.target.publish({ type: "run", id: `${j % 2}`, payload: j });
    await publish("a", 128);
  }
  assert(await largest() < 1000, `${await largest()} bytes`);
});
