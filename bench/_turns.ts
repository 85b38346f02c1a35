import process from "node:process";
import { randomFrom, shuffled } from "../scripts/lib/random.ts";
import { summaryOf } from "./_report/report.ts";

/** What something took, in nanoseconds. */
export interface Took {
  /** By the clock. */
  readonly time: number;
  /** Of this process' processor time. */
  readonly cpu: number;
}

/** How many turns each way has. */
export interface Turns {
  /** How many are measured. */
  readonly rounds: number;
  /** How many come before those. */
  readonly warmUpRounds: number;
  /** What is done before each turn, outside of what is measured. */
  readonly prepare?: () => unknown;
}

/**
 * Measures ways to do the same. Each round goes each way once, so that whatever else the machine does meets all of
 * them, in an order of its own: in a fixed one, each would always pay for the same other one's garbage.
 *
 * @param ways What is done once, by the names of the ways, as `measureTurn()` takes it.
 * @param turns How often.
 * @returns What each way took, in the same order.
 */
export async function takeTurns(
  ways: Readonly<Record<string, () => Promise<unknown>>>,
  { rounds, warmUpRounds, prepare = () => {} }: Turns,
): Promise<Map<string, Took>> {
  const random = randomFrom(1);
  const measured = Object.entries(ways).map(([name, go]) => ({ name, go, turns: [] as Took[] }));
  for (let round = -warmUpRounds; round < rounds; round++) {
    for (const { go, turns } of shuffled(measured, random)) {
      await prepare();
      const took = await measureTurn(go);
      if (round >= 0) turns.push(took);
    }
  }
  return new Map(measured.map(({ name, turns }) => [name, medianOf(turns)]));
}

/**
 * Measures one turn.
 *
 * @param go What is done. A number that it resolves with is when it was over, by `performance.now()`: what else is to
 * be done in the same turn of the event loop can come before those who wait for a promise.
 * @returns What it took.
 */
export async function measureTurn(go: () => Promise<unknown>): Promise<Took> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = await go();
  const time = (typeof end === "number" ? end : performance.now()) - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { time: time * 1e6, cpu: (user + system) * 1e3 };
}

/**
 * Summarises turns.
 *
 * @param turns What each took.
 * @returns The medians.
 */
export function medianOf(turns: readonly Took[]): Took {
  const median = (of: keyof Took): number => summaryOf(turns.map((took) => took[of])).median;
  return { time: median("time"), cpu: median("cpu") };
}
