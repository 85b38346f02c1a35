import { significant, spread, table } from "./markdown.ts";
import { OURS, type Summary, summaryOf } from "./report.ts";
import type { Rows } from "./rows.ts";

/** The rows of one group: what each gave in every round. */
type Group = ReadonlyMap<string, readonly number[]>;

/** Of so many groups that have the same rows, each is a row of one table. */
const MIN_GROUPS_OF_A_MATRIX = 3;

/**
 * Tells what the rows of one file gave.
 *
 * @param rounds What the file gave in each round.
 * @returns Markdown tables.
 */
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
    const title = key.slice(0, end);
    const group = groups.get(title) ?? new Map<string, number[]>();
    groups.set(title, group.set(key.slice(end + 2), rounds.map((round) => round[key] ?? NaN)));
  }
  return groups;
}

/** A group as a table: its rows, and how they compare with the first or with ours. */
function tableOf(title: string, group: Group): string {
  const base = baseOf(group);
  const format = formatOf(title);
  return table(
    [title, "", `against ${base}`],
    Array.from(group, ([name, values]) => {
      const ratios = ratiosOf(group, name, base);
      return [name, spread(summaryOf(values), format), spread(ratios, (value) => `${significant(value)}×`)];
    }),
  );
}

/** Groups that have the same rows as one table. */
function matrixOf(entries: readonly (readonly [string, Group])[]): string {
  const [[, first] = ["", new Map()]] = entries;
  const names: string[] = [...first.keys()];
  const base = baseOf(first);
  return table(
    [`in brackets: against ${base}`, ...names],
    byKind(entries).map(([title, group]) => [
      title,
      ...names.map((name) => {
        const value = formatOf(title)(summaryOf(group.get(name) ?? []).median);
        return name === base ? value : `${value} (${significant(ratiosOf(group, name, base).median)}×)`;
      }),
    ]),
  );
}

/** What differs by numbers alone comes together, in the order that it has. */
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
