import { randomFrom, shuffled } from "../../../scripts/lib/random.ts";

/** The parts that can fail. */
export type Part = "hub" | "Redis" | "spokes";

/** A fault of a process. */
export interface Fault {
  readonly part: Part;
  /** The number of the process. */
  readonly index: number;
  /** `SIGKILL` ends the process, which is started again. `SIGSTOP` stops it, and it continues. */
  readonly signal: "SIGKILL" | "SIGSTOP";
  /** How long the process is down, in milliseconds. */
  readonly downMs: number;
  /** How long everything runs undisturbed before, in milliseconds. */
  readonly restMs: number;
}

/** The faults of each round, with the shortest and the longest time in milliseconds. */
const KINDS: readonly (Pick<Fault, "part" | "signal"> & { readonly downMs: readonly [number, number] })[] = [
  { part: "hub", signal: "SIGKILL", downMs: [200, 2000] },
  // Too short for a heartbeat.
  { part: "hub", signal: "SIGSTOP", downMs: [50, 200] },
  // So long that its spokes go to another hub.
  { part: "hub", signal: "SIGSTOP", downMs: [5000, 6000] },
  { part: "Redis", signal: "SIGKILL", downMs: [200, 2000] },
  { part: "Redis", signal: "SIGSTOP", downMs: [500, 2000] },
  { part: "spokes", signal: "SIGKILL", downMs: [200, 1000] },
  // So long that the hubs drop them.
  { part: "spokes", signal: "SIGSTOP", downMs: [2000, 4000] },
];

const MAX_REST_MS = 1500;

/** Whether a fault lasts so long that spokes leave a hub that can still have events of them. */
export function movesSpokes({ part, signal, downMs }: Fault): boolean {
  return part === "hub" && signal === "SIGSTOP" && downMs > 1000;
}

/** Plans rounds that each have all faults in a random order. The same seed gives the same plan. */
export function planFaults(
  seed: number,
  rounds: number,
  counts: Readonly<Record<Part, number>>,
): readonly Fault[] {
  const random = randomFrom(seed);
  const between = (min: number, max: number): number => Math.floor(min + random() * (max - min));
  const planRound = (): Fault[] => {
    // Each of the three faults of hubs hits another hub, since a hub that was killed has no spokes for a while.
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
