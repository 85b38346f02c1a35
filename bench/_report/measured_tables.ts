import { significant, spread, table } from "./markdown.ts";
import { OURS, type Summary, summaryOf } from "./report.ts";
import type { Rows } from "./rows.ts";

/** The rows of one group, each with its values in all rounds. */
type Group = ReadonlyMap<string, readonly number[]>;

/** From this number on, groups with the same rows become the rows of one table. */
const MIN_GROUPS_OF_A_MATRIX = 3;

/** Returns the results of one file as Markdown tables. */
export function tablesOf(rounds: readonly Rows[]): string[] {
  const groups = groupsOf(rounds);
  const alike = new Map<string, [string, Group][]>();
  for (const entry of groups) {
    const names = [...entry[1].keys()].join();
    alike.set(names, [...alike.get(names) ?? [], entry]);
  }
  return [...alike.values()].flatMap((entries) =>
    entries.length >= MIN_GROUPS_OF_A_MATRIX
      ? [matrixOf(entries)]
      : entries.map(([title, group]) => tableOf(title, group))
  );
}

function groupsOf(rounds: readonly Rows[]): Map<string, Group> {
  const groups = new Map<string, Map<string, number[]>>();
  for (const key of Object.keys(rounds[0] ?? {})) {
    const end = key.indexOf(": ");
    if (end < 0) throw new Error(`The row "${key}" has no group: name it "group: row"`);
    const title = key.slice(0, end);
    const group = groups.get(title) ?? new Map<string, number[]>();
    groups.set(title, group.set(key.slice(end + 2), rounds.map((round) => round[key] ?? NaN)));
  }
  return groups;
}

/** Returns a group as a table of its rows, compared with our row or with the first one. */
function tableOf(title: string, group: Group): string {
  const base = baseOf(group);
  const format = formatOf(title);
  return table(
    [title, "", `relative to ${base}`],
    Array.from(group, ([name, values]) => {
      const ratios = ratiosOf(group, name, base);
      return [name, spread(summaryOf(values), format), spread(ratios, (value) => `${significant(value)}×`)];
    }),
  );
}

/** Returns groups with the same rows as one table. */
function matrixOf(entries: readonly (readonly [string, Group])[]): string {
  const [[, first] = ["", new Map()]] = entries;
  const names: string[] = [...first.keys()];
  const base = baseOf(first);
  return table(
    [`in brackets: relative to ${base}`, ...names],
    byKind(entries).map(([title, group]) => [
      title,
      ...names.map((name) => {
        const value = formatOf(title)(summaryOf(group.get(name) ?? []).median);
        return name === base ? value : `${value} (${significant(ratiosOf(group, name, base).median)}×)`;
      }),
    ]),
  );
}

/** Groups titles that differ only by numbers, and keeps their order. */
function byKind(entries: readonly (readonly [string, Group])[]): (readonly [string, Group])[] {
  const kinds = Map.groupBy(entries, ([title]) => title.replaceAll(/[\d.]+/g, ""));
  return [...kinds.values()].flat();
}

function baseOf(group: Group): string {
  return group.has(OURS) ? OURS : [...group.keys()][0] ?? "";
}

function ratiosOf(group: Group, name: string, base: string): Summary {
  const others = group.get(base) ?? [];
  return summaryOf((group.get(name) ?? []).map((value, n) => value / (others[n] ?? NaN)));
}

function formatOf(title: string): (value: number) => string {
  return title.startsWith("bytes") ? kilobytes : duration;
}

function kilobytes(bytes: number): string {
  return bytes >= 1000 ? `${significant(bytes / 1000)} KB` : `${Math.round(bytes)} B`;
}

function duration(ns: number): string {
  if (ns >= 1e6) return `${significant(ns / 1e6)} ms`;
  return ns >= 1e3 ? `${significant(ns / 1e3)} µs` : `${significant(ns)} ns`;
}
