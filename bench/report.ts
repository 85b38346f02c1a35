// Runs every bench in a process of its own, in several rounds, and writes the results to `bench/results/` and
// `docs/performance.md`.
//
// `deno task bench:report [rounds] [file …]` prints the required figures beside the measured ones, and exits with 1 if a
// figure is missed. The default is 3 rounds. With 0 rounds it runs no bench, and writes the plots and the page again. With
// files, it runs only these benches, and keeps the rows of the others.

import { fileURLToPath } from "node:url";
import { cpus, totalmem } from "node:os";
import { installDebianPackage } from "../scripts/lib/install_debian_package.ts";
import { installIroh } from "../scripts/install_iroh.ts";
import { installRedis } from "../scripts/install_servers.ts";
import { runDeno } from "../scripts/lib/run_deno.ts";
import iroh from "../tests/support/iroh_package/package.json" with { type: "json" };
import { FIGURES, QUESTIONS } from "./figures.ts";
import { figureTable, performancePage } from "./_report/performance_page.ts";
import { PLOTS, plotSvg } from "./_report/plots.ts";
import { missingPrograms, programVersions } from "./_programs.ts";
import { measure, type Report, type Round } from "./_report/report.ts";

const DEFAULT_ROUNDS = 3;

/** A package with its version, as in an import or in a command of npm. */
const PACKAGE = /"(?:[^"]*npm:)?((?:@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+)(?:\/[^"]*)?"/g;

await installIroh();
await installRedis();
for (const { name } of await missingPrograms()) await installDebianPackage(name);
for (const { name, rows } of await missingPrograms()) {
  console.error(`${name} is not installed, so the rows of ${rows.join(", ")} will be missing`);
}

const [rounds = DEFAULT_ROUNDS, ...some] = Deno.args;
const count = Number(rounds);
const results = new URL("results/", import.meta.url);
const reportFile = new URL("report.json", results);
const before: Report | undefined = count === 0 || some.length > 0
  ? JSON.parse(await Deno.readTextFile(reportFile))
  : undefined;
const files = before === undefined ? Object.keys(QUESTIONS) : some;
const now = before !== undefined && count === 0 ? before : await describe(await runRounds());
const report = before === undefined ? now : remeasured(before, now);
await Deno.mkdir(results, { recursive: true });
await Deno.writeTextFile(reportFile, JSON.stringify(report, null, 2) + "\n");
for (const [name, plot] of Object.entries(PLOTS)) {
  await Deno.writeTextFile(
    new URL(`${name}.svg`, results),
    await plotSvg(plot, report.rounds, report.missing),
  );
}
const page = new URL("../docs/performance.md", import.meta.url);
await Deno.writeTextFile(page, performancePage(report));
await runDeno(["fmt", "--quiet", fileURLToPath(page)]);
console.log(figureTable(report.figures));
Deno.exit(report.figures.some(({ missed }) => missed) ? 1 : 0);

async function runRounds(): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let n = 1; n <= count; n++) {
    const round: Record<string, Round[string]> = {};
    // Every other round in reverse order, so that a warming machine does not always affect the same benches.
    for (const file of n % 2 === 1 ? files : files.toReversed()) {
      const start = performance.now();
      round[file] = await QUESTIONS[file]?.run(file) ?? {};
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      const done = `${Object.keys(round).length} of ${files.length} files`;
      console.error(`Round ${n} of ${count}: ${file}, ${done} (${seconds} s)`);
    }
    rounds.push(round);
  }
  return rounds;
}

async function describe(rounds: readonly Round[]): Promise<Report> {
  const missing = (await missingPrograms()).map(({ name, rows }) => ({ program: name, rows }));
  return {
    date: new Date().toISOString().slice(0, 10),
    command: ["deno task bench:report", count, ...some].join(" "),
    deno: Deno.version,
    cpu: `${navigator.hardwareConcurrency} × ${cpus()[0]?.model.trim()}`,
    memory: totalmem(),
    os: `${Deno.build.target}, ${Deno.osRelease()}`,
    peers: await readPeers(),
    programs: await programVersions(),
    missing,
    figures: FIGURES.map((figure) => measure(figure, rounds, missing)),
    rounds,
  };
}

/** An earlier report with the rows of later rounds, compared with the current figures. */
function remeasured(before: Report, now: Report): Report {
  const { missing } = before;
  const { date, command } = now;
  const rounds = Array.from(
    { length: Math.max(before.rounds.length, now.rounds.length) },
    (_, n) => ({ ...without(before.rounds[n] ?? {}, files), ...now.rounds[n] }),
  );
  const figures = FIGURES.map((figure) => measure(figure, rounds, missing));
  const later = { ...before.later, ...Object.fromEntries(files.map((file) => [file, { date, command }])) };
  return { ...before, rounds, figures, later };
}

function without(round: Round, files: readonly string[]): Round {
  return Object.fromEntries(Object.entries(round).filter(([file]) => !files.includes(file)));
}

/** The versions of the packages that the benches import or install. */
async function readPeers(): Promise<string[]> {
  const directory = new URL(".", import.meta.url);
  const peers = new Set([`@number0/iroh@${iroh.dependencies["@number0/iroh"]}`]);
  for await (const { name } of Deno.readDir(directory)) {
    // The packages that draw the plots are not peers.
    if (!name.endsWith(".ts") || name === "draw.ts") continue;
    const source = await Deno.readTextFile(new URL(name, directory));
    for (const [, peer = ""] of source.matchAll(PACKAGE)) peers.add(peer);
  }
  return [...peers].sort();
}
