import { type Figure, QUESTIONS } from "../figures.ts";
import { tablesOf } from "./measured_tables.ts";
import { significant, spread, table } from "./markdown.ts";
import { PLOTS } from "./plots.ts";
import { isSpeed, type Measured, OURS, type Report } from "./report.ts";

/** Returns the page on performance, as Markdown. */
export function performancePage(report: Report): string {
  const { figures, rounds, missing, later } = report;
  const plotsOf = (areGrowth: boolean): string[] =>
    Object.entries(PLOTS).flatMap(([name, { title }]) =>
      name.startsWith("growth") === areGrowth ? [`![${title}](../bench/results/${name}.svg)`] : []
    );
  const runs = runsOf(report);
  const files = Object.entries(QUESTIONS).map(([file, { title, row }]) => {
    const tables = tablesOf(rounds.map((round) => round[file]).filter((rows) => rows !== undefined));
    const run = runs.findIndex(({ command }) => command === (later?.[file] ?? report).command) + 1;
    const when = tables.length === 0 ? "Not measured." : `Run ${run}.`;
    return [`### ${title}`, `\`bench/${file}\`. ${row} ${when}`, ...tables].join("\n\n");
  });
  const gone = missing.map(({ program, rows }) =>
    `\`${program}\` was not installed, so the rows of ${rows.join(", ")} are missing.`
  );
  return [
    "# Performance",
    `<!-- Written by bench/report.ts. Change the script, and run it again. -->`,
    "Times on one machine say little about another machine. Ratios of rows of the same run say more, so the requirements are" +
    " ratios. Each figure is the median of the rounds, with the least and the greatest value in brackets. Every row checks" +
    " how many events arrived: a row that loses an event has no figure. A bare control is the least code that does the same" +
    " work without a library.",
    ...gone,
    "## Requirements",
    figureTable(figures.filter(isAsked)),
    "## Comparison",
    `How many times as fast \`${OURS}\` does the same work. There are no requirements for these figures.`,
    figureTable(figures.filter((figure) => !isAsked(figure))),
    "## Plots",
    ...plotsOf(false),
    "## Growth",
    "An event on one topic costs the same among a million topics as alone. A call costs the same for ten thousand listeners" +
    " as for ten; a hundred thousand of them take 15 MB, which is more than the caches of a processor hold. So do events on" +
    " all of many topics, one after the other: their cost grows with that of a bare `Map` by topic. An event of the hub is" +
    " one frame to one spoke, and its spokes take turns.",
    ...plotsOf(true),
    "## How it was measured",
    machineTable(report),
    "Results name the run that they are from. Each run is the last one of its files:",
    table(
      ["Run", "Date", "Rounds", "Files"],
      runs.map((run, i) => [String(i + 1), run.date, run.rounds, run.files]),
    ),
    "Each file of benches ran in a process of its own, once a round, and in reverse order in every other round. The" +
    " processes of hubs and of their spokes ran on the same machine. Processor time is the user and system time of the" +
    " process of the hub.",
    "## Results",
    ...files,
  ].join("\n\n") + "\n";
}

/** A run of `bench/report.ts`, as a row of the page. */
interface Run extends Record<"command" | "date" | "rounds" | "files", string> {}

/** The runs that a report is made of, the first one first. */
function runsOf({ date, command, rounds, later = {} }: Report): Run[] {
  const runs = new Map<string, Run>();
  for (const file of Object.keys(QUESTIONS)) {
    const count = rounds.filter((round) => round[file] !== undefined).length;
    if (count === 0) continue;
    const from = later[file] ?? { date, command };
    const files = runs.get(from.command)?.files;
    const name = `\`${file}\``;
    const run = { ...from, rounds: String(count), files: files === undefined ? name : `${files}, ${name}` };
    runs.set(from.command, run);
  }
  return [...runs.values()].toSorted((a, b) => a.date.localeCompare(b.date));
}

function machineTable({ deno, cpu, memory, os, peers, programs }: Report): string {
  return table(["", ""], [
    ["Command", "`deno task bench:report [rounds] [file …]`"],
    ["Processors", cpu],
    ["Memory", `${Math.round(memory / 2 ** 30)} GiB`],
    ["System", os],
    ["Runtime", `Deno ${deno.deno}, V8 ${deno.v8}`],
    ["Programs", programs.join(", ")],
    ["Packages", peers.map((peer) => `\`${peer}\``).join(", ")],
  ]);
}

/** Returns a Markdown table of the required and the measured figures. */
export function figureTable(figures: readonly Measured[]): string {
  const anyAsked = figures.some(isAsked);
  return table(
    ["", "compared with", ...(anyAsked ? ["required"] : []), "measured", ...(anyAsked ? [""] : [])],
    figures.map((figure) => {
      const { what, with: peer, missed } = figure;
      const verdict = isAsked(figure) && figure.median !== undefined ? missed ? "missed" : "met" : "";
      return [
        what,
        peer,
        ...(anyAsked ? [asked(figure)] : []),
        measured(figure),
        ...(anyAsked ? [verdict] : []),
      ];
    }),
  );
}

function measured(figure: Measured): string {
  const { min, median, max } = figure;
  if (min === undefined || median === undefined || max === undefined) return "not measured";
  return spread({ min, median, max }, significant, unitOf(figure));
}

function isAsked({ atMost, atLeast, atMostNs, atMostBytes }: Figure): boolean {
  return (atMost ?? atLeast ?? atMostNs ?? atMostBytes) !== undefined;
}

function unitOf(figure: Figure): string {
  if (figure.atMostBytes !== undefined) return " bytes";
  if (figure.sharedBy !== undefined) return " ns";
  return isSpeed(figure) ? "× as fast" : "× its time";
}

function asked(figure: Figure): string {
  const { atMost, atMostNs, atMostBytes, atLeast } = figure;
  const most = atMost ?? atMostNs ?? atMostBytes;
  if (most !== undefined) return `≤ ${most}${unitOf(figure)}`;
  return atLeast === undefined ? "" : `≥ ${atLeast}${unitOf(figure)}`;
}
