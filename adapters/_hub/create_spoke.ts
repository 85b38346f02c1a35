import type { EventTargetOptions } from "../../core/types.ts";
import { AuthenticatingWire } from "./authenticating_wire.ts";
import type { HubParts } from "./hub_parts.ts";
import { Spoke } from "./spoke.ts";
import type { SpokeHost, SpokeParts } from "./spoke_parts.ts";
import type { HubOptions } from "./types.ts";

/** Shared, since each empty object takes 56 bytes. */
const NO_OPTIONS: EventTargetOptions = {};

/** Creates the spoke of a connection, which is not started yet. */
export function createSpoke<TConnection>(
  { spokeTag: tag, codec, toWire }: HubParts<TConnection>,
  { onError, tracing, authenticate }: HubOptions<TConnection>,
  { connection, context, bounds, traffic, host }:
    & Pick<SpokeParts<TConnection>, "connection" | "context" | "bounds" | "traffic">
    & { readonly host: SpokeHost<Spoke> },
): Spoke<TConnection> {
  const bare = toWire(connection);
  const gate = authenticate && new AuthenticatingWire(bare, codec, bounds, () => spoke, authenticate);
  const spoke: Spoke<TConnection> = new Spoke(
    { tag, connection, wire: gate ?? bare, codec, bounds, context, traffic },
    onError === undefined && tracing === undefined
      ? NO_OPTIONS
      : { ...(onError && { onError }), ...(tracing && { tracing }) },
    host,
  );
  return spoke;
}
