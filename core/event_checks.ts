import type { DefinedEvents, EventChecks, UnknownTypes } from "./defined_events.ts";
import { describe } from "./describe.ts";

/** The checks of the option `events` of an event target. Throws if `defineEvents` did not make it. */
export function eventChecks(
  events: DefinedEvents | undefined,
  unknownTypes: UnknownTypes,
): EventChecks | undefined {
  if (unknownTypes !== "reject" && unknownTypes !== "pass") {
    throw new TypeError(
      `Cannot use ${describe(unknownTypes)} as unknownTypes: it must be "reject" or "pass"`,
    );
  }
  if (events === undefined) return undefined;
  // Cast: defineEvents() makes all of them.
  const checks = events as EventChecks;
  if (typeof checks?.faultOf === "function") return checks;
  throw new TypeError(`Cannot use ${describe(events)} as events: pass what defineEvents() returns`);
}
