import process from "node:process";
import { randomFrom, shuffled } from "../scripts/lib/random.ts";
import { summaryOf } from "./_report/report.ts";

/** The times of one turn, in nanoseconds. */
export interface Took {
  /** The time by the clock. */
  readonly time: number;
  /** The processor time of this process. */
  readonly cpu: number;
}

/** The number of turns of each way. */
export interface Turns {
  /** The number of measured turns. */
  readonly rounds: number;
  /** The number of turns before those. */
  readonly warmUpRounds: number;
  /** Runs before each turn, and is not measured. */
  readonly prepare?: () => unknown;
}

/**
 * Measures several ways to do the same work. Each round runs each way once, so that other load on the machine affects
 * all of them. The order is random: in a fixed order, each way would always pay for the garbage of the same other way.
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
 * Measures one turn. `go` may resolve with the time at which it was over, by `performance.now()`: other work of the same
 * turn of the event loop can run before a promise is handled.
 */
export async function measureTurn(go: () => Promise<unknown>): Promise<Took> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const end = await go();
  const time = (typeof end === "number" ? end : performance.now()) - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { time: time * 1e6, cpu: (user + system) * 1e3 };
}

/** Returns the medians of turns. */
export function medianOf(turns: readonly Took[]): Took {
  const median = (of: keyof Took): number => summaryOf(turns.map((took) => took[of])).median;
  return { time: median("time"), cpu: median("cpu") };
}
