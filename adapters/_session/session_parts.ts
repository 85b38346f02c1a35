import type { Codec } from "../_wire/codec.ts";
import type { Wire } from "../_wire/wire.ts";
import type { SessionOptions } from "./options.ts";
import type { PeerPolicy } from "./peer_policy.ts";

/** The parts that a session is made from. */
export interface SessionParts {
  /** The wire, not started yet. */
  readonly wire: Wire;
  readonly codec: Codec;
  readonly bounds: Required<SessionOptions>;
  readonly peer: PeerPolicy;
}
