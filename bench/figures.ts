// Runs every bench in processes of their own, several rounds in turn, and prints what is asked beside what they give.
//
// `deno run -A bench/figures.ts [rounds]` also writes `bench/results/figures.json`, and exits with 1 if a figure is
// missed.

import { cpus } from "node:os";
import { type Rows, runBench, runScript } from "./_rows.ts";

/** How one row compares with another of the same run. */
interface Figure {
  readonly what: string;
  readonly group: string;
  /** The row that is compared. */
  readonly row?: string;
  /** The row that it is compared with. */
  readonly with: string;
  /** The most that its time may be, as a multiple of the other's. */
  readonly atMost?: number;
  /** The least that the other's time has to be, as a multiple of its own. */
  readonly atLeast?: number;
  /** What it adds to the other's time is compared instead, shared among so many. */
  readonly sharedBy?: number;
  /** The most nanoseconds that each of them may add. */
  readonly atMostNs?: number;
}

const RUNNERS: Readonly<Record<string, (file: string) => Promise<Rows>>> = {
  "in_process_callback.ts": runBench,
  "in_process_iterator.ts": runBench,
  "topics.ts": runBench,
  "hub_fanout.ts": runBench,
  "hub_latency.ts": runScript,
  "subscriptions.ts": runBench,
  "operators.ts": runBench,
  "memory.ts": runScript,
};

const callbacks = (group: string): Figure[] => [
  { what: `callback, ${group}`, group, with: "eventemitter3", atMost: 2.5 },
  { what: `callback, ${group}`, group, with: "native EventTarget", atMost: 0.25 },
  { what: `callback, ${group}`, group, with: "bare two-level Map" },
];
const iterator = { what: "iterator, bursts of 512", group: "bursts of 512" };
const random = { what: "random topics of 1,000,000", group: "random ones of 1000000 topics" };
const fanout = { what: "hub to 100 spokes, bursts of 512", group: "bursts of 512 to 100 clients" };
const added = { what: "1000 callbacks added and removed", group: "1000 callbacks added and removed" };
const made = { what: "1000 iterators made and ended", group: "1000 iterators made and ended" };

const operators = { what: "filter and map", group: "filter and map of 1000" };
const step = (count: number, row: string): Figure => ({
  what: `${row} of a pipe, each a value`,
  group: "steps over 1000",
  row,
  with: "the source alone",
  sharedBy: count * 1000,
  atMostNs: 60,
});

const FIGURES: readonly Figure[] = [
  ...callbacks("1 listener"),
  ...callbacks("10 listeners"),
  { ...iterator, with: "hand-written queue behind a two-level Map", atMost: 1.5 },
  { ...iterator, with: "hand-written queue" },
  { ...iterator, with: "@graphql-yoga/subscription", atLeast: 30 },
  { ...iterator, with: "graphql-subscriptions", atLeast: 5 },
  { ...iterator, with: "node:events on()", atLeast: 1 },
  { ...iterator, with: "emittery", atLeast: 1 },
  { what: "hot topic of 1,000,000", group: "one hot topic", row: "of 1000000", with: "of 1", atMost: 1.25 },
  // The bare Map of the same work: who publishes has a type and an id, and one Map is keyed by both together.
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
  { ...fanout, with: "bare sockets, one send per burst" },
  {
    what: "hub to a spoke, single events, median latency",
    group: "latency",
    with: "bare send",
    atMost: 1.15,
  },
  { ...added, with: "bare two-level Map" },
  { ...added, with: "eventemitter3" },
  { ...added, with: "native EventTarget" },
  { ...made, with: "hand-written queue behind a two-level Map" },
  { ...made, with: "@graphql-yoga/subscription" },
  { ...operators, with: "@graphql-yoga/subscription", atLeast: 15 },
  { ...operators, with: "async generators", atLeast: 1 },
  step(1, "1 step"),
  step(2, "2 steps"),
  step(6, "6 steps"),
  step(12, "12 steps"),
  // By hand, with the same promise a value: what is asked of one step is less than that costs.
  { what: "1 step of a pipe", group: "steps over 1000", row: "1 step", with: "1 step by hand" },
  { what: "merge of 10", group: "merge of 10 sources of 1000", with: "Repeater.merge", atLeast: 5 },
];

const rounds = Number(Deno.args[0] ?? 3);
const runs: Record<string, Rows>[] = [];
for (let round = 1; round <= rounds; round++) {
  const run: Record<string, Rows> = {};
  for (const [file, runner] of Object.entries(RUNNERS)) {
    console.error(`Round ${round} of ${rounds}: ${file}`);
    run[file] = await runner(file);
  }
  runs.push(run);
}

const figures = FIGURES.map((figure) => {
  const { group, row = "@alkdev/pubsub", with: peer, atLeast, sharedBy } = figure;
  const { atMost = figure.atMostNs } = figure;
  const ratios = runs.map((run) => {
    const rows = Object.assign({}, ...Object.values(run)) as Rows;
    const [own, other] = [rows[`${group}: ${row}`], rows[`${group}: ${peer}`]];
    if (own === undefined || other === undefined) {
      throw new Error(`There is no row "${row}" or "${peer}" in "${group}"`);
    }
    if (sharedBy !== undefined) return (own - other) / sharedBy;
    return atLeast === undefined ? own / other : other / own;
  }).sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)] ?? NaN;
  const missed = median > (atMost ?? Infinity) || median < (atLeast ?? -Infinity);
  return { ...figure, ratios, median, missed };
});

const asked = ({ atMost, atLeast, atMostNs }: Figure): string => {
  if (atMostNs !== undefined) return `≤ ${atMostNs} ns`;
  if (atMost !== undefined) return `≤ ${atMost}× its time`;
  return atLeast === undefined ? "—" : `≥ ${atLeast}× faster`;
};
const format = (ratio: number): string => ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2);

console.log("| figure | compared with | asked | measured (min … max) | |");
console.log("| --- | --- | --- | --- | --- |");
for (const figure of figures) {
  const { what, with: peer, ratios, median, missed, sharedBy } = figure;
  const unit = sharedBy === undefined ? "×" : " ns";
  const spread = `(${format(ratios[0] ?? NaN)} … ${format(ratios.at(-1) ?? NaN)})`;
  const mark = missed ? "missed" : asked(figure) === "—" ? "" : "ok";
  console.log(`| ${what} | ${peer} | ${asked(figure)} | ${format(median)}${unit} ${spread} | ${mark} |`);
}
console.log("\n| heap | bytes |\n| --- | --- |");
for (const [row, bytes] of Object.entries(runs.at(-1)?.["memory.ts"] ?? {})) {
  console.log(`| ${row} | ${bytes} |`);
}

const results = {
  date: new Date().toISOString().slice(0, 10),
  deno: Deno.version,
  cpu: `${navigator.hardwareConcurrency} × ${cpus()[0]?.model}`,
  os: `${Deno.build.target} ${Deno.osRelease()}`,
  peers: await readPeers(),
  figures,
  runs,
};
const directory = new URL("results/", import.meta.url);
await Deno.mkdir(directory, { recursive: true });
await Deno.writeTextFile(new URL("figures.json", directory), JSON.stringify(results, null, 2) + "\n");
Deno.exit(figures.some(({ missed }) => missed) ? 1 : 0);

/** The versions that the peers are imported at. */
async function readPeers(): Promise<string[]> {
  const source = await Deno.readTextFile(new URL("peers.ts", import.meta.url));
  return Array.from(source.matchAll(/"npm:([^"]+)"/g), ([, peer = ""]) => peer).sort();
}
