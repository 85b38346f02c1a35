import type { TypedEvent } from "../../core/types.ts";
import { Hub } from "./hub.ts";
import type { HubParts } from "./hub_parts.ts";
import type { HubEventTarget, HubOptions, SpokeEventTarget } from "./types.ts";

/** Creates a hub without spokes. */
export function createHub<
  TEvent extends TypedEvent,
  TConnection,
  TSpoke extends SpokeEventTarget<TEvent>,
>(
  parts: HubParts<TConnection>,
  options: HubOptions<TConnection, TSpoke>,
): HubEventTarget<TConnection, TEvent, TSpoke> {
  // Casts: the types of events and of spokes exist only in the signature.
  const untyped: unknown = options;
  const hub: unknown = new Hub(parts, untyped as HubOptions<TConnection>);
  return hub as HubEventTarget<TConnection, TEvent, TSpoke>;
}
