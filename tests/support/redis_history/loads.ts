/** What asks most of Redis: bursts, pages and bounds of histories. */
import { createPubSub, type EventEnvelope } from "@alkdev/pubsub";
import { eventually } from "../eventually.ts";
import { disconnect, LIBRARIES, type SharedRedis } from "../redis.ts";
import { complete, type LoadOpener, openKeeping, publishAll, readAll } from "./held.ts";

const HEALING_PAGE = { maxEvents: 1000, maxBytes: 1024 * 1024 };
const REPLAY_PAGE = { maxEvents: 256, maxBytes: 256 * 1024 };
const LARGEST_PAGE = { maxEvents: Infinity, maxBytes: Infinity };

type Bounds = Parameters<typeof openKeeping>[1];

let prefixes = 0;

function* events(count: number, ids: number, bytes: number, first = 0): Generator<EventEnvelope> {
  const text = "x".repeat(bytes);
  for (let i = first; i < first + count; i++) {
    yield { type: "run", id: `id-${i % ids}`, payload: { i, text } };
  }
}

/** Bursts, with so many subscribers of the channels. */
function bursts(
  bounds: Bounds,
  { count, ids, bytes, subscribers = 1 }: { count: number; ids: number; bytes: number; subscribers?: number },
): LoadOpener {
  return async (server, size) => {
    const prefix = `${++prefixes}:`;
    const redis = openKeeping(server, bounds, prefix);
    const clients = Array.from({ length: subscribers }, () => new LIBRARIES["ioredis 5"](server.path));
    const channels = Array.from({ length: Math.min(ids, 500) }, (_, i) => `${prefix}run:id-${i}`);
    await Promise.all(clients.map((client) => client.call("subscribe", ...channels)));
    let first = 0;
    return {
      run() {
        const start = first;
        first += count * size;
        return publishAll(redis.target, events(count * size, ids, bytes, start));
      },
      async [Symbol.asyncDispose]() {
        await disconnect(...clients);
        await redis[Symbol.asyncDispose]();
      },
    };
  };
}

/** Reads of a history. */
function reads(
  bounds: Bounds,
  { count, ids, bytes }: { count: number; ids: number; bytes: number },
  read: (redis: ReturnType<typeof openKeeping>) => AsyncGenerator<void>,
): LoadOpener {
  return async (server, size) => {
    const redis = openKeeping(server, bounds, `${++prefixes}:`);
    await complete(publishAll(redis.target, events(count * size, Math.ceil(ids * size), bytes)));
    return {
      run: () => read(redis),
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  };
}

const ALL = { type: "run", id: undefined };
const ONE = { type: "run", id: "id-0" };

/** Large events, and small ones before and after them. The reader knows the history from before. */
const largeAmongSmall = (
  bounds: Bounds,
  { count, bytes }: { count: number; bytes: number },
): LoadOpener =>
async (server) => {
  const prefix = `${++prefixes}:`;
  const reader = openKeeping(server, bounds, prefix);
  await reader.target.history?.read(ALL, "start", REPLAY_PAGE);
  const writer = openKeeping(server, bounds, prefix);
  for (let i = 0; i < 30; i++) await complete(publishAll(writer.target, events(1, 1000, 10, 700 + i)));
  await complete(publishAll(writer.target, events(count, count, bytes)));
  for (let i = 0; i < 30; i++) await complete(publishAll(writer.target, events(1, 1000, 10, 800 + i)));
  return {
    async *run() {
      for (const each of ["start", "latest", { last: count + 30 }] as const) {
        yield* readAll(reader.target, ALL, each, HEALING_PAGE);
      }
    },
    async [Symbol.asyncDispose]() {
      await writer[Symbol.asyncDispose]();
      await reader[Symbol.asyncDispose]();
    },
  };
};

/** A loss of the subscribing connection, with a topic for each of many large states. */
const lossOfStates: LoadOpener = async (server) => {
  const redis = openKeeping(server, { perId: 1 }, `${++prefixes}:`);
  const { target } = redis;
  const pubsub = createPubSub({ eventTarget: target });
  const topics = Array.from({ length: 300 }, (_, i) => pubsub.subscribe("run", `id-${i}`));
  await Promise.all(topics.map(({ ready }) => ready));
  await complete(publishAll(target, events(300, 300, 60_000)));
  const client = new LIBRARIES["ioredis 5"](server.path);
  return {
    async *run() {
      await client.call("CLIENT", "KILL", "TYPE", "pubsub");
      await eventually(() => target.status.state !== "open");
      await eventually(() => target.status.recovered === true);
      yield;
    },
    async [Symbol.asyncDispose]() {
      await disconnect(client);
      await redis[Symbol.asyncDispose]();
    },
  };
};

/** The history begins anew, after one of its keys is gone: the other one is freed. */
const renewed = (key: "events" | "index"): LoadOpener => (server, size) => {
  const prefix = `${++prefixes}:`;
  const redis = openKeeping(server, { perId: 4 }, prefix);
  const client = new LIBRARIES["ioredis 5"](server.path);
  return Promise.resolve({
    async *run() {
      yield* publishAll(redis.target, events(100_000 * size, 100_000, 100));
      await client.call("UNLINK", `pubsub:{${prefix}run}:${key}`);
      yield* publishAll(redis.target, events(1, 1, 1));
    },
    async [Symbol.asyncDispose]() {
      await disconnect(client);
      await redis[Symbol.asyncDispose]();
    },
  });
};

/** All events expire, and later ones free them. */
const expiring = (perId: number): LoadOpener => (server: SharedRedis, size) => {
  const redis = openKeeping(server, { perId, ttlMs: 1500 }, `${++prefixes}:`);
  return Promise.resolve({
    async *run() {
      yield* publishAll(redis.target, events(20_000 * size, 20_000, 100));
      await new Promise((resolve) => setTimeout(resolve, 2000));
      yield* publishAll(redis.target, events(2000, 100, 100));
      yield* readAll(redis.target, ALL, "latest", REPLAY_PAGE);
    },
    [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
  });
};

/** The loads, by name. */
export const LOADS: Readonly<Record<string, LoadOpener>> = {
  "bursts of one id": bursts({}, { count: 10_000, ids: 1, bytes: 100 }),
  "bursts of many ids": bursts({}, { count: 10_000, ids: 500, bytes: 100 }),
  "bursts with ten subscribers": bursts({}, { count: 5000, ids: 500, bytes: 100, subscribers: 10 }),
  "bursts with 50 subscribers": bursts({}, { count: 5000, ids: 500, bytes: 100, subscribers: 50 }),
  "bursts of 1 kB": bursts({}, { count: 5000, ids: 500, bytes: 1000 }),
  "bursts of 64 kB": bursts({}, { count: 200, ids: 10, bytes: 64_000 }),
  "bursts of states": bursts({ perId: 1 }, { count: 10_000, ids: 500, bytes: 100 }),
  "bursts of states of 10⁵ ids": bursts({ perId: 1, perType: 100_000 }, {
    count: 100_000,
    ids: 100_000,
    bytes: 20,
  }),
  "bursts of states, too many": bursts({ perId: 1, perType: 1000 }, {
    count: 10_000,
    ids: 100_000,
    bytes: 100,
  }),
  "bursts with a bound for each id": bursts({ perId: 10 }, { count: 10_000, ids: 500, bytes: 100 }),
  "bursts that trim": bursts({ perType: 1000 }, { count: 20_000, ids: 10_000, bytes: 100 }),
  "events that expire": expiring(Infinity),
  "states that expire": expiring(1),
  "a history that begins anew without its stream": renewed("events"),
  "a history that begins anew without its hash": renewed("index"),
  "pages of healing": reads(
    {},
    { count: 10_000, ids: 500, bytes: 100 },
    ({ target }) => readAll(target, ALL, "start", HEALING_PAGE),
  ),
  "pages of healing of 1 kB": reads(
    {},
    { count: 5000, ids: 500, bytes: 1000 },
    ({ target }) => readAll(target, ALL, "start", HEALING_PAGE),
  ),
  "pages of replays": reads(
    { perId: 10 },
    { count: 10_000, ids: 500, bytes: 100 },
    ({ target }) => readAll(target, ALL, "start", REPLAY_PAGE),
  ),
  "pages without bounds": reads(
    {},
    { count: 50_000, ids: 500, bytes: 100 },
    ({ target }) => readAll(target, ALL, "start", LARGEST_PAGE),
  ),
  "pages of the latest of 10⁵ ids": reads(
    {},
    { count: 100_000, ids: 100_000, bytes: 20 },
    ({ target }) => readAll(target, ALL, "latest", LARGEST_PAGE),
  ),
  "pages of the latest of ids that were trimmed": reads(
    { perType: 20_000 },
    { count: 60_000, ids: 30_000, bytes: 20 },
    ({ target }) => readAll(target, ALL, "latest", LARGEST_PAGE),
  ),
  "pages of states of 10⁵ ids": reads(
    { perId: 1 },
    { count: 100_000, ids: 100_000, bytes: 20 },
    ({ target }) => readAll(target, ALL, "latest", LARGEST_PAGE),
  ),
  "pages of states of 1 kB": reads(
    { perId: 1 },
    { count: 5000, ids: 5000, bytes: 1000 },
    ({ target }) => readAll(target, ALL, "latest", LARGEST_PAGE),
  ),
  "the last 10,000 events": reads(
    {},
    { count: 20_000, ids: 500, bytes: 100 },
    ({ target }) => readAll(target, ALL, { last: 10_000 }, LARGEST_PAGE),
  ),
  "the last 10,000 events, with a bound for each id": reads(
    { perId: 50 },
    { count: 20_000, ids: 500, bytes: 100 },
    ({ target }) => readAll(target, ALL, { last: 10_000 }, LARGEST_PAGE),
  ),
  "the last 10,000 states": reads(
    { perId: 1 },
    { count: 20_000, ids: 20_000, bytes: 100 },
    ({ target }) => readAll(target, ALL, { last: 10_000 }, LARGEST_PAGE),
  ),
  "10,000 events of one id": reads(
    {},
    { count: 10_000, ids: 1, bytes: 100 },
    ({ target }) => readAll(target, ONE, "start", LARGEST_PAGE),
  ),
  "events of 1 kB of one id": reads(
    {},
    { count: 3000, ids: 1, bytes: 1000 },
    ({ target }) => readAll(target, ONE, "start", LARGEST_PAGE),
  ),
  "events of 64 kB": reads({}, { count: 200, ids: 1, bytes: 64_000 }, async function* ({ target }) {
    yield* readAll(target, ONE, "start", REPLAY_PAGE);
    yield* readAll(target, ALL, "start", REPLAY_PAGE);
  }),
  "events of 60 kB among small ones": largeAmongSmall({}, { count: 300, bytes: 60_000 }),
  "events of 60 kB among small ones, with a bound for each id": largeAmongSmall(
    { perId: 10 },
    { count: 300, bytes: 60_000 },
  ),
  "states of 60 kB among small ones": largeAmongSmall({ perId: 1 }, { count: 300, bytes: 60_000 }),
  "events of 1 MB among small ones": largeAmongSmall({}, { count: 20, bytes: 1_000_000 }),
  "states of 1 MB among small ones": largeAmongSmall({ perId: 1 }, { count: 20, bytes: 1_000_000 }),
  "a loss with topics of states of 60 kB": lossOfStates,
  "10,000 topics at once": reads(
    {},
    { count: 20_000, ids: 10_000, bytes: 100 },
    async function* ({ target }) {
      for (let i = 0; i < 10_000; i += 500) {
        const topics = Array.from({ length: 500 }, (_, j) => ({ type: "run", id: `id-${i + j}` }));
        await Promise.all(topics.map((topic) => complete(readAll(target, topic, { last: 1 }, REPLAY_PAGE))));
        yield;
      }
    },
  ),
};
