import process from "node:process";
import { summaryOf } from "./_report.ts";

/** What a way took: the median of its turns, in nanoseconds. */
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
}

/**
 * Measures ways to do the same. Each round goes each way once, so that whatever else the machine does meets all of
 * them; who goes first changes with each round, since who goes second finds the caches warm.
 *
 * @param ways What is done once, by the names of the ways.
 * @param turns How often.
 * @returns What each way took, in the same order.
 */
export async function takeTurns(
  ways: Readonly<Record<string, () => Promise<unknown>>>,
  { rounds, warmUpRounds }: Turns,
): Promise<Map<string, Took>> {
  const measured = Object.entries(ways).map(([name, go]) => {
    return { name, go, times: [] as number[], cpus: [] as number[] };
  });
  for (let round = -warmUpRounds; round < rounds; round++) {
    const first = (round + warmUpRounds) % measured.length;
    for (const { go, times, cpus } of [...measured.slice(first), ...measured.slice(0, first)]) {
      const cpuBefore = process.cpuUsage();
      const start = performance.now();
      await go();
      const time = performance.now() - start;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (round < 0) continue;
      times.push(time * 1e6);
      cpus.push((user + system) * 1e3);
    }
  }
  return new Map(measured.map(({ name, times, cpus }) => {
    return [name, { time: summaryOf(times).median, cpu: summaryOf(cpus).median }];
  }));
}
