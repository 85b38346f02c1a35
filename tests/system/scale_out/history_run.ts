import { setTimeout as delay } from "node:timers/promises";
import { randomFrom, shuffled } from "../../../scripts/lib/random.ts";
import type { Accounts } from "./accounts.ts";
import { type HistoryFault, HistoryFleet } from "./history_fleet.ts";

/** The longest time without a fault, in milliseconds. */
const MAX_REST_MS = 700;

/** Plans rounds that each have all faults in a random order. The same seed gives the same plan. */
function planHistoryFaults(seed: number, rounds: number): readonly HistoryFault[] {
  const random = randomFrom(seed);
  const between = (min: number, max: number): number => Math.floor(min + random() * (max - min));
  const planRound = (): HistoryFault[] =>
    shuffled<HistoryFault>([
      // Too short for a heartbeat, and long enough for one.
      { kind: "stop the hub", downMs: between(50, 200) },
      { kind: "stop the hub", downMs: between(3500, 4000) },
      { kind: "black hole", downMs: between(100, 500) },
      { kind: "kill spokes", downMs: between(100, 500), index: between(0, 3) },
      { kind: "stop spokes", downMs: between(1500, 2000), index: between(0, 3) },
      { kind: "cut" },
      // Again before all have recovered.
      { kind: "cut" },
    ], random);
  return Array.from({ length: rounds }, planRound).flat();
}

/** Runs one hub with a history and its spokes. The exit code is 0 if no event is lost and no gap is reported. */
export async function runWithHistory(
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
  interrupted: AbortSignal,
): Promise<number> {
  const random = randomFrom(seed);
  console.log(`Seed ${seed}: --history --seed ${seed} repeats this schedule`);
  await using fleet = await HistoryFleet.start();
  const started = performance.now();
  for (const [number, fault] of planHistoryFaults(seed, rounds).entries()) {
    await delay(random() * MAX_REST_MS, undefined, { signal: interrupted });
    const before = performance.now();
    const { recoveries } = fleet;
    await fleet.strike(fault);
    // Sometimes the next fault comes while links recover.
    if (random() < 0.7) await fleet.settle();
    const seconds = ((performance.now() - before) / 1000).toFixed(1);
    console.log(
      `${String(number + 1).padStart(3)}. ${fault.kind}: after ${seconds} s, ${
        fleet.recoveries - recoveries
      } recoveries`,
    );
  }
  await fleet.settle();
  await fleet.finish();
  const accounts = await fleet.account();
  fleet.problems.push(...accounts.audit(), ...auditHistory(accounts, fleet.counts));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const published = fleet.counts.reduce((sum, count) => sum + count, 0);
  const { spokes, heard, gaps, recoveries, problems } = fleet;
  console.log(
    `\n${spokes} spokes, ${seconds} s: ${published} events published, ${heard} heard, ${problems.length} problems, ${gaps} gaps, ${recoveries} recoveries`,
  );
  for (const problem of problems.slice(0, 20)) console.error(problem);
  if (problems.length + gaps > 0) return 1;
  console.log("Every spoke heard every event of its room once and in order.");
  return 0;
}

/** Returns what does not agree between the numbers of a hub with a history, which was never killed, and what its program knows. */
function auditHistory({ hubs: [hub], links, pairs }: Accounts, counts: readonly number[]): string[] {
  const published = counts.reduce((sum, count) => sum + count, 0);
  const connections = links.reduce((sum, { starts }) => sum + starts.length, 0);
  // An attempt that was cut may not have reached the hub.
  const faults = pairs < connections / 2 ? [`Only ${pairs} of ${connections} connections are known`] : [];
  if (hub?.stats.published.total === published) return faults;
  return [...faults, `The hub has published ${published} events, and counts ${hub?.stats.published.total}`];
}
