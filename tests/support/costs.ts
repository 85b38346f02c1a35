import process from "node:process";
import { settledHeap } from "../../scripts/lib/heap.ts";

/** One round of work. */
export type Work = () => unknown;

const ROUND_MS = 0.5;
/** Of the processor, for each way. */
const WARM_UP_MS = 120;
const MEASURED_MS = 80;

/** The least time of a round of each, in turns. */
export async function ratioOf(works: readonly Work[]): Promise<number> {
  const best = works.map(() => Infinity);
  for (const ms of [WARM_UP_MS, MEASURED_MS]) {
    const end = processorMs() + ms * works.length;
    best.fill(Infinity);
    while (processorMs() < end) {
      for (const [i, work] of works.entries()) {
        const start = performance.now();
        let rounds = 0;
        let time = 0;
        do {
          const returned = work();
          if (returned instanceof Promise) await returned;
          rounds++;
          time = performance.now() - start;
        } while (time < ROUND_MS);
        best[i] = Math.min(best[i] ?? Infinity, time / rounds);
      }
    }
  }
  const [ours = NaN, bare = NaN] = best;
  return ours / bare;
}

/** Machines that are busy give a program little time, and V8 compiles what has run often. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The bytes of the heap that each of many takes. */
export async function bytesOf(count: number, build: () => unknown): Promise<number> {
  const before = await settledHeap();
  const kept = build();
  const bytes = (await settledHeap() - before) / count;
  if (kept === undefined) throw new Error("nothing was kept");
  return Math.round(bytes);
}
