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
  replays.push(1000 * heard / (performance.now() - begun));
  stops.push(Number(await ask({ kind: "stop" })));
  during.push(...Object.values(Object(await ask("late", neighbour))).map(Number));
  heard = 0;
  const start = performance.now();
  void ask({ kind: "publish", links: isShared ? 1 : links, events });
  await until(() => heard === links * events);
  bursts.push(1000 * heard / (performance.now() - start));
}
const rows = {
  [`events/s, replayed to ${links} links that missed ${events} each`]: Math.round(median(replays)),
  [`events/s, published to ${links} links, ${events} each`]: Math.round(median(bursts)),
  "µs late in 99 of 100 cases: an event to another spoke before the replays": Math.round(1000 * p99(before)),
  "µs late in 99 of 100 cases: an event to another spoke during the replays": Math.round(1000 * p99(during)),
  "µs of the longest stop of the hub during the replays": Math.round(1000 * median(stops)),
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
