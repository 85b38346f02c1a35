// Runs every bench in a process of its own, several rounds in turn, and writes what they give: `bench/results/` and
// `docs/performance.md`.
//
// `deno task bench:report [rounds]`, 3 unless told, prints what is asked beside what was measured, and exits with 1 if a
// figure is missed.

import { cpus } from "node:os";
import { installIroh } from "../scripts/install_iroh.ts";
import iroh from "../tests/_iroh/package.json" with { type: "json" };
import { FIGURES, QUESTIONS } from "./figures.ts";
import { figureTable, performancePage } from "./_performance_page.ts";
import { PLOTS, plotSvg } from "./_plots.ts";
import type { Measured, Report, Round } from "./_report.ts";
import { rowOf, summaryOf } from "./_report.ts";

const DEFAULT_ROUNDS = 3;

/** A package with its version, as it is imported from npm or given to it. */
const PACKAGE = /"(?:[^"]*npm:)?((?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+)(?:\/[^"]*)?"/g;

await installIroh();

const rounds: Round[] = [];
const count = Number(Deno.args[0] ?? DEFAULT_ROUNDS);
const files = Object.keys(QUESTIONS);
for (let n = 1; n <= count; n++) {
  const round: Record<string, Round[string]> = {};
  // Every other round the other way round, so that what warms the machine up does not always meet the same ones.
  for (const file of n % 2 === 1 ? files : files.toReversed()) {
    const start = performance.now();
    round[file] = await QUESTIONS[file]?.run(file) ?? {};
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.error(
      `Round ${n} of ${count}: ${file}, ${Object.keys(round).length} of ${files.length} files (${seconds} s)`,
    );
  }
  rounds.push(round);
}

const figures = FIGURES.map((figure): Measured => {
  const { group, row = "@alkdev/pubsub", with: peer, atLeast, sharedBy } = figure;
  const { atMost = figure.atMostNs ?? figure.atMostBytes } = figure;
  const summary = summaryOf(rounds.map((round) => {
    const [own, other] = [rowOf(round, group, row), rowOf(round, group, peer)];
    if (sharedBy !== undefined) return (own - other) / sharedBy;
    return atLeast === undefined ? own / other : other / own;
  }));
  const { median } = summary;
  return { ...figure, ...summary, missed: median > (atMost ?? Infinity) || median < (atLeast ?? -Infinity) };
});

const report: Report = {
  date: new Date().toISOString().slice(0, 10),
  deno: Deno.version,
  cpu: `${navigator.hardwareConcurrency} × ${cpus()[0]?.model}`,
  os: `${Deno.build.target} ${Deno.osRelease()}`,
  peers: await readPeers(),
  figures,
  rounds,
};
const results = new URL("results/", import.meta.url);
await Deno.mkdir(results, { recursive: true });
await Deno.writeTextFile(new URL("report.json", results), JSON.stringify(report, null, 2) + "\n");
for (const [name, plot] of Object.entries(PLOTS)) {
  await Deno.writeTextFile(new URL(`${name}.svg`, results), await plotSvg(plot, rounds));
}
await Deno.writeTextFile(new URL("../docs/performance.md", import.meta.url), performancePage(report));
console.log(figureTable(figures));
Deno.exit(figures.some(({ missed }) => missed) ? 1 : 0);

/** The versions that the benches import or install packages at. */
async function readPeers(): Promise<string[]> {
  const directory = new URL(".", import.meta.url);
  const peers = new Set([`@number0/iroh@${iroh.dependencies["@number0/iroh"]}`]);
  for await (const { name } of Deno.readDir(directory)) {
    // What the plots are drawn with is no peer.
    if (!name.endsWith(".ts") || name === "_plots.ts") continue;
    const source = await Deno.readTextFile(new URL(name, directory));
    for (const [, peer = ""] of source.matchAll(PACKAGE)) peers.add(peer);
  }
  return [...peers].sort();
}
