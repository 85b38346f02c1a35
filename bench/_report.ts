import type { Figure } from "./figures.ts";
import type { Rows } from "./_rows.ts";

/** What the files of benches gave in one round. */
export type Round = Readonly<Record<string, Rows>>;

/** What several rounds gave. */
export interface Summary {
  /** The least. */
  readonly min: number;
  /** The one in the middle; of an even number, the larger of two. */
  readonly median: number;
  /** The most. */
  readonly max: number;
}

/** A figure with what was measured. */
export interface Measured extends Figure, Summary {
  /** Whether the median is not what is asked. */
  readonly missed: boolean;
}

/** Everything that was measured, and on what. */
export interface Report {
  /** The day. */
  readonly date: string;
  /** The versions of the runtime. */
  readonly deno: typeof Deno.version;
  /** The processor. */
  readonly cpu: string;
  /** The operating system. */
  readonly os: string;
  /** The packages that it is compared with, and their versions. */
  readonly peers: readonly string[];
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
 * Summarises what several rounds gave.
 *
 * @param values One value a round.
 * @returns Their spread.
 */
export function summaryOf(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  return { min: at(0), median: at(Math.floor(sorted.length / 2)), max: at(sorted.length - 1) };
}
