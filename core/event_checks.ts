import type { DefinedEvents, EventChecks, UnknownTypes } from "./defined_events.ts";
import { describe } from "./describe.ts";

/** The checks of the option `events` of an event target. Throws if `defineEvents` did not make it. */
export function eventChecks(
  events: DefinedEvents | undefined,
  unknownTypes: UnknownTypes,
): EventChecks | undefined {
  assertOneOf("unknownTypes", unknownTypes, ["reject", "pass"]);
  if (events === undefined) return undefined;
  // Cast: defineEvents() makes all of them.
  const checks = events as EventChecks;
  if (typeof checks?.faultOf === "function") return checks;
  throw new TypeError(`Cannot use ${describe(events)} as events: pass what defineEvents() returns`);
}

/** Throws unless the value of an option is one of some texts. */
export function assertOneOf(name: string, value: unknown, texts: readonly string[]): void {
  if (texts.some((text) => text === value)) return;
  const choice = texts.map((text) => `"${text}"`).join(" or ");
  throw new TypeError(`Cannot use ${describe(value)} as ${name}: it must be ${choice}`);
}
