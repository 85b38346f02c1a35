import { type Figure, QUESTIONS } from "./figures.ts";
import { PLOTS } from "./_plots.ts";
import type { Measured, Report, Summary } from "./_report.ts";
import { summaryOf } from "./_report.ts";

/** Whose rows the others are compared with. */
const OURS = "@alkdev/pubsub";

/**
 * The page that tells what was measured.
 *
 * @param report What was measured.
 * @returns A Markdown document.
 */
export function performancePage(report: Report): string {
  const { date, deno, cpu, os, peers, figures, rounds } = report;
  const plots = Object.entries(PLOTS).map(([name, { title }]) => `![${title}](../bench/results/${name}.svg)`);
  const files = Object.entries(QUESTIONS).map(([file, { title }]) =>
    [`### ${title}`, `\`bench/${file}\``, ...tablesOf(file, report)].join("\n\n")
  );
  return [
    "# Performance",
    `<!-- Written by bench/report.ts: change that, and run it again. -->`,
    `Measured on ${date} by \`deno task bench:report ${rounds.length}\`, with Deno ${deno.deno} (V8 ${deno.v8}) on ${cpu},` +
    ` ${os}. Each file of benches ran ${rounds.length} times, in a process of its own each time. A machine's times say` +
    " little about another one's; ratios of rows of the same run say more, and they are what is held to here. What is told" +
    " is the median of the rounds, and in brackets the least and the most.",
    "Every row checks how many events arrived. A row that loses one has no figure.",
    `Compared with: ${
      peers.map((peer) => `\`${peer}\``).join(", ")
    }. A bare control is the least code that does the` +
    " same work.",
    ...plots,
    "## What is asked",
    figureTable(figures),
    "## What was measured",
    ...files,
  ].join("\n\n") + "\n";
}

/**
 * What is asked beside what was measured.
 *
 * @param figures The figures.
 * @returns A Markdown table.
 */
export function figureTable(figures: readonly Measured[]): string {
  return table(
    ["", "compared with", "asked", "measured", ""],
    figures.map((figure) => {
      const { what, with: peer, missed } = figure;
      const verdict = asked(figure) === "—" ? "" : missed ? "missed" : "met";
      return [
        what,
        peer,
        asked(figure),
        spread(figure, (value) => significant(value) + unitOf(figure)),
        verdict,
      ];
    }),
  );
}

function unitOf({ sharedBy, atMostBytes }: Figure): string {
  if (atMostBytes !== undefined) return " bytes";
  return sharedBy === undefined ? "×" : " ns";
}

function asked({ atMost, atLeast, atMostNs, atMostBytes }: Figure): string {
  if (atMostBytes !== undefined) return `≤ ${atMostBytes} bytes`;
  if (atMostNs !== undefined) return `≤ ${atMostNs} ns`;
  if (atMost !== undefined) return `≤ ${atMost}× its time`;
  return atLeast === undefined ? "—" : `≥ ${atLeast}× faster`;
}

/** A table for each group of rows of a file. */
function tablesOf(file: string, { rounds }: Report): string[] {
  const groups = new Map<string, string[]>();
  for (const key of Object.keys(rounds[0]?.[file] ?? {})) {
    const group = key.slice(0, key.indexOf(": "));
    groups.set(group, [...groups.get(group) ?? [], key]);
  }
  return Array.from(groups, ([group, keys]) => {
    const values = (key: string): number[] => rounds.map((round) => round[file]?.[key] ?? NaN);
    const nameOf = (key: string): string => key.slice(group.length + 2);
    const base = keys.find((key) => nameOf(key) === OURS) ?? keys[0] ?? "";
    const format = group.startsWith("bytes") ? kilobytes : duration;
    const rows = keys.map((key) => {
      const ratios = summaryOf(values(key).map((value, n) => value / (values(base)[n] ?? NaN)));
      return [
        nameOf(key),
        spread(summaryOf(values(key)), format),
        spread(ratios, (value) => `${significant(value)}×`),
      ];
    });
    return table([group, "", `against ${nameOf(base)}`], rows);
  });
}

function kilobytes(bytes: number): string {
  return bytes >= 1000 ? `${significant(bytes / 1000)} KB` : `${Math.round(bytes)} B`;
}

function duration(ns: number): string {
  if (ns >= 1e6) return `${significant(ns / 1e6)} ms`;
  return ns >= 1e3 ? `${significant(ns / 1e3)} µs` : `${significant(ns)} ns`;
}

function spread({ min, median, max }: Summary, format: (value: number) => string): string {
  return min === max ? format(median) : `${format(median)} (${format(min)} … ${format(max)})`;
}

/** Three digits that mean something. */
function significant(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 3 });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
