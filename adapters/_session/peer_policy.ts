import { DEFAULT_MAX_FRAME_BYTES, MIN_FRAME_BYTES } from "./options.ts";

/** What a session assumes of the peer at the other end of its wire. */
export interface PeerPolicy {
  /** Whether the peer reads batches and answers pings even before its hello. A bare client may do neither. */
  readonly speaksProtocol: boolean;
  /** Whether the peer always says hello, so that its limit is unknown until then. A bare client never does. */
  readonly saysHello: boolean;
  /** The largest frame that the peer accepts, as far as it has not said more, in bytes. */
  readonly assumedMaxFrameBytes: number;
  /** Whether an event is dropped when too many bytes wait. Otherwise the peer is, once its wire is open. */
  readonly dropsEvents: boolean;
  /** Whether events wait while the wire closes, which would lose them: another wire may take them. */
  readonly keepsEvents: boolean;
}

/** The peer is a hub. */
export const HUB_PEER: PeerPolicy = {
  speaksProtocol: true,
  saysHello: true,
  assumedMaxFrameBytes: MIN_FRAME_BYTES,
  dropsEvents: true,
  keepsEvents: true,
};

/** The peer is a spoke of a hub. */
export const SPOKE_PEER: PeerPolicy = {
  speaksProtocol: false,
  saysHello: false,
  assumedMaxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
  dropsEvents: false,
  keepsEvents: false,
};
