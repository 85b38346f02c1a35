import type { EventEnvelope } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { SessionControl } from "../_session/parts.ts";
import type { Codec } from "../_wire/codec.ts";
import type { Wire, WireEnd } from "../_wire/wire.ts";
import type { HubBounds } from "./bounds.ts";
import type { SpokeTraffic } from "./hub_counters.ts";

/** The hub of a spoke. */
export interface SpokeHost<TSpoke> {
  /** Handles what spokes send. */
  readonly incoming: {
    onEvent(spoke: TSpoke, envelope: EventEnvelope, via: Via | undefined): void;
    /** An event exceeds the rate of the spoke. */
    onDropped(spoke: TSpoke): void;
    onControl(spoke: TSpoke, control: SessionControl): void;
  };
  /** Knows which connection of a link is the newest. */
  readonly links: { welcome(spoke: TSpoke, payload: unknown): void };
  /** A frame is about to be read. */
  onSpokeFrame(): void;
  /** The connection is open. */
  onSpokeOpen(spoke: TSpoke): void;
  /** The peer reads too slowly. */
  onSpokeSlow(spoke: TSpoke, bufferedBytes: number): void;
  /** The session has ended. */
  onSpokeEnd(spoke: TSpoke, end: WireEnd): void;
  /** The connection has closed, or was detached. */
  onSpokeReleased(spoke: TSpoke): void;
}

/** The parts of a spoke. */
export interface SpokeParts<TConnection> {
  readonly tag: string;
  /** The connection, as the program gave it. */
  readonly connection: TConnection;
  /** The wire over the connection, not started yet. */
  readonly wire: Wire;
  /** The codec of all spokes of the hub. */
  readonly codec: Codec;
  readonly bounds: HubBounds;
  readonly context?: unknown;
  /** The counters of all spokes of the hub. */
  readonly traffic: SpokeTraffic;
}
