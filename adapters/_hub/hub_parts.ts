import type { Transport } from "../_wire/codec.ts";

/** The parts of a hub, apart from its options. */
export interface HubParts<TConnection> extends Transport<TConnection> {
  /** The tag of the hub. */
  readonly tag: string;
  /** The tag of its spokes. */
  readonly spokeTag: string;
  /**
   * Whether a peer belongs to this hub alone, as a worker does. Such a spoke is sent every event until it is open, and
   * its subscriptions are known. It never turns to another hub, so that a stall of this process means nothing.
   */
  readonly exclusive?: boolean;
}
