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
  const files = Object.entries(QUESTIONS).map(([file, { title, row }]) =>
    [
      `### ${title}`,
      `\`bench/${file}\`. ${row}${laterText(later?.[file])}`,
      ...tablesOf(rounds.map((round) => round[file]).filter((rows) => rows !== undefined)),
    ].join("\n\n")
  );
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
    "Each file of benches ran in a process of its own, once a round, and in reverse order in every other round. The" +
    " processes of hubs and of their spokes ran on the same machine. Processor time is the user and system time of the" +
    " process of the hub.",
    "## Results",
    ...files,
  ].join("\n\n") + "\n";
}

function laterText(later: Pick<Report, "date" | "command"> | undefined): string {
  return later === undefined ? "" : ` Measured apart: \`${later.command}\`, ${later.date}.`;
}

function machineTable({ date, command, deno, cpu, memory, os, peers, programs, rounds }: Report): string {
  return table(["", ""], [
    ["Command", `\`${command}\``],
    ["Date", date],
    ["Rounds", String(rounds.length)],
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
