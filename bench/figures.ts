// The questions that the benches answer, one a file, and the figures that their rows must reach. `report.ts` runs them.

import { GROUPS } from "./_growth.ts";
import { type Rows, runBench, runScript } from "./_report/rows.ts";

/** A comparison of one row with another of the same run. */
export interface Figure {
  /** The subject. */
  readonly what: string;
  /** The group of both rows. */
  readonly group: string;
  /** The compared row; ours by default. */
  readonly row?: string;
  /** The row that it is compared with. */
  readonly with: string;
  /** The most that its time may be, as a multiple of the other row. */
  readonly atMost?: number;
  /** The least that the time of the other row must be, as a multiple of its own. */
  readonly atLeast?: number;
  /** Compares the difference to the other row instead, divided by this number. */
  readonly sharedBy?: number;
  /** The most nanoseconds that each of them may add. */
  readonly atMostNs?: number;
  /** The most bytes that each of them may add. */
  readonly atMostBytes?: number;
}

/** The question that a file of benches answers. */
export interface Question {
  /** The question. */
  readonly title: string;
  /** The meaning of a row of the file. */
  readonly row: string;
  /** Runs the file once, in a process of its own. */
  readonly run: (file: string) => Promise<Rows>;
}

/** The files of benches, in the order of the page. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  "in_process_callback.ts": {
    title: "What does it cost to publish to callbacks?",
    row: "A row is 1,000 events; 10 to 1,000 listeners.",
    run: runBench,
  },
  "in_process_iterator.ts": {
    title: "What does it cost to read subscriptions?",
    row: "A row is a burst, published and then read to its end by each iterator.",
    run: runBench,
  },
  "topics.ts": {
    title: "What do a million topics cost?",
    row: "A row is 10,000 events, each with one listener.",
    run: runBench,
  },
  "topic_counts.ts": {
    title: "What does an event cost, by the number of topics?",
    row: "A row is 10,000 events, each with one listener.",
    run: runBench,
  },
  "growth.ts": {
    title: "What do an event and its memory cost, as topics, listeners and spokes grow in number?",
    row:
      "A row is the processor time of one event or of one call of a listener, or the memory of one topic or listener. The sockets of the hub are in memory. [137](architecture/decisions/137-small-enough-to-be-inlined.md) says why some rows are not flat.",
    run: runScript,
  },
  "subscriptions.ts": {
    title: "What does it cost to subscribe and unsubscribe?",
    row: "A row is 1,000 subscriptions, each on its own topic.",
    run: runBench,
  },
  "operators.ts": {
    title: "What do operators cost?",
    row: "A row is 1,000 values of each source, read to the end.",
    run: runBench,
  },
  "filtered_events.ts": {
    title: "What does it cost to filter and map published events?",
    row: "A row is a burst. The filter keeps three of four events.",
    run: runBench,
  },
  "hub_fanout.ts": {
    title: "How fast does a hub deliver to a hundred spokes?",
    row: "A row is a burst, until every client has read and checked it.",
    run: runScript,
  },
  "hub_scale.ts": {
    title: "How does a hub grow with its clients?",
    row: "A row is the time of one delivery of an event to one client, or the memory of one client.",
    run: runScript,
  },
  "resumed_links.ts": {
    title: "How fast do links get what they missed?",
    row: "A row is a thousand links with a topic each, and a hundred events for each of them.",
    run: runScript,
  },
  "idle_spokes.ts": {
    title: "How much memory does an idle spoke take?",
    row:
      "A row is one of 10,000 sockets after the first thousand, each subscribed to its own topic. It includes the socket.",
    run: runScript,
  },
  "connect_storm.ts": {
    title: "How fast does a server take in thousands of clients at once?",
    row: "A row is one of 5,000 clients: connection, hello, subscription, acknowledgement.",
    run: runScript,
  },
  "hub_paced.ts": {
    title: "How late are events when a hub is busy?",
    row:
      "Events are published at even intervals to 100 clients. A row is the latency until the last client has the event.",
    run: runScript,
  },
  "hub_latency.ts": {
    title: "Does a single event arrive later than over a bare socket?",
    row: "A row is one event to one client, a hundred a second.",
    run: runScript,
  },
  "spoke_to_hub.ts": {
    title: "What does it cost a hub to receive events from its spokes?",
    row: "A row is one event, from the call of publish at the spoke to the callback at the hub.",
    run: runScript,
  },
  "worker.ts": {
    title: "What does it cost to send to a worker?",
    row:
      "A row is a burst, or 64 buffers, until the worker has received everything. Each way has sent 32,000 small buffers before.",
    run: runScript,
  },
  "iroh.ts": {
    title: "How fast does a hub deliver over Iroh?",
    row: "A row is a burst, until the spoke has received all of it.",
    run: runScript,
  },
  "redis_runtimes.ts": {
    title: "What does it cost to go through Redis?",
    row: "A row is a burst of 512 events, or one event, from one connection to another in the same process.",
    run: runScript,
  },
  "redis_history.ts": {
    title: "What does a history in Redis cost?",
    row: "A row is a burst, until each subscriber has heard all of it.",
    run: runScript,
  },
  "redis_history_memory.ts": {
    title: "How much memory does a history in Redis take?",
    row: "A row is the memory of one event, or of the latest event of one id, by `MEMORY USAGE` of all keys.",
    run: runScript,
  },
  "three_hubs.ts": {
    title: "How fast do events go to the spokes of three hubs over one Redis?",
    row:
      "A row is the time of one delivery of an event to one spoke. Each way has the same number of deliveries. Processor time is that of all hubs together. Every hub is a process on this machine, with its share of the spokes.",
    run: runScript,
  },
  "two_hubs.ts": {
    title: "What do two hubs cost, one a processor, compared with one?",
    row: "A row is the time of one delivery of an event to one spoke.",
    run: runScript,
  },
  "redis_memory.ts": {
    title: "How much memory do Redis topics take?",
    row: "A row is 10,000 topics.",
    run: runScript,
  },
  "memory.ts": {
    title: "How much memory do topics and subscriptions take?",
    row: "A row is the memory of one of 100,000.",
    run: runScript,
  },
};

const callbacks = (group: string, atMost = 2.5): Figure[] => [
  { what: `callback, ${group}`, group, with: "eventemitter3", atMost },
  { what: `callback, ${group}`, group, with: "native EventTarget", atMost: 0.25 },
  { what: `callback, ${group}`, group, with: "bare two-level Map" },
  { what: `callback, ${group}`, group, with: "mitt" },
  { what: `callback, ${group}`, group, with: "RxJS" },
];
const iterator = { what: "iterator, bursts of 512", group: "bursts of 512" };
const random = { what: "random topics of 1,000,000", group: "random ones of 1000000 topics" };
const fanout = { what: "hub to 100 spokes, bursts of 512", group: "bursts of 512 to 100 clients" };
const onNode = { ...fanout, what: "hub on Node to 100 spokes, bursts of 512", row: "@alkdev/pubsub on Node" };
/** The first of the peers is the one of which a share is asked. */
const spokeToHub = (load: string, peers: readonly string[], asked: Record<string, number>): Figure[] =>
  Object.entries(asked).flatMap(([spokes, atLeast]) =>
    peers.map((peer, i) => ({
      what: `${load} from ${spokes} to a hub`,
      group: `an event, ${load} from ${spokes}`,
      with: peer,
      ...(i === 0 && { atLeast }),
    }))
  );
const toWorker = { what: "host to a worker, bursts of 512", group: "bursts of 512 to a worker" };
const moved = { what: "1 MiB buffers to a worker, moved", group: "64 buffers of 1 MiB to a worker" };
const quic = { what: "hub to a spoke over Iroh, bursts of 512", group: "bursts of 512 over QUIC" };
const throughHubs = (spokes: number, ofBare: Partial<Figure>, ofOneHub: Partial<Figure> = {}): Figure[] => {
  const load = `bursts of 512 from a spoke to ${spokes} others`;
  const row = "three hubs over Redis";
  const wall = { what: `three hubs over Redis, ${spokes} spokes`, group: `a delivery, ${load}`, row };
  const cpu = {
    what: `three hubs over Redis, ${spokes} spokes, processor time of the hubs`,
    group: `processor time of the hubs a delivery, ${load}`,
    row,
  };
  return [
    { ...wall, with: "one hub", ...ofOneHub },
    { ...wall, with: "one hub over Redis", ...ofOneHub },
    { ...wall, with: "three of socket.io over Redis" },
    // It never reads what it carries: a burst is one message.
    { ...wall, with: "three of bare sockets over Redis, one message per burst", ...ofBare },
    { ...wall, with: "three of bare sockets over Redis, one message per event" },
    {
      ...wall,
      what: `three hubs over Redis with a history, ${spokes} spokes`,
      row: "three hubs over Redis, with a history",
      with: "three of bare sockets over Redis, one message per burst",
    },
    { ...cpu, with: "one hub" },
    { ...cpu, with: "three of socket.io over Redis" },
  ];
};
const keptBursts = (events: number, subscribers: number, asked: Partial<Figure>): Figure => ({
  what: `events with a history in Redis, bursts of ${events} to ${subscribers}`,
  group: `bursts of ${events} with ${subscribers} subscribers`,
  row: "@alkdev/pubsub, history",
  with: "bare pipeline",
  ...asked,
});
const storm = { what: "5,000 clients that come at once", group: "one of 5000 clients that come at once" };
const stormCpu = {
  what: "5,000 clients that come at once, processor time of the server",
  group: "processor time of a server, one of 5000 clients that come at once",
};
const twoHubs = {
  what: "two hubs over Redis, 999 spokes, processor time of the hubs",
  group: "processor time of the hubs a delivery, bursts of 512 from a spoke to 999 others",
  row: "two hubs over Redis",
};
const added = { what: "1000 callbacks added and removed", group: "1000 callbacks added and removed" };
const made = { what: "1000 iterators made and ended", group: "1000 iterators made and ended" };

const operators = { what: "filter and map", group: "filter and map of 1000" };
const filtered = {
  what: "filter and map of a burst of 512",
  group: "bursts of 512, filtered and mapped",
};
const step = (count: number, row: string): Figure => ({
  what: `${row} of a pipe, each a value`,
  group: "steps over 1000",
  row,
  with: "the source alone",
  sharedBy: count * 1000,
  atMostNs: 60,
});

const onRedis = (runtime: string, client: string): Figure[] => {
  const what = (load: string): string => `Redis, ${load}, ${runtime}, ${client}`;
  const bursts = { what: what("bursts"), group: `bursts through Redis, ${runtime}, ${client}` };
  const events = { what: what("single events"), group: `events through Redis, ${runtime}, ${client}` };
  return [
    { ...bursts, with: "bare pipeline", atLeast: 0.9 },
    { ...bursts, with: "@graphql-yoga/redis-event-target" },
    {
      ...bursts,
      // As users of both write it: with `createPubSub`.
      what: `${bursts.what}, iterated`,
      row: "@alkdev/pubsub, iterated",
      with: "@graphql-yoga/redis-event-target, iterated",
      ...(runtime === "Deno" && client === "ioredis 5" && { atLeast: 2.5 }),
    },
    { ...bursts, with: "graphql-redis-subscriptions" },
    {
      ...bursts,
      what: `${bursts.what}, one of 10000 topics`,
      row: "@alkdev/pubsub, one of 10000 topics",
      with: "@alkdev/pubsub",
      atMost: 1.25,
    },
    { ...events, with: "bare pipeline", atMost: 1.1 },
  ];
};
const redis = ["Deno", "Node 20", "Bun"].flatMap((runtime) =>
  ["ioredis 5", "ioredis 6"].flatMap((client) => onRedis(runtime, client))
);

/** The required figures, and those that are only reported. */
export const FIGURES: readonly Figure[] = [
  ...callbacks("1 listener", 1.05),
  ...callbacks("10 listeners"),
  ...callbacks("1000 listeners"),
  { what: "callback, 1000 topics in turn", group: "1000 topics in turn", with: "eventemitter3", atMost: 1.2 },
  { ...iterator, with: "hand-written queue", atMost: 1.25 },
  { ...iterator, with: "hand-written queue behind a two-level Map", atMost: 1.5 },
  { ...iterator, with: "@graphql-yoga/subscription", atLeast: 30 },
  { ...iterator, with: "graphql-subscriptions", atLeast: 5 },
  { ...iterator, with: "node:events on()", atLeast: 1 },
  { ...iterator, with: "emittery", atLeast: 1 },
  { ...iterator, with: "IxJS, AsyncSink" },
  ...["bursts of 64 to 10 iterators", "bursts of 8 to 1000 iterators"].map((group) => {
    return { what: `iterator, ${group}`, group, with: "hand-written queue" };
  }),
  { what: "hot topic of 1,000,000", group: "one hot topic", row: "of 1000000", with: "of 1", atMost: 1.25 },
  {
    what: "an event on one of 1,000,000 topics",
    group: GROUPS.hot,
    row: "of 1000000",
    with: "of 1",
    atMost: 1.25,
  },
  {
    what: "a call of one of 10,000 listeners",
    group: GROUPS.call,
    row: "of 10000",
    with: "of 100",
    atMost: 1.25,
  },
  // It is as flat as a bare array of objects with a callback: see decision 140.
  { what: "a call of one of 10,000 in a bare array", group: GROUPS.array, row: "of 10000", with: "of 100" },
  {
    what: "bytes of one of 1,000,000 topics",
    group: GROUPS.topicBytes,
    row: "of 1000000",
    with: "of 1000",
    atMost: 1.25,
  },
  {
    what: "a call of one of 100,000 listeners",
    group: GROUPS.call,
    row: "of 100000",
    with: "of 100",
  },
  // The bare Map that does the same work: the publisher has a type and an id, and one Map is keyed by both.
  { ...random, with: "bare Map by topic", atMost: 1.5 },
  { ...random, with: "bare Map by id" },
  { ...random, with: "bare two-level Map" },
  {
    ...random,
    what: `${random.what}, known beforehand`,
    group: `${random.group}, known beforehand`,
    with: "bare Map by id",
  },
  { ...fanout, with: "socket.io", atLeast: 4 },
  { ...fanout, with: "bare sockets, one send per event", atLeast: 4 },
  // The bound of a hub: the same frames, serialised once, and nothing else.
  { ...fanout, with: "bare sockets, one send per burst", atLeast: 0.97 },
  { ...fanout, with: "crossws" },
  { ...fanout, with: "nats-core over nats-server" },
  { ...onNode, with: "bare ws on Node, one send per burst", atLeast: 0.95 },
  { ...onNode, with: "bare ws on Node, one send per event" },
  ...["bytes of the heap", "bytes of a hub's process"].map((what) => ({
    what: `${what} of each of 10,000 idle spokes, beyond its socket`,
    group: `${what}, each of 10000 idle sockets`,
    with: "bare sockets",
    sharedBy: 1,
    atMostBytes: 3072,
  })),
  {
    what: "hub to a spoke, single events, median latency",
    group: "latency",
    with: "bare send",
    atMost: 1.15,
  },
  ...spokeToHub(
    "bursts of 512",
    ["bare sockets, one send per burst", "bare sockets, one send per event", "socket.io"],
    { "a spoke": 0.92, "10 spokes": 0.9 },
  ),
  ...spokeToHub(
    "single events",
    ["bare sockets, one send per event", "socket.io"],
    { "a spoke": 0.95, "10 spokes": 0.95 },
  ),
  { ...toWorker, with: "bare worker, one postMessage per event", atLeast: 2.5 },
  { ...toWorker, with: "bare worker, one postMessage per burst", atLeast: 0.9 },
  { ...moved, with: "@alkdev/pubsub, copied", atLeast: 10 },
  { ...moved, with: "bare worker, moved", atLeast: 0.95 },
  { ...moved, with: "bare worker, copied" },
  { ...quic, with: "bare stream, one awaited write per event", atLeast: 3.5 },
  { ...quic, with: "bare stream, one write per burst", atLeast: 0.9 },
  { ...quic, with: "bare stream, one deflated write per burst" },
  { ...storm, with: "bare sockets", atMost: 1.25 },
  { ...storm, with: "socket.io", atLeast: 3 },
  { ...stormCpu, with: "bare sockets", atMost: 1.25 },
  { ...stormCpu, with: "socket.io" },
  { ...added, with: "bare two-level Map" },
  { ...added, with: "eventemitter3" },
  { ...added, with: "native EventTarget", atMost: 1.2 },
  { ...made, with: "hand-written queue behind a two-level Map", atMost: 6 },
  { ...made, with: "@graphql-yoga/subscription", atLeast: 3 },
  { ...operators, with: "@graphql-yoga/subscription", atLeast: 15 },
  { ...operators, with: "async generators", atLeast: 1 },
  { ...operators, with: "IxJS" },
  { ...operators, with: "RxJS" },
  { ...filtered, with: "hand-written queue, filtered and mapped by its reader" },
  { ...filtered, with: "IxJS, AsyncSink" },
  { ...filtered, with: "RxJS, called back" },
  {
    ...filtered,
    what: `${filtered.what}, called back`,
    row: "@alkdev/pubsub, called back by on",
    with: "RxJS, called back",
    atLeast: 0.8,
  },
  step(1, "1 step"),
  step(2, "2 steps"),
  step(6, "6 steps"),
  step(12, "12 steps"),
  // A hand-written step with the same promise for each value. The requirement for one step is lower than its cost.
  { what: "1 step of a pipe", group: "steps over 1000", row: "1 step", with: "1 step by hand" },
  ...redis,
  keptBursts(1, 1, { with: "@alkdev/pubsub, no history", atMost: 1.35 }),
  keptBursts(16, 1, { atLeast: 0.9 }),
  keptBursts(256, 1, { atLeast: 0.9 }),
  keptBursts(16, 10, { atLeast: 0.75 }),
  keptBursts(256, 10, { atLeast: 0.75 }),
  ...throughHubs(300, { atLeast: 0.8 }, { atLeast: 0.8 }),
  ...throughHubs(30, { atLeast: 0.55 }),
  { ...twoHubs, with: "one hub over Redis", atMost: 1.2 },
  { ...twoHubs, with: "one hub" },
  {
    what: "Redis, bytes of each of 10000 topics",
    group: "bytes of 10000 topics of Redis",
    with: "ioredis alone",
    sharedBy: 10_000,
    atMostBytes: 1024,
  },
  { what: "merge of 10", group: "merge of 10 sources of 1000", with: "Repeater.merge", atLeast: 5 },
];
