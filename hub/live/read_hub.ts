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

/** The numbers of an object and of those in it, by their paths. */
function numbersOf(value: object, path = ""): Counts {
  const found: Record<string, number> = {};
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === "number") found[path + name] = member;
    else if (typeof member === "object" && member !== null) {
      Object.assign(found, numbersOf(member, `${path}${name}.`));
    }
  }
  return found;
}
