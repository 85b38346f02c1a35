import { type Figure, QUESTIONS } from "../figures.ts";
import { tablesOf } from "./measured_tables.ts";
import { significant, spread, table } from "./markdown.ts";
import { PLOTS } from "./plots.ts";
import { isSpeed, type Measured, OURS, type Report } from "./report.ts";

/**
 * The page that tells what was measured.
 *
 * @param report What was measured.
 * @returns A Markdown document.
 */
export function performancePage(report: Report): string {
  const { figures, rounds, missing } = report;
  const plots = Object.entries(PLOTS).map(([name, { title }]) => `![${title}](../bench/results/${name}.svg)`);
  const files = Object.entries(QUESTIONS).map(([file, { title, row }]) =>
    [
      `### ${title}`,
      `\`bench/${file}\`. ${row}`,
      ...tablesOf(rounds.map((round) => round[file] ?? {})),
    ].join("\n\n")
  );
  const gone = missing.map(({ program, rows }) =>
    `\`${program}\` was not installed: there are no rows of ${rows.join(", ")}.`
  );
  return [
    "# Performance",
    `<!-- Written by bench/report.ts: change that, and run it again. -->`,
    "A machine's times say little about another one's; ratios of rows of the same run say more, and they are what is held" +
    " to here. What is told is the median of the rounds, and in brackets the least and the most. Every row checks how many" +
    " events arrived: one that loses an event has no figure. A bare control is the least code that does the same work.",
    ...gone,
    "## What is asked",
    figureTable(figures.filter(isAsked)),
    "## Beside others",
    `How many times as fast \`${OURS}\` is for the same. Nothing is asked of these.`,
    figureTable(figures.filter((figure) => !isAsked(figure))),
    "## Plots",
    ...plots,
    "## How it was measured",
    machineTable(report),
    "Each file of benches ran in a process of its own, once a round; every other round went through them the other way" +
    " round. Processes of hubs and of their spokes were on the same machine. Processor time is the hub's own process'," +
    " user and system.",
    "## What was measured",
    ...files,
  ].join("\n\n") + "\n";
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

/**
 * What is asked beside what was measured.
 *
 * @param figures The figures.
 * @returns A Markdown table.
 */
export function figureTable(figures: readonly Measured[]): string {
  const anyAsked = figures.some(isAsked);
  return table(
    ["", "compared with", ...(anyAsked ? ["asked"] : []), "measured", ...(anyAsked ? [""] : [])],
    figures.map((figure) => {
      const { what, with: peer, missed } = figure;
      const verdict = isAsked(figure) ? missed ? "missed" : "met" : "";
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
