import { printable } from "../../core/describe.ts";
import type { FaultDetails } from "../../core/report.ts";

const MAX_NAME_LENGTH = 100;

/** Names the peer of a spoke: its context if that is a text or a number, or the identity that its transport has proved. */
export function peerContext(
  { context, endpointId }: { readonly context: unknown; readonly endpointId: string | undefined },
): FaultDetails {
  const name = typeof context === "string" || typeof context === "number" ? String(context) : endpointId;
  // An address may come from the peer.
  return name === undefined || name === "" ? {} : { peer: printable(name, MAX_NAME_LENGTH) };
}
