import type { Figure } from "../figures.ts";
import type { Rows } from "./rows.ts";

/** Whose rows the others are compared with. */
export const OURS = "@alkdev/pubsub";

/** What the files of benches gave in one round. */
export type Round = Readonly<Record<string, Rows>>;

/** What several rounds gave. */
export interface Summary {
  /** The least. */
  readonly min: number;
  /** The one in the middle; of an even number, between two. */
  readonly median: number;
  /** The most. */
  readonly max: number;
}

/** A figure with what was measured: nothing where a row is missing. */
export interface Measured extends Figure, Partial<Summary> {
  /** Whether the median is not what is asked. */
  readonly missed: boolean;
}

/** Rows that could not be measured. */
export interface MissingRows {
  /** What is not installed. */
  readonly program: string;
  /** The names of the rows. */
  readonly rows: readonly string[];
}

/** Everything that was measured, how, and on what. */
export interface Report {
  /** The day. */
  readonly date: string;
  /** What wrote it. */
  readonly command: string;
  /** The versions of the runtime. */
  readonly deno: typeof Deno.version;
  /** The processors. */
  readonly cpu: string;
  /** The memory of the machine, in bytes. */
  readonly memory: number;
  /** The operating system. */
  readonly os: string;
  /** The packages that it is compared with, and their versions. */
  readonly peers: readonly string[];
  /** The programs that were started, and their versions. */
  readonly programs: readonly string[];
  /** The rows that are missing, since what they take is not installed. */
  readonly missing: readonly MissingRows[];
  /** What is asked, and what was measured. */
  readonly figures: readonly Measured[];
  /** Every row of every round. */
  readonly rounds: readonly Round[];
}

/**
 * What one row gave in one round.
 *
 * @param round The round.
 * @param group The row's group.
 * @param name The row.
 * @returns Its value.
 * @throws {Error} If no file has it.
 */
export function rowOf(round: Round, group: string, name: string): number {
  for (const rows of Object.values(round)) {
    const value = rows[`${group}: ${name}`];
    if (value !== undefined) return value;
  }
  throw new Error(`There is no row "${name}" in "${group}"`);
}

/**
 * Compares the two rows of a figure in each round.
 *
 * @param figure The figure.
 * @param rounds What was measured.
 * @param missing The rows that are missing.
 * @returns The figure with what was measured.
 */
export function measure(
  figure: Figure,
  rounds: readonly Round[],
  missing: readonly MissingRows[],
): Measured {
  const { group, row = OURS, with: peer, atLeast, atMost = figure.atMostNs ?? figure.atMostBytes } = figure;
  if (missing.some(({ rows }) => rows.includes(row) || rows.includes(peer))) {
    return { ...figure, missed: false };
  }
  const summary = summaryOf(rounds.map((round) => {
    const [own, other] = [rowOf(round, group, row), rowOf(round, group, peer)];
    if (figure.sharedBy !== undefined) return (own - other) / figure.sharedBy;
    return isSpeed(figure) ? other / own : own / other;
  }));
  const { median } = summary;
  return { ...figure, ...summary, missed: median > (atMost ?? Infinity) || median < (atLeast ?? -Infinity) };
}

/**
 * Whether a figure says how many times as fast a row is, and not how many times as long it takes.
 *
 * @param figure The figure.
 * @returns Whether it does.
 */
export function isSpeed({ group, atMost, sharedBy }: Figure): boolean {
  return atMost === undefined && sharedBy === undefined && !group.startsWith("processor time");
}

/**
 * Summarises what several rounds gave.
 *
 * @param values One value a round.
 * @returns Their spread.
 */
export function summaryOf(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const last = sorted.length - 1;
  const median = (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2;
  return { min: at(0), median, max: at(last) };
}
