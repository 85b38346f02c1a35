import { randomFrom, shuffled } from "../../../scripts/lib/random.ts";

/** What can fail. */
export type Part = "hub" | "Redis" | "spokes";

/** Something that happens to a process. */
export interface Fault {
  readonly part: Part;
  /** Which of them. */
  readonly index: number;
  /** `SIGKILL` ends it, and it is started again; `SIGSTOP` stops it, and it goes on. */
  readonly signal: "SIGKILL" | "SIGSTOP";
  /** For how long it is not there, in milliseconds. */
  readonly downMs: number;
  /** How long all runs undisturbed before, in milliseconds. */
  readonly restMs: number;
}

/** What happens in each round, with the shortest and the longest time that it takes, in milliseconds. */
const KINDS: readonly (Pick<Fault, "part" | "signal"> & { readonly downMs: readonly [number, number] })[] = [
  { part: "hub", signal: "SIGKILL", downMs: [200, 2000] },
  // Too short for anybody to notice.
  { part: "hub", signal: "SIGSTOP", downMs: [50, 200] },
  // So long that its spokes go to another hub.
  { part: "hub", signal: "SIGSTOP", downMs: [5000, 6000] },
  { part: "Redis", signal: "SIGKILL", downMs: [200, 2000] },
  { part: "Redis", signal: "SIGSTOP", downMs: [500, 2000] },
  { part: "spokes", signal: "SIGKILL", downMs: [200, 1000] },
  // So long that the hubs let them go.
  { part: "spokes", signal: "SIGSTOP", downMs: [2000, 4000] },
];

const MAX_REST_MS = 1500;

/** Whether a fault lasts so long that spokes leave a hub that still has something of theirs. */
export function movesSpokes({ part, signal, downMs }: Fault): boolean {
  return part === "hub" && signal === "SIGSTOP" && downMs > 1000;
}

/** Plans rounds of faults, each of which has all of them in an order of its own. The same seed plans the same. */
export function planFaults(
  seed: number,
  rounds: number,
  counts: Readonly<Record<Part, number>>,
): readonly Fault[] {
  const random = randomFrom(seed);
  const between = (min: number, max: number): number => Math.floor(min + random() * (max - min));
  const planRound = (): Fault[] => {
    // The three of hubs hit another one each: a hub that was killed has no spokes for a while.
    const shift = between(0, KINDS.length);
    return shuffled([...KINDS.entries()], random)
      .map(([place, { part, signal, downMs }]) => ({
        part,
        signal,
        index: (shift + place) % counts[part],
        downMs: between(...downMs),
        restMs: between(0, MAX_REST_MS),
      }));
  };
  return Array.from({ length: rounds }, planRound).flat();
}
