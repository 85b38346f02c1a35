// How fast does a hub bring links up to date that each missed some events, compared with publishing those events to them?
//
// `deno run -A bench/resumed_links.ts [links] [events]` has the hub in a thread of its own. The time of a replay is from the
// first `__subscribe` to the last `__replayed`: the sockets are open before.

import { createPubSub, createWebSocketClientEventTarget } from "../mod.ts";
import { createResume } from "../adapters/history.ts";
import type { ResumedHubTask } from "./_resumed_hub.ts";

const ROUNDS = 7;
const [links = 1000, events = 100] = Deno.args.map(Number);

const hub = new Worker(new URL("./_resumed_hub.ts", import.meta.url), { type: "module" });
const port = Number(await answer());
let gate = Promise.resolve();
let [waiting, recovered, heard] = [0, 0, 0];
const resume = createResume();
const stops = Array.from({ length: links }, (_, i) => {
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
  return createPubSub({ eventTarget }).on("news", String(i), () => void heard++);
});
await Promise.all(stops.map(({ replayed }) => replayed));

const [replays, bursts]: [number[], number[]] = [[], []];
for (let round = 0; round < ROUNDS; round++) {
  let open = (): void => {};
  gate = new Promise((resolve) => open = resolve);
  waiting = recovered = heard = 0;
  await ask({ kind: "close" });
  await until(() => waiting === links);
  await ask({ kind: "publish", links, events });
  const before = performance.now();
  open();
  await until(() => recovered === links && heard === links * events);
  replays.push(1000 * heard / (performance.now() - before));
  heard = 0;
  const start = performance.now();
  void ask({ kind: "publish", links, events });
  await until(() => heard === links * events);
  bursts.push(1000 * heard / (performance.now() - start));
}
const rows = {
  [`events/s, replayed to ${links} links that missed ${events} each`]: Math.round(median(replays)),
  [`events/s, published to ${links} links, ${events} each`]: Math.round(median(bursts)),
};
console.log(JSON.stringify({ rows }));
Deno.exit();

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function answer(): Promise<unknown> {
  return new Promise((resolve) => hub.onmessage = ({ data }) => resolve(data));
}

function ask(task: ResumedHubTask): Promise<unknown> {
  const answered = answer();
  hub.postMessage(task);
  return answered;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}
