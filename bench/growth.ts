// Does an event cost more, and does each topic take more memory, as topics, listeners and spokes grow in number?
//
// `deno run -A --v8-flags=--expose-gc bench/growth.ts`. Each number has a process of its own. The sockets of the hub are
// in memory, so that the rows are the work of the hub alone.

import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketServerEventTarget,
  type WebSocketLike,
  type WebSocketLikeEvent,
} from "../mod.ts";
import { settledHeap } from "../scripts/lib/heap.ts";
import { Arrivals, type Events, ID, STATUS, TYPE } from "./_load.ts";
import { GROUPS, HUB_TOPICS, LISTENERS, MIN_OF_MEMORY, SPOKES, TOPICS } from "./_growth.ts";
import { printRows } from "./_report/rows.ts";
import { measureTurn, medianOf, type Took } from "./_turns.ts";

/** The calls of listeners in one measured round, and the least time of all rounds. */
const CALLS = 10_000;
/** The same where all calls are of one topic: ten events with 10,000 listeners, since the first one finds cold caches. */
const CALLS_OF_ONE = 100_000;
const MEASURED_MS = 1500;

const idOf = (i: number): string => `proj_${String(i).padStart(12, "0")}`;

async function measureTopics(count: number): Promise<Record<string, number>> {
  const arrivals = new Arrivals();
  const newListener = () => () => {
    arrivals.count++;
  };
  const ids = Array.from({ length: count }, (_, i) => idOf(i));
  const before = await settledHeap();
  const eventTarget = createInProcessEventTarget();
  for (const id of ids) eventTarget.listen(TYPE, id, { onEvent: newListener() });
  const bytes = (await settledHeap() - before) / count;
  const { publish } = createPubSub<Events>({ eventTarget });
  const hot = ids[count >> 1] ?? "";
  const published = Array.from({ length: CALLS }, (_, i) => ids[(i * 7_919_993) % count] ?? "");
  const onHot = await timeOf(() => {
    for (let i = 0; i < CALLS; i++) publish(TYPE, hot, STATUS);
    arrivals.check(CALLS);
  });
  const onAll = await timeOf(() => {
    for (const id of published) publish(TYPE, id, STATUS);
    arrivals.check(CALLS);
  });
  const map = new Map(ids.map((id) => [`${TYPE}:${id}`, newListener()]));
  const inMap = await timeOf(() => {
    for (const id of published) map.get(`${TYPE}:${id}`)?.();
    arrivals.check(CALLS);
  });
  return {
    [`${GROUPS.hot}: of ${count}`]: onHot / CALLS,
    [`${GROUPS.all}: of ${count}`]: onAll / CALLS,
    [`${GROUPS.map}: of ${count}`]: inMap / CALLS,
    ...(count >= MIN_OF_MEMORY && { [`${GROUPS.topicBytes}: of ${count}`]: bytes }),
  };
}

async function measureListeners(count: number): Promise<Record<string, number>> {
  const arrivals = new Arrivals();
  const newListener = () => () => {
    arrivals.count++;
  };
  const before = await settledHeap();
  const eventTarget = createInProcessEventTarget();
  for (let i = 0; i < count; i++) eventTarget.listen(TYPE, ID, { onEvent: newListener() });
  const bytes = (await settledHeap() - before) / count;
  const { publish } = createPubSub<Events>({ eventTarget });
  const events = Math.max(1, CALLS_OF_ONE / count);
  const time = await timeOf(() => {
    for (let i = 0; i < events; i++) publish(TYPE, ID, STATUS);
    arrivals.check(events * count);
  });
  const bare = Array.from({ length: count }, () => ({ onEvent: newListener() }));
  const inArray = await timeOf(() => {
    for (let i = 0; i < events; i++) for (const listener of bare) listener.onEvent();
    arrivals.check(events * count);
  });
  return {
    [`${GROUPS.call}: of ${count}`]: time / (events * count),
    [`${GROUPS.array}: of ${count}`]: inArray / (events * count),
    ...(count >= MIN_OF_MEMORY && { [`${GROUPS.listenerBytes}: of ${count}`]: bytes }),
  };
}

async function measureSpokes(count: number): Promise<Record<string, number>> {
  const arrivals = new Arrivals();
  const ids = Array.from({ length: HUB_TOPICS }, (_, i) => idOf(i));
  const before = await settledHeap();
  const hub = createWebSocketServerEventTarget({ maxTopicsPerConnection: HUB_TOPICS });
  const perSpoke = HUB_TOPICS / count;
  for (let i = 0; i < count; i++) {
    const socket = new CountingSocket(arrivals);
    hub.addConnection(socket);
    const topics = ids.slice(i * perSpoke, (i + 1) * perSpoke).map((id) => `${TYPE}:${id}`);
    // A frame holds some thousands of them.
    for (let at = 0; at < topics.length; at += 1000) socket.subscribe(topics.slice(at, at + 1000));
  }
  const bytes = (await settledHeap() - before) / HUB_TOPICS;
  const { publish } = createPubSub<Events>({ eventTarget: hub });
  const published = Array.from({ length: CALLS }, (_, i) => ids[(i * 7_919_993) % HUB_TOPICS] ?? "");
  arrivals.count = 0;
  const time = await timeOf(async () => {
    for (const id of published) {
      publish(TYPE, id, STATUS);
      // Each event alone in its turn: otherwise one spoke would get all events in a few frames.
      await undefined;
    }
    await undefined;
    arrivals.check(CALLS);
  });
  return {
    [`${GROUPS.hub}: of ${count}`]: time / CALLS,
    [`${GROUPS.hubBytes}: of ${count}`]: bytes,
  };
}

/** Runs a function for a while, and returns the median of its processor times in nanoseconds, without the first half. */
async function timeOf(run: () => void | Promise<void>): Promise<number> {
  const turns: Took[] = [];
  for (const end = performance.now() + MEASURED_MS; performance.now() < end || turns.length < 6;) {
    turns.push(await measureTurn(async () => await run()));
  }
  return medianOf(turns.slice(turns.length >> 1)).cpu;
}

/** An open socket without a peer, which counts the frames of single events that are sent to it. */
class CountingSocket implements WebSocketLike {
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  readonly #arrivals: Arrivals;
  #onMessage: (event: WebSocketLikeEvent) => void = () => {};

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
  }

  addEventListener(type: string, listener: (event: WebSocketLikeEvent) => void): void {
    if (type === "message") this.#onMessage = listener;
  }

  removeEventListener(): void {}

  close(): void {}

  send(): void {
    this.#arrivals.count++;
  }

  subscribe(topics: readonly string[]): void {
    this.#onMessage({ data: JSON.stringify({ type: "__subscribe", id: "1", payload: { topics } }) });
  }
}

const measures = { topics: measureTopics, listeners: measureListeners, spokes: measureSpokes } as const;

if (import.meta.main) {
  const counts = { topics: TOPICS, listeners: LISTENERS, spokes: SPOKES };
  const parts = Object.entries(counts).flatMap(([kind, each]) => each.map((count) => [kind, String(count)]));
  await printRows(
    "growth.ts",
    parts,
    (kind, count) => measures[kind as keyof typeof measures](Number(count)),
  );
}
