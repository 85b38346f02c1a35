import type { Figure } from "../figures.ts";
import type { Rows } from "./rows.ts";

/** The name of our rows, with which the others are compared. */
export const OURS = "@alkdev/pubsub";

/** The rows of all files of benches in one round. */
export type Round = Readonly<Record<string, Rows>>;

/** The spread of a value over several rounds. */
export interface Summary {
  /** The least. */
  readonly min: number;
  /** The middle value, or the mean of the two middle values. */
  readonly median: number;
  /** The most. */
  readonly max: number;
}

/** A figure with its measured value, which is absent if a row is missing. */
export interface Measured extends Figure, Partial<Summary> {
  /** Whether the median misses the requirement. */
  readonly missed: boolean;
}

/** Rows that could not be measured. */
export interface MissingRows {
  /** The program that is not installed. */
  readonly program: string;
  /** The names of the rows. */
  readonly rows: readonly string[];
}

/** All results, with how and where they were measured. */
export interface Report {
  /** The day. */
  readonly date: string;
  /** The command that wrote it. */
  readonly command: string;
  /** The versions of the runtime. */
  readonly deno: typeof Deno.version;
  /** The processors. */
  readonly cpu: string;
  /** The memory of the machine, in bytes. */
  readonly memory: number;
  /** The operating system. */
  readonly os: string;
  /** The compared packages, with their versions. */
  readonly peers: readonly string[];
  /** The started programs, with their versions. */
  readonly programs: readonly string[];
  /** The rows that are missing because a program is not installed. */
  readonly missing: readonly MissingRows[];
  /** The required and the measured figures. */
  readonly figures: readonly Measured[];
  /** Every row of every round. Files that were measured apart may have another number of rounds. */
  readonly rounds: readonly Round[];
  /** The files that were measured apart from the others, later. */
  readonly later?: Readonly<Record<string, Pick<Report, "date" | "command">>>;
}

/** Returns the values of a row in the rounds that have it. */
export function rowsOf(rounds: readonly Round[], group: string, name: string): number[] {
  return rounds.map((round) => rowIn(round, group, name)).filter((value) => value !== undefined);
}

/** Returns how many times as much a row is as another one, in the rounds that have both. */
export function ratiosOf(rounds: readonly Round[], group: string, name: string, base: string): number[] {
  return pairsOf(rounds, group, name, base).map(([value, other]) => value / other);
}

function pairsOf(rounds: readonly Round[], group: string, name: string, base: string): [number, number][] {
  return rounds.flatMap((round): [number, number][] => {
    const [value, other] = [rowIn(round, group, name), rowIn(round, group, base)];
    return value === undefined || other === undefined ? [] : [[value, other]];
  });
}

function rowIn(round: Round, group: string, name: string): number | undefined {
  for (const rows of Object.values(round)) {
    const value = rows[`${group}: ${name}`];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Compares the two rows of a figure in each round. Without such rows, the figure has no value. */
export function measure(
  figure: Figure,
  rounds: readonly Round[],
  missing: readonly MissingRows[],
): Measured {
  const { group, row = OURS, with: peer, atLeast, atMost = figure.atMostNs ?? figure.atMostBytes } = figure;
  if (missing.some(({ rows }) => rows.includes(row) || rows.includes(peer))) {
    return { ...figure, missed: false };
  }
  const pairs = pairsOf(rounds, group, row, peer);
  if (pairs.length === 0) return { ...figure, missed: false };
  const summary = summaryOf(pairs.map(([own, other]) => {
    if (figure.sharedBy !== undefined) return (own - other) / figure.sharedBy;
    return isSpeed(figure) ? other / own : own / other;
  }));
  const { median } = summary;
  return { ...figure, ...summary, missed: median > (atMost ?? Infinity) || median < (atLeast ?? -Infinity) };
}

/** Whether a figure is how many times as fast a row is, rather than how many times as long it takes. */
export function isSpeed({ group, atMost, sharedBy }: Figure): boolean {
  return atMost === undefined && sharedBy === undefined && !group.startsWith("processor time");
}

/** Returns the spread of a value over several rounds. */
export function summaryOf(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? NaN;
  const last = sorted.length - 1;
  const median = (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2;
  return { min: at(0), median, max: at(last) };
}
