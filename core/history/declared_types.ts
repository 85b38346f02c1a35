import { describe } from "../describe.ts";
import { topicFault } from "../topic.ts";

/** The event types that a program declares, each with its bounds. Throws a `TypeError` for what cannot be kept. */
export function declaredTypes<TBounds>(types: Readonly<Record<string, TBounds>>): [string, TBounds][] {
  // A Map has no members, and a history has none that are bounds.
  if (Object.prototype.toString.call(types) !== "[object Object]" || "createEventTarget" in types) {
    throw new TypeError(
      `Cannot declare ${describe(types)}: pass event types with their bounds, as in { news: { perId: 100 } }`,
    );
  }
  const declared = Object.entries(types);
  for (const [type, bounds] of declared) {
    const fault = topicFault(type, undefined) ??
      (typeof bounds === "object" && bounds !== null ? undefined : `its bounds are ${describe(bounds)}`);
    if (fault !== undefined) throw new TypeError(`Cannot keep a history of ${describe(type)}: ${fault}`);
  }
  return declared;
}
