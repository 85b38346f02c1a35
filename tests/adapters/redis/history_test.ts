import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  createPubSub,
  type EventTargetStatus,
  type HistoryFrom,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { GapError, NoHistoryError } from "@alkdev/pubsub/history";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/heard_payloads.ts";
import {
  ask,
  LIBRARIES,
  type OpenRedis,
  openRedis,
  openTarget,
  type RedisServer,
  startRedis,
} from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";

type Events = { run: number; status: string; plain: number };

const history = { run: {}, status: { perId: 1 } };
const RUN_EVENTS = "pubsub:{run}:events";

/** Reads all that a subscription replays. */
async function replay(
  target: PubSubEventTarget,
  type: keyof Events,
  id: string | undefined,
  from: HistoryFrom,
): Promise<{ payloads: unknown[]; whole: boolean; gaps: number; position: string }> {
  const { subscribe } = createPubSub<Events>({ eventTarget: target });
  await using subscription = id === undefined ? subscribe(type, { from }) : subscribe(type, id, { from });
  const { whole = false } = await subscription.replayed ?? {};
  const payloads: unknown[] = [];
  const marker = { type, id: id ?? "marker", payload: "end" };
  target.publish(marker);
  for await (const { payload } of subscription as AsyncIterable<{ payload: unknown }>) {
    if (payload === "end") break;
    payloads.push(payload);
  }
  return { payloads, whole, gaps: subscription.gaps ?? 0, position: subscription.position ?? "" };
}

async function publish(target: PubSubEventTarget, ...payloads: number[]): Promise<void> {
  for (const payload of payloads) target.publish({ type: "run", id: String(payload % 2), payload });
  await target.flush();
}

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  Deno.test(`${library}: a program that comes later gets what another one published`, async () => {
    await using server = await startRedis();
    await using first = openRedis(server, library, { history });
    await publish(first.target, 1, 2, 3);
    await using second = openRedis(server, library, { history });
    const start = await replay(second.target, "run", undefined, "start");
    assertEquals([start.payloads, start.whole, start.gaps], [[1, 2, 3], true, 0]);
    const ofId = await replay(second.target, "run", "1", "start");
    assertEquals(ofId.payloads, [1, 3]);
    await publish(first.target, 5, 7);
    const resumed = await replay(second.target, "run", "1", ofId.position);
    assertEquals([resumed.payloads, resumed.whole], [[5, 7], true]);
    assertEquals((await replay(second.target, "run", undefined, "nonsense")).gaps, 1);
  });

  Deno.test(`${library}: after a loss, listeners get what they missed, and then the target has recovered`, async () => {
    await using server = await startRedis();
    const statuses: EventTargetStatus[] = [];
    await using reader = openRedis(server, library, {
      history,
      onStatus: (status) => void statuses.push(status),
    });
    await using writer = openRedis(server, library, { history });
    const all = await listen(reader.target, "run");
    const odd = await listen(reader.target, "run", "1");
    await publish(writer.target, 1, 2);
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    await publish(writer.target, 3, 4, 5);
    await eventually(() => statuses.at(-1)?.recovered === true);
    await publish(writer.target, 6, 7);
    await eventually(() => assertEquals(all, [1, 2, 3, 4, 5, 6, 7]));
    assertEquals(odd, [1, 3, 5, 7]);
    assertEquals(statuses.slice(1).map(({ state, gap, recovered }) => [state, gap, recovered]), [
      ["reconnecting", undefined, undefined],
      ...statuses.filter(({ attempt }) => attempt !== undefined).map(
        () => ["reconnecting", undefined, undefined],
      ),
      ["open", undefined, undefined],
      ["open", undefined, true],
    ]);
  });

  Deno.test(`${library}: what the client sends again is published once`, async () => {
    await using server = await startRedis();
    using proxy = startRedisProxy(server.path);
    const Client = LIBRARIES[library];
    await using writer = openTarget({
      publishClient: new Client(proxy.path),
      subscribeClient: new Client(server.path),
      history,
    });
    const heard = await listen(writer.target, "run");
    await publish(writer.target, 1);
    proxy.stall("answers");
    writer.target.publish({ type: "run", id: "1", payload: 3 });
    await eventually(() => proxy.held > 0);
    proxy.cut();
    await writer.target.flush();
    await publish(writer.target, 5);
    await eventually(() => assertEquals(heard, [1, 3, 5]));
    assertEquals(writer.faults, []);
  });
}

Deno.test("a position stands first in a message, and has 12 characters", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history });
  const messages: string[] = [];
  redis.subscribeClient.on("message", (_: string, message: string) => messages.push(message));
  await listen(redis.target, "run", "1");
  await publish(redis.target, 1);
  await eventually(() => messages.length === 1);
  assert(
    /^\{"at":"[\w-]{5}\.100001","type":"run","id":"1","payload":1\}$/.test(messages[0] ?? ""),
    messages[0],
  );
});

Deno.test("each value that JSON has comes back from the history as it was heard", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history });
  const values = [
    null,
    "",
    "}",
    "\u2028é🎈",
    0,
    { a: [1, { b: '"' }] },
    [],
    { toJSON: () => "other" },
    undefined,
  ];
  const heard: unknown[] = [];
  redis.target.listen("run", 'i"}d', { onEvent: (event) => void heard.push(event) });
  redis.target.listen("status", 'i"}d', { onEvent: (event) => void heard.push(event) });
  await redis.target.flush();
  for (const payload of values) redis.target.publish({ type: "run", id: 'i"}d', payload });
  await redis.target.flush();
  const page = await redis.target.history?.read({ type: "run", id: undefined }, "start", {
    maxEvents: 99,
    maxBytes: 1e6,
  });
  const plain = (events: readonly unknown[] = []) => events.map((event) => JSON.parse(JSON.stringify(event)));
  assertEquals(plain(page?.events), plain(heard));
  for (const payload of values) {
    heard.length = 0;
    redis.target.publish({ type: "status", id: 'i"}d', payload });
    await redis.target.flush();
    const states = await redis.target.history?.read({ type: "status", id: undefined }, "latest", {
      maxEvents: 99,
      maxBytes: 1e6,
    });
    assertEquals(plain(states?.events), plain(heard));
  }
});

Deno.test("a gap is reported to the topics that lost events, before later ones, and to no others", async () => {
  await using server = await startRedis();
  using proxy = startRedisProxy(server.path);
  const statuses: EventTargetStatus[] = [];
  await using reader = openRedis(server, "ioredis 5", {
    history,
    paths: { subscribe: proxy.path },
    onStatus: (status) => void statuses.push(status),
  });
  await using writer = openRedis(server, "ioredis 5", { history });
  const [all, odd, idle, plain] = await Promise.all([
    listen(reader.target, "run"),
    listen(reader.target, "run", "1"),
    listen(reader.target, "run", "idle"),
    listen(reader.target, "plain"),
  ]);
  await publish(writer.target, 1, 2);
  await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
  proxy.stall("requests");
  await publish(writer.target, 3, 4);
  await ask(server, "XTRIM", RUN_EVENTS, "MAXLEN", "0");
  await publish(writer.target, 6);
  proxy.release();
  await eventually(() => statuses.at(-1)?.gap === true);
  await publish(writer.target, 7);
  await eventually(() => assertEquals(all, [1, 2, "gap", 7]));
  assertEquals([odd, idle, plain], [[1, "gap", 7], [], ["gap"]]);
});

/** Keeps an event that no channel has, as that of a program whose user may not publish there. */
async function keepUnheard(server: RedisServer, payload: number): Promise<void> {
  const index = "pubsub:{run}:index";
  const [epoch, n] = await Promise.all(["e", "n"].map((field) => ask(server, "HGET", index, field)));
  const next = String(Number(n) + 1);
  await ask(server, "XADD", RUN_EVENTS, `${epoch}-${next}`, "p", "100000", "i", "x", "e", String(payload));
  await ask(server, "HSET", index, "n", next, ":x", next);
}

Deno.test("a jump of the numbers of a bare type is healed without a loss of the connection", async () => {
  await using server = await startRedis();
  const statuses: EventTargetStatus[] = [];
  await using reader = openRedis(server, "ioredis 5", {
    history,
    onStatus: (status) => void statuses.push(status),
  });
  const heard = await listen(reader.target, "run");
  await publish(reader.target, 1, 2);
  await keepUnheard(server, 33);
  await publish(reader.target, 4);
  await eventually(() => assertEquals(heard, [1, 2, 33, 4]));
  await eventually(() => assertEquals(statuses.at(-1), { state: "open", recovered: true }));
});

Deno.test("where the numbers of a bare type jump, no event of an id overtakes the missed ones", async () => {
  await using server = await startRedis();
  await using reader = openRedis(server, "ioredis 5", { history });
  const heard: [id: string, payload: unknown][] = [];
  const listenTo = (id?: string): Promise<void> =>
    new Promise((onReady) => {
      const onEvent = ({ payload }: { readonly payload: unknown }): void =>
        void heard.push([id ?? "*", payload]);
      reader.target.listen("run", id, { onEvent, onReady });
    });
  await Promise.all(["0", undefined, "1"].map(listenTo));
  await publish(reader.target, 1, 2);
  for (const payload of [33, 34]) await keepUnheard(server, payload);
  for (const payload of [4, 6, 8]) reader.target.publish({ type: "run", id: "0", payload });
  const late = listenTo("late");
  reader.target.publish({ type: "run", id: "1", payload: 5 });
  await publish(reader.target, 7);
  const all = [1, 2, 33, 34, 4, 6, 8, 5, 7];
  await eventually(() => assertEquals(heard.filter(([id]) => id === "*").map(([, payload]) => payload), all));
  for (const [id, own] of [["0", [2, 4, 6, 8]], ["1", [1, 5, 7]]] as const) {
    assertEquals(heard.filter(([each]) => each === id).map(([, payload]) => payload), [...own]);
    const missed = heard.findIndex(([, payload]) => payload === 34);
    assert(heard.findIndex(([each, payload]) => each === id && payload === own.at(-1)) > missed);
  }
  const order = [...new Set(heard.map(([, payload]) => payload))];
  assertEquals(order, all);
  await late;
});

Deno.test("a flush waits until missed events, and those after them, were delivered", async () => {
  await using server = await startRedis();
  let onOpen = (): void => {};
  await using reader = openRedis(server, "ioredis 5", {
    history,
    onStatus: ({ state }) => state === "open" && onOpen(),
  });
  await using writer = openRedis(server, "ioredis 5", { history });
  const heard = await listen(reader.target, "run");
  const payloads = Array.from({ length: 3000 }, (_, i) => i);
  for (let round = 0; round < 3; round++) {
    heard.length = 0;
    const hasHeard = new Promise<boolean>((resolve, reject) =>
      onOpen = () => {
        onOpen = () => {};
        publish(reader.target, -1).then(() => resolve(heard.includes(-1)), reject);
      }
    );
    await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
    await publish(writer.target, ...payloads);
    assert(await hasHeard);
    await eventually(() => assertEquals(heard.filter((payload) => payload !== -1), payloads));
  }
});

Deno.test("a loss is reported while a program publishes a declared type without declaring it", async () => {
  await using server = await startRedis();
  const statuses: EventTargetStatus[] = [];
  await using reader = openRedis(server, "ioredis 5", {
    history,
    onStatus: (status) => void statuses.push(status),
  });
  await using old = openRedis(server, "ioredis 5");
  const heard = await listen(reader.target, "run");
  await publish(old.target, 1);
  await publish(old.target, 2);
  await eventually(() => assertEquals(heard, [1, 2]));
  assertEquals(reader.faults.map(({ context }) => [context.stage, context.topic]), [["subscribe", "run"]]);
  await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
  await eventually(() => statuses.at(-1)?.gap === true);
  assertEquals(heard, [1, 2, "gap"]);
});

Deno.test("a walk over many events of one id brings all of them in order", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history });
  const numbers = Array.from({ length: 2500 }, (_, i) => i);
  for (const payload of numbers) {
    redis.target.publish({ type: "run", id: "1", payload });
    redis.target.publish({ type: "run", id: "other", payload });
  }
  await redis.target.flush();
  const { payloads, whole } = await replay(redis.target, "run", "1", "start");
  assertEquals([payloads, whole], [numbers, true]);
  const all = await replay(redis.target, "run", undefined, { last: 2000 });
  // The last one is the marker of the replay before.
  assertEquals([all.payloads.length, all.whole], [1999, true]);
});

Deno.test("equal reads are one, and no type has two reads at once", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history });
  await publish(redis.target, 1, 2, 3);
  await ask(server, "CONFIG", "RESETSTAT");
  const pages = await Promise.all(
    Array.from(
      { length: 300 },
      () =>
        redis.target.history?.read({ type: "run", id: undefined }, "start", {
          maxEvents: 256,
          maxBytes: 1e6,
        }),
    ),
  );
  assertEquals(new Set(pages.map((page) => page?.events.length)), new Set([3]));
  const calls = Number(
    /cmdstat_eval:calls=(\d+)/.exec(String(await ask(server, "INFO", "commandstats")))?.[1],
  );
  assert(calls <= 4, `${calls} scripts`);
});

Deno.test("events that are too old are forgotten, and so are states", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", {
    history: { run: { ttlMs: 200 }, status: { perId: 1, ttlMs: 200 } },
  });
  await publish(redis.target, 1, 2);
  redis.target.publish({ type: "status", id: "a", payload: "old" });
  await redis.target.flush();
  const { history } = redis.target;
  if (history === undefined) throw new Error("The target has a history");
  const page = { maxEvents: 9, maxBytes: 1e6 };
  const read = async (type: string, id: string | undefined, from: HistoryFrom): Promise<unknown> => {
    const { events, whole } = await history.read({ type, id }, from, page);
    return { events: events.map(({ payload }) => payload), whole };
  };
  const position = await history.head({ type: "run", id: undefined });
  assertEquals(await read("run", "1", "start"), { events: [1], whole: true });
  const forgotten = { events: [], whole: false };
  await eventually(async () => assertEquals(await read("status", "a", "latest"), forgotten));
  await eventually(async () => assertEquals(await read("run", "1", "start"), forgotten));
  assertEquals(await read("status", undefined, "latest"), forgotten);
  assertEquals(await read("run", undefined, "start"), forgotten);
  assertEquals(await read("run", undefined, position), { events: [], whole: true });
  assertEquals(await read("status", "b", "latest"), { events: [], whole: false });
  redis.target.publish({ type: "status", id: "b", payload: "new" });
  await redis.target.flush();
  assertEquals(await read("status", undefined, "latest"), { events: ["new"], whole: false });
  assertEquals(await ask(server, "XLEN", "pubsub:{status}:events"), 1);
});

Deno.test("a program with other bounds gets a report, and takes those that are there", async () => {
  await using server = await startRedis();
  await using first = openRedis(server, "ioredis 5", { history: { run: { perType: 2 } } });
  await publish(first.target, 1, 2, 3);
  await using second = openRedis(server, "ioredis 5", { history: { run: { perType: 9, ttlMs: 5 } } });
  await eventually(() => assertEquals(second.faults.length, 1));
  const [fault] = second.faults;
  assertEquals(fault?.context.stage, "connect");
  assert(
    String(fault?.error).includes("{ perId: Infinity, perType: 2, ttlMs: Infinity }"),
    String(fault?.error),
  );
  await publish(second.target, 4);
  assertEquals((await replay(second.target, "run", undefined, "start")).payloads, [3, 4]);
});

Deno.test("a policy that can evict the history is reported", async () => {
  await using server = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
  await using redis = openRedis(server, "ioredis 5", { history });
  await eventually(() => assertEquals(redis.faults.length, 1));
  assert(String(redis.faults[0]?.error).includes("its maxmemory-policy is allkeys-lru"));
});

/** A target whose user may not run scripts. */
async function openWithoutScripts(server: RedisServer): Promise<ReturnType<typeof openTarget>> {
  await ask(server, "ACL", "SETUSER", "limited", "on", ">secret", "~*", "&*", "+@all", "-@scripting");
  const Client = LIBRARIES["ioredis 5"];
  const options = { path: server.path, username: "limited", password: "secret" };
  return openTarget({
    publishClient: new Client(options),
    subscribeClient: new Client(options),
    history: { run: {} },
  });
}

Deno.test("a user that may not run scripts gets a report, and so does each of its events", async () => {
  await using server = await startRedis();
  await using redis = await openWithoutScripts(server);
  await eventually(() => assertEquals(redis.faults.length, 1));
  assertInstanceOf(redis.faults[0]?.error, TypeError);
  assert(String(redis.faults[0]?.error).includes("+eval"), String(redis.faults[0]?.error));
  redis.target.publish({ type: "run", id: "1", payload: 1 });
  redis.target.publish({ type: "plain", id: "1", payload: 1 });
  await redis.target.flush().catch(() => {});
  assertEquals(
    redis.faults.slice(1).map((
      { context, error },
    ) => [context.stage, context.topic, String(error).split(":")[0]]),
    [
      ["publish", "run:1", "TypeError"],
    ],
  );
});

Deno.test("a history that cannot be read is reported once for each topic", async () => {
  await using server = await startRedis();
  await using redis = await openWithoutScripts(server);
  const pubsub = createPubSub<{ run: number }>({ eventTarget: redis.target });
  const reports = (): unknown[] =>
    redis.faults.filter(({ context }) => context.stage === "subscribe").map(({ context }) => context.topic);
  const first = pubsub.subscribe("run", "1", { from: "start" });
  assertEquals(await first.replayed, { whole: false });
  await first.ready;
  const second = pubsub.subscribe("run", "1", { from: "start" });
  const other = pubsub.subscribe("run", { from: "latest" });
  assertEquals([await second.replayed, await other.replayed], [{ whole: false }, { whole: false }]);
  await Promise.all([second.ready, other.ready]);
  assertEquals(reports(), ["run:1", "run"]);
  // Another loss is another report.
  await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
  await eventually(() => assertEquals(reports().slice(2).toSorted(), ["run", "run:1"]));
});

Deno.test("the permissions in the documentation are enough", async () => {
  await using server = await startRedis();
  const page = await Deno.readTextFile("docs/architecture/event-targets/redis.md");
  for (const [, rule = ""] of page.matchAll(/^ACL SETUSER pubsub (.*)$/gm)) {
    await ask(server, "ACL", "SETUSER", "pubsub", ...rule.replaceAll("app:news", "app:run").split(" "));
  }
  const Client = LIBRARIES["ioredis 5"];
  const options = { path: server.path, username: "pubsub", password: "secret" };
  await using redis = openTarget({
    publishClient: new Client(options),
    subscribeClient: new Client(options),
    prefix: "app:",
    history: { run: { perType: 64, ttlMs: 60_000, perId: 40 }, status: { perId: 1, perType: 2 } },
  });
  const heard = await listen(redis.target, "run");
  const numbers = Array.from({ length: 300 }, (_, i) => i);
  for (const n of numbers) {
    redis.target.publish({ type: "run", id: String(n % 7), payload: n });
    redis.target.publish({ type: "status", id: String(n % 7), payload: "x" });
  }
  await redis.target.flush();
  await eventually(() => assertEquals(heard, numbers));
  const bounds = { maxEvents: 999, maxBytes: 1e6 };
  for (const type of ["run", "status"]) {
    for (const id of [undefined, "1"]) {
      for (const from of ["start", "latest", { last: 3 }] as const) {
        await redis.target.history?.read({ type, id }, from, bounds);
      }
    }
  }
  assertEquals(redis.faults, []);
});

Deno.test("a server that takes no writes publishes nothing, and each event is reported", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history });
  const heard = await listen(redis.target, "run");
  const states = await listen(redis.target, "status", "1");
  await publish(redis.target, 1);
  const setUps: readonly (readonly [refuse: string[], allow: string[]])[] = [
    [["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]],
    [["CONFIG", "SET", "min-replicas-to-write", "1"], ["CONFIG", "SET", "min-replicas-to-write", "0"]],
  ];
  for (const [[refuse = "", ...refuseArgs], [allow = "", ...allowArgs]] of setUps) {
    redis.faults.length = 0;
    await ask(server, refuse, ...refuseArgs);
    await publish(redis.target, 2).catch(() => {});
    redis.target.publish({ type: "status", id: "1", payload: 2 });
    await redis.target.flush().catch(() => {});
    assertEquals(redis.faults.map(({ context }) => context.topic), ["run:0", "status:1"]);
    await ask(server, allow, ...allowArgs);
    await publish(redis.target, 3);
    redis.target.publish({ type: "status", id: "1", payload: 3 });
    await redis.target.flush();
  }
  // A server that was a replica may have lost events.
  assertEquals(heard, [1, "gap", 3]);
  assertEquals(states, ["gap", 3]);
  const all = await replay(redis.target, "run", undefined, "start");
  assertEquals(all.payloads, [1, 3, 3]);
});

Deno.test("while the server takes no writes, events of types that are not declared arrive in order", async () => {
  await using server = await startRedis();
  await using redis = openRedis(server, "ioredis 5", { history });
  const heard = await listen(redis.target, "plain");
  await publish(redis.target, 1);
  await ask(server, "CONFIG", "SET", "maxmemory", "1");
  await publish(redis.target, 2);
  // Of one turn, so that they could be in one script.
  for (const n of [3, 4, 5]) {
    redis.target.publish({ type: "run", id: "1", payload: n });
    redis.target.publish({ type: "plain", id: String(n), payload: n });
  }
  await redis.target.flush();
  assertEquals(heard, [3, 4, 5]);
  await ask(server, "CONFIG", "SET", "maxmemory", "0");
  redis.faults.length = 0;
  for (const n of [6, 7]) {
    redis.target.publish({ type: "plain", id: String(n), payload: n });
    redis.target.publish({ type: "run", id: "1", payload: n });
  }
  await redis.target.flush();
  assertEquals([heard, redis.faults], [[3, 4, 5, 6, 7], []]);
});

for (
  const [name, [refuse, ...refuseArgs], [allow, ...allowArgs]] of [
    ["READONLY", ["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]],
    [
      "NOREPLICAS",
      ["CONFIG", "SET", "min-replicas-to-write", "1"],
      ["CONFIG", "SET", "min-replicas-to-write", "0"],
    ],
    ["OOM", ["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]],
  ] as const
) {
  Deno.test(`a program that starts while the server takes no writes (${name}) gets a report, and keeps events later`, async () => {
    await using server = await startRedis();
    await ask(server, refuse, ...refuseArgs);
    await using redis = openRedis(server, "ioredis 5", { history });
    const plain: unknown[] = [];
    await new Promise<void>((onReady) => {
      redis.target.listen("plain", "1", { onEvent: ({ payload }) => void plain.push(payload), onReady });
    });
    redis.target.publish({ type: "plain", id: "1", payload: 1 });
    redis.target.publish({ type: "run", id: "1", payload: 1 });
    await redis.target.flush().catch(() => {});
    const told = redis.faults.filter(({ context }) => context.stage !== "subscribe");
    assert(told.length > 0);
    for (const { error } of told) assert(String(error).includes(name), String(error));
    assert(told.some(({ context }) => context.topic === "run:1"), "the event is reported");
    // The flush has failed, so it has not waited for listeners.
    await eventually(() => assertEquals(plain, [1]));
    await ask(server, allow, ...allowArgs);
    const before = redis.target.stats().published.handedOver;
    await eventually(async () => {
      redis.target.publish({ type: "run", id: "2", payload: 2 });
      await redis.target.flush();
      return redis.target.stats().published.handedOver > before;
    });
    assert((await replay(redis.target, "run", "2", "start")).payloads.includes(2));
  });
}

Deno.test("a channel that the user may not publish on is reported, and its event is not kept", async () => {
  await using server = await startRedis();
  await ask(
    server,
    "ACL",
    "SETUSER",
    "limited",
    "on",
    ">secret",
    "~*",
    "+@all",
    "resetchannels",
    "&run:1",
    "&run:*",
  );
  await ask(server, "ACL", "SETUSER", "limited", "resetchannels", "&run:1");
  const Client = LIBRARIES["ioredis 5"];
  const options = { path: server.path, username: "limited", password: "secret" };
  await using redis = openTarget({
    publishClient: new Client(options),
    subscribeClient: new Client(server.path),
    history: { run: {} },
  });
  for (const id of ["1", "2", "1"]) redis.target.publish({ type: "run", id, payload: id });
  await redis.target.flush();
  assertEquals(redis.faults.map(({ context }) => context.topic), ["run:2"]);
  assertEquals((await replay(redis.target, "run", "1", "start")).payloads, ["1", "1"]);
});

Deno.test("what cannot have a history is a TypeError at once", () => {
  const client = new (LIBRARIES["ioredis 5"])({ lazyConnect: true });
  const clients = {
    publishClient: client,
    subscribeClient: new (LIBRARIES["ioredis 5"])({ lazyConnect: true }),
  };
  const create = (options: object) => () => createRedisEventTarget({ ...clients, history, ...options });
  assertThrows(create({ sharded: true }), TypeError, "not sharded");
  assertThrows(create({ serializer: { stringify: String, parse: String } }), TypeError, "serializer");
  assertThrows(create({ history: { "a:b": {} } }), TypeError, 'contains ":"');
  assertThrows(create({ history: { a: 5 } }), TypeError, "its bounds are 5");
  assertThrows(create({ history: { a: { perId: 0 } } }), RangeError);
});

Deno.test("from needs a declared type, and GapError ends a subscription at a loss", async () => {
  await using server = await startRedis();
  await using redis: OpenRedis = openRedis(server, "ioredis 5", { history });
  const { subscribe } = createPubSub<Events>({ eventTarget: redis.target });
  assertThrows(() => subscribe("plain", { from: "start" }), NoHistoryError);
  await using subscription = subscribe("run", { from: "nonsense", onGap: "error" });
  await assertRejects(() => subscription.next(), GapError);
});
