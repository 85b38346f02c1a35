// How fast does a hub bring links up to date that each missed some events, compared with publishing those events to them?
//
// `deno run -A bench/resumed_links.ts [links] [events] [shared]` has the hub in a thread of its own. The time of a replay is
// from the first `__subscribe` to the last `__replayed`: the sockets are open before. Meanwhile, a spoke in a third thread
// hears an event every two milliseconds. With `shared`, all links have the same topic.

import { createPubSub, createWebSocketClientEventTarget } from "../mod.ts";
import { createResume } from "../adapters/history.ts";
import type { ResumedHubTask } from "./_resumed_hub.ts";

const ROUNDS = 7;
const [links = 1000, events = 100] = Deno.args.slice(0, 2).map(Number);
const isShared = Deno.args[2] === "shared";

const hub = new Worker(new URL("./_resumed_hub.ts", import.meta.url), { type: "module" });
const port = Number(await answer());
const neighbour = new Worker(new URL("./_resumed_neighbour.ts", import.meta.url), { type: "module" });
await answer(neighbour);
await ask(port, neighbour);
let gate = Promise.resolve();
let [waiting, recovered, heard] = [0, 0, 0];
const resume = createResume();
const ends = Array.from({ length: links }, (_, i) => {
  const eventTarget = createWebSocketClientEventTarget(async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    waiting++;
    await gate;
    return socket;
  }, {
    resume,
    reconnectDelayMs: 1,
    maxReconnectDelayMs: 1,
    onStatus(status) {
      if (status.recovered) recovered++;
      if (status.gap) throw new Error("A link has missed events");
    },
    onError() {},
  });
  return createPubSub({ eventTarget }).on("news", isShared ? "0" : String(i), () => void heard++);
});
await Promise.all(ends.map(({ replayed }) => replayed));

const [replays, bursts]: [number[], number[]] = [[], []];
const [before, during, stops]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < ROUNDS; round++) {
  let open = (): void => {};
  gate = new Promise((resolve) => open = resolve);
  waiting = recovered = heard = 0;
  await ask({ kind: "close" });
  await until(() => waiting === links);
  await ask({ kind: "publish", links: isShared ? 1 : links, events });
  await pause();
  await ask("late", neighbour);
  await pause();
  before.push(...Object.values(Object(await ask("late", neighbour))).map(Number));
  await ask({ kind: "stop" });
  const begun = performance.now();
  open();
  await until(() => recovered === links && heard === links * events);
  replays.push((performance.now() - begun) / heard);
  stops.push(Number(await ask({ kind: "stop" })));
  during.push(...Object.values(Object(await ask("late", neighbour))).map(Number));
  heard = 0;
  const start = performance.now();
  void ask({ kind: "publish", links: isShared ? 1 : links, events });
  await until(() => heard === links * events);
  bursts.push((performance.now() - start) / heard);
}
const each = `an event to ${links} links, ${events} for each`;
const late = "p99 of the latency of an event to another spoke";
const rows = {
  [`${each}: published live`]: 1e6 * median(bursts),
  [`${each}: replayed after a loss`]: 1e6 * median(replays),
  [`${late}: before the replays`]: 1e6 * p99(before),
  [`${late}: during the replays`]: 1e6 * p99(during),
  "longest stop of the hub: during the replays": 1e6 * median(stops),
};
console.log(JSON.stringify({ rows }));
Deno.exit();

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(0.99 * values.length)] ?? NaN;
}

function answer(of = hub): Promise<unknown> {
  return new Promise((resolve) => of.onmessage = ({ data }) => resolve(data));
}

function ask(task: ResumedHubTask | string | number, of = hub): Promise<unknown> {
  const answered = answer(of);
  of.postMessage(task);
  return answered;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 400));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
