// Compares the throughput of the hub program with its live page open in Chromium and closed, in turns:
// `deno run -A tests/long/live_page_load.ts [--spokes 10000] [--rounds 10] [--seconds 5]`. The spokes are in another process.
//
// The processor time of the browser is no work of the hub, and other programs can keep the hub from filling a processor.
// So the verdict is computed from the processor time of the hub alone: what the page takes of each second while nothing is
// published, and what a delivery takes beside that. A hub that fills its processor has
// (1 - share of the page) * (a delivery without the page / a delivery with it) of its throughput left. Prints the ratio by
// time as well, without the share of the browser. Exits with 1 below 0.98.

import { cpus } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { startChild } from "../../scripts/lib/child.ts";
import { eventually } from "../support/eventually.ts";
import { openLivePage, textOf, tile } from "../support/live_page.ts";
import { startProgram } from "../support/program.ts";

const LEAST = 0.98;

/** The clock of /proc, on every Linux. */
const TICKS_A_SECOND = 100;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    spokes: { type: "string", default: "10000" },
    rounds: { type: "string", default: "10" },
    seconds: { type: "string", default: "5" },
  },
});
const spokes = Number(values.spokes);
const seconds = Number(values.seconds);

/** What one turn took. */
interface Turn {
  readonly deliveries: number;
  readonly ms: number;
  /** The processor time of the hub in a second without events. */
  readonly idle: number;
  /** The processor time of the hub and of the browser, in seconds. */
  readonly hub: number;
  readonly browser: number;
}

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

async function measure(): Promise<Turn> {
  const idle = secondsOf(hub.pid);
  await delay(seconds * 1000);
  const before = [secondsOf(hub.pid), secondsOfBrowser()] as const;
  await clients.tell(String(seconds * 1000));
  const { value } = await clients.stdout.next();
  if (value === undefined) throw new Error([...hub.err, (await clients.stderr.next()).value].join("\n"));
  const { deliveries, ms } = JSON.parse(value);
  return {
    deliveries,
    ms,
    idle: (before[0] - idle) / seconds,
    hub: secondsOf(hub.pid) - before[0],
    browser: secondsOfBrowser() - before[1],
  };
}

/** Measures with the page open. Without it, the browser shows nothing. */
async function measureOpen(): Promise<Turn> {
  await browser.value(`location.href = ${JSON.stringify(page)}`);
  await eventually(async () => {
    assertEquals(await browser.value(tile("Spokes")), (spokes + 1).toLocaleString("en"));
    // Its rows are there.
    assertNotEquals(await browser.value(textOf("#topics .count")), "");
  }, { timeoutMs: 60_000 });
  await delay(1000);
  const turn = await measure();
  assertEquals(await browser.value(textOf("#state")), "Live");
  await browser.value('location.href = "about:blank"');
  await delay(1000);
  return turn;
}

function secondsOf(pid: number): number {
  // After the name, which may have spaces.
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** The processor time of all processes of the browser. */
function secondsOfBrowser(): number {
  const parents = new Map<number, number>();
  const browsers = new Set<number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = Deno.readTextFileSync(`/proc/${name}/stat`).split(") ")[1]?.split(" ")[1];
      parents.set(Number(name), Number(parent));
      if (Deno.readTextFileSync(`/proc/${name}/cmdline`).includes("pubsub-chromium-")) {
        browsers.add(Number(name));
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOfBrowser = (pid: number | undefined): boolean =>
    pid !== undefined && (browsers.has(pid) || isOfBrowser(parents.get(pid)));
  return [...parents.keys()].filter(isOfBrowser).reduce((sum, pid) => {
    try {
      return sum + secondsOf(pid);
    } catch {
      return sum;
    }
  }, 0);
}

/** The processor time of a delivery beside that of the page, in microseconds. */
const costOf = ({ deliveries, hub, ms }: Turn, share = 0): number =>
  1e6 * (hub - share * ms / 1000) / deliveries;

/** Deliveries a second, without the share of the time that the browser took of all processors. */
const byTime = ({ deliveries, ms, browser }: Turn): number =>
  deliveries / (ms / 1000 - browser / cpus().length);

function print(name: string, turn: Turn): void {
  const { hub, browser, idle, ms } = turn;
  console.log(
    `${name.padEnd(6)}  ${(100 * idle).toFixed(2)} % of a processor without events; ` +
      `${costOf(turn).toFixed(3)} µs a delivery; ${Math.round(byTime(turn) / 1000)}k deliveries a second; ` +
      `of ${(ms / 1000).toFixed(1)} s: hub ${hub.toFixed(1)}, browser ${browser.toFixed(1)}`,
  );
}

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
};

await using browser = await openLivePage(page);
await browser.value('location.href = "about:blank"');
console.log(`${spokes} spokes, ${spokes + 1} topics`);
await measure();
const shares: number[] = [];
const costs: number[] = [];
const ratiosByTime: number[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  // Each turn with the page stands between two without it.
  const before = await measure();
  const open = await measureOpen();
  const after = await measure();
  for (const turn of [before, open, after]) print(turn === open ? "open" : "closed", turn);
  const share = open.idle - (before.idle + after.idle) / 2;
  shares.push(share);
  costs.push((costOf(before) + costOf(after)) / 2 / costOf(open, share));
  ratiosByTime.push(byTime(open) / ((byTime(before) + byTime(after)) / 2));
}
const ratio = (1 - median(shares)) * median(costs);
const list = (numbers: readonly number[]): string => numbers.map((each) => each.toFixed(3)).join(", ");
console.log(`The share of the page: ${list(shares)}`);
console.log(`A delivery without the page, of one with it: ${list(costs)}`);
console.log(`Throughput by time: ${list(ratiosByTime)}; median ${median(ratiosByTime).toFixed(3)}`);
console.log(`Throughput with the page open, of that with the page closed: ${ratio.toFixed(3)}`);
await browser[Symbol.asyncDispose]();
await hub[Symbol.asyncDispose]();
Deno.exit(ratio >= LEAST ? 0 : 1);
