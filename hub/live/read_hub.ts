import { hostname } from "node:os";
import { VERSION } from "../version.ts";
import type { Counts, HubRow } from "./events.ts";
import type { ShownHub } from "./observed.ts";

/** Reads the numbers of a hub: those of `stats()` by their paths, and those that the program counts itself. */
export function readHub({ hub, bus, url, observed }: Omit<ShownHub, "neighbours">): HubRow {
  const { types: _, ...ofBus } = bus.stats();
  return {
    id: observed.id,
    name: `${hostname()}:${new URL(url).port}`,
    version: VERSION,
    startedAt: observed.startedAt,
    at: Date.now(),
    isReady: hub.accepts() && hub.status.degraded !== true,
    counts: {
      ...numbersOf(hub.stats()),
      ...numbersOf(ofBus, "bus."),
      "spokes.slow": observed.slow,
      "requests.unauthenticated": observed.unauthenticated,
    },
  };
}

/** The longest name in a path, in characters: peers choose the event types. Longer ones that begin the same are counted together. */
const MAX_NAME_LENGTH = 200;

/** The numbers of an object and of those in it, by their paths. */
function numbersOf(value: object, path = "", found: Record<string, number> = {}): Counts {
  for (const [name, member] of Object.entries(value)) {
    const place = path + name.slice(0, MAX_NAME_LENGTH);
    if (typeof member === "number") found[place] = (found[place] ?? 0) + member;
    else if (typeof member === "object" && member !== null) numbersOf(member, `${place}.`, found);
  }
  return found;
}
