// Measures what an open live page takes of the throughput of the hub program:
// `deno run -A tests/long/live_page_load.ts [--spokes 10000] [--rounds 12] [--seconds 2] [--browser]`. The spokes are in
// another process.
//
// The figure is processor time of the hub for a delivery: with the page closed, and with its connection open. That reads all
// that the page is sent, and shows nothing: a browser shares caches and cores with the hub, which makes everything on the
// machine dearer, with or without a page of the hub. `--browser` measures that as well: with the page in Chromium, and with
// a page in Chromium that is as busy and knows nothing of the hub.
//
// Other programs can keep the hub from filling a processor, so that what the page takes of each second falls on few
// deliveries. So it is measured apart, while nothing is published. A hub that fills its processor has
// (1 - share of the page) * (a delivery without the page / a delivery with it) of its throughput left. All ways take turns, in
// an order that changes. The spread says whether the machine was quiet enough. Exits with 1 if the median is below 0.98.

import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
// @ts-types="../support/ws.d.ts"
import { WebSocket } from "ws";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { startChild } from "../../scripts/lib/child.ts";
import { eventually } from "../support/eventually.ts";
import { openLivePage, type OpenPage, textOf, tile } from "../support/live_page.ts";
import { startProgram } from "../support/program.ts";

const LEAST = 0.98;

/** How many turns are measured before the page is opened or closed again. */
const TURNS = 3;

const CLOSED = "page closed";
const OPEN = "page open";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    spokes: { type: "string", default: "10000" },
    rounds: { type: "string", default: "12" },
    seconds: { type: "string", default: "2" },
    browser: { type: "boolean", default: false },
  },
});
const spokes = Number(values.spokes);
const seconds = Number(values.seconds);

/** A state of the page, which is entered before a turn and left after it. */
type Way = () => Promise<AsyncDisposable>;

await buildLivePage();
await using hub = startProgram(
  "hub/main.ts",
  "--port",
  "0",
  "--live",
  "0",
  "--max-connections",
  String(spokes + 100),
);
await eventually(() => hub.out.some((line) => line.startsWith("Ctrl-C")), { timeoutMs: 30_000 });
const screen = hub.out.join("\n");
const url = screen.match(/at (http:\S+)/)?.[1] ?? "";
const page = screen.match(/page +(http:\S+)/)?.[1] ?? "";
await using clients = startChild(
  "tests/long/live_page_clients.ts",
  [`${url.replace("http", "ws")}/events`, String(spokes)],
  ["-A"],
);
assert((await clients.stdout.next()).value === "connected", "the spokes have not connected");

/** The processor time of the hub in a second without events, in seconds. */
async function measureIdle(): Promise<number> {
  const before = secondsOf(hub.pid);
  await delay(seconds * 1000);
  return (secondsOf(hub.pid) - before) / seconds;
}

/** The processor time of a delivery in microseconds, beside what the page takes of each second. */
async function measureDelivery(share: number): Promise<number> {
  const before = secondsOf(hub.pid);
  await clients.tell(String(seconds * 1000));
  const { value } = await clients.stdout.next();
  if (value === undefined) throw new Error([...hub.err, (await clients.stderr.next()).value].join("\n"));
  const { deliveries, ms } = JSON.parse(value);
  return 1e6 * (secondsOf(hub.pid) - before - share * ms / 1000) / deliveries;
}

/** Measures each way in each round, and returns the figures by way. */
async function takeTurns(
  what: string,
  measure: (name: string) => Promise<number>,
): Promise<Record<string, number[]>> {
  const figures = Object.fromEntries(Object.keys(ways).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    const names = Object.entries(ways);
    for (const [name, enter] of round % 2 === 0 ? names : names.toReversed()) {
      await using _state = await enter();
      // What the change itself takes, and the collections of garbage that it causes.
      await delay(1000);
      await measure(name);
      for (let turn = 0; turn < TURNS; turn++) figures[name]?.push(await measure(name));
    }
  }
  for (const [name, own] of Object.entries(figures)) console.log(`${what}, ${name}: ${spreadOf(own)}`);
  return figures;
}

/** The connection of the page alone. */
async function openConnection(): Promise<AsyncDisposable> {
  const { host, port, searchParams } = new URL(page);
  const cookie = `pubsub-live-${port}=${searchParams.get("token")}`;
  const target = createWebSocketClientEventTarget(
    new WebSocket(`ws://${host}/events`, { headers: { cookie, origin: `http://${host}` } }),
  );
  let rows = 0;
  target.listen("snapshot", undefined, { onEvent() {} });
  target.listen("rows", undefined, { onEvent: () => void rows++ });
  await eventually(() => assertNotEquals(rows, 0), { timeoutMs: 60_000 });
  return target;
}

/** The page in the browser. */
async function openInBrowser(browser: OpenPage): Promise<AsyncDisposable> {
  await browser.value(`location.href = ${JSON.stringify(page)}`);
  await eventually(async () => {
    assertEquals(await browser.value(tile("Spokes")), (spokes + 1).toLocaleString("en"));
    // Its rows are there.
    assertNotEquals(await browser.value(textOf("#topics .count")), "");
  }, { timeoutMs: 60_000 });
  return leaving(browser);
}

/** A page that draws ten thousand rows every few seconds and some numbers each second, and has no connection. */
async function keepBusy(browser: OpenPage): Promise<AsyncDisposable> {
  const draw = `
    const numbers = document.body.appendChild(document.createElement("p"));
    const rows = document.body.appendChild(document.createElement("ol"));
    setInterval(() => { numbers.textContent = Array.from({ length: 200 }, Math.random).join(" "); }, 1000);
    setInterval(() => {
      rows.replaceChildren(...Array.from({ length: 500 }, (_, n) => {
        const row = document.createElement("li");
        row.textContent = Math.random() + " " + n;
        return row;
      }));
    }, 4000);
    0`;
  await browser.value(draw);
  return leaving(browser);
}

function leaving(browser: OpenPage): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await browser.value('location.href = "about:blank"');
      // Until the blank page is there.
      await delay(1000);
    },
  };
}

/** The time that all threads of a process were running. `/proc/PID/stat` counts in steps of 10 ms. */
function secondsOf(pid: number): number {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)];
  return threads.reduce((sum, { name }) => {
    try {
      return sum + Number(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0]) / 1e9;
    } catch {
      // It has ended meanwhile.
      return sum;
    }
  }, 0);
}

/** A part of sorted numbers. */
function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
}

const spreadOf = (numbers: readonly number[]): string =>
  `${quantile(numbers, 0.5).toFixed(3)} (${quantile(numbers, 0.25).toFixed(3)} … ${
    quantile(numbers, 0.75).toFixed(3)
  })`;

const closed: Way = () => Promise.resolve({ [Symbol.asyncDispose]: () => Promise.resolve() });
const ways: Record<string, Way> = { [CLOSED]: closed, [OPEN]: openConnection };
await using browser = values.browser ? await openLivePage(page) : undefined;
if (browser !== undefined) {
  await browser.value('location.href = "about:blank"');
  ways["page in Chromium"] = () => openInBrowser(browser);
  ways["another page in Chromium"] = () => keepBusy(browser);
}
console.log(`${spokes} spokes, ${spokes + 1} topics; medians and quartiles`);
const idle = await takeTurns("processors without events", measureIdle);
const shareOf = (name: string): number => quantile(idle[name] ?? [], 0.5) - quantile(idle[CLOSED] ?? [], 0.5);
await measureDelivery(0);
const costs = await takeTurns("µs a delivery", (name) => measureDelivery(shareOf(name)));
let ratio = NaN;
for (const [name, own] of Object.entries(costs)) {
  if (name === CLOSED) continue;
  const share = shareOf(name);
  const ratios = own.map((cost, round) => (costs[CLOSED]?.[round] ?? NaN) / cost);
  const left = (1 - share) * quantile(ratios, 0.5);
  if (name === OPEN) ratio = left;
  console.log(
    `${name}: share ${share.toFixed(4)}; a delivery without it, of one with it: ${spreadOf(ratios)}`,
  );
  console.log(`${name}: ${left.toFixed(3)} of the throughput with the page closed`);
}
await browser?.[Symbol.asyncDispose]();
await hub[Symbol.asyncDispose]();
Deno.exit(ratio >= LEAST ? 0 : 1);
