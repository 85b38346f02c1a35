import type { FarEndEventTarget } from "../../core/far_end_event_target.ts";
import type { EventEnvelope } from "../../core/types.ts";
import { type Via, viaIn } from "../../core/via.ts";
import type { Codec } from "../_wire/codec.ts";
import type { Control, ControlReader } from "../_wire/frame.ts";
import { readFromHub } from "../_wire/from_hub.ts";
import { readFromSpoke } from "../_wire/from_spoke.ts";
import type { SessionEnd, Wire, WireEnd } from "../_wire/wire.ts";
import { DrainPoll } from "./drain_poll.ts";
import { FrameQueue } from "./frame_queue.ts";
import { DEFAULT_MAX_FRAME_BYTES, MIN_FRAME_BYTES, type SessionOptions } from "./options.ts";
import { PlainDrainPoll } from "./plain_drain_poll.ts";
import { type AssumedPeer, PlainQueue } from "./plain_queue.ts";
import type { SendWindow } from "./send_window.ts";
import type { Traffic } from "./traffic.ts";

/** The parts that a session is made from. */
export interface SessionParts {
  /** The wire, not started yet. */
  readonly wire: Wire;
  readonly codec: Codec;
  readonly bounds: Required<SessionOptions>;
  readonly peer: PeerPolicy;
  /** Reports the faults of the session that are not the caller's mistake. */
  readonly reporter: Pick<FarEndEventTarget, "report" | "reportDropped">;
  /** Counts what is sent and received. */
  readonly traffic: Traffic;
  /** Without one, every frame may pass. */
  readonly guard?: SessionGuard;
  /** Reads controls of kinds that not every end knows. Without it, they are ignored. */
  readonly readMore?: ControlReader | undefined;
}

/** The assumptions of a session about the peer at the other end of its wire. */
export interface PeerPolicy extends AssumedPeer {
  /** Creates the queue of what waits for the peer. */
  readonly createQueue: (codec: Codec, peer: AssumedPeer) => PlainQueue;
  /** Creates what looks at the wire while it is full. */
  readonly createPoll: (window: SendWindow, onLook: () => void) => PlainDrainPoll;
  /** Reads the controls that it sends. */
  readonly readControl: ControlReader;
  /** Reads the hubs that an event has passed through. A link does so itself, if it must. */
  readonly viaIn?: (value: unknown) => Via | undefined;
  /** Whether an event is dropped when too many bytes wait. Otherwise the peer is, once its wire is open. */
  readonly dropsEvents: boolean;
  /** Whether events wait while the wire closes, which would lose them: another wire may take them. */
  readonly keepsEvents: boolean;
}

/** The peer is a hub. */
export const HUB_PEER: PeerPolicy = {
  createQueue: (codec, peer) => new PlainQueue(codec, peer),
  createPoll: (window, onLook) => new PlainDrainPoll(window, onLook),
  readControl: readFromHub,
  speaksProtocol: true,
  assumedMaxFrameBytes: MIN_FRAME_BYTES,
  dropsEvents: true,
  keepsEvents: true,
};

/** The peer is a spoke of a hub. */
export const SPOKE_PEER: PeerPolicy = {
  createQueue: (codec, peer) => new FrameQueue(codec, peer),
  createPoll: (window, onLook) => new DrainPoll(window, onLook),
  readControl: readFromSpoke,
  viaIn,
  speaksProtocol: false,
  assumedMaxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
  dropsEvents: false,
  keepsEvents: false,
};

/** A frame costs its sender as much again for each so many elements. */
export const ELEMENTS_PER_TOKEN = 512;

/** Asked before each frame that is read, and when much waits to leave. */
export interface SessionGuard {
  /**
   * Whether a frame that has arrived is read; asked again for a frame of many elements, once their number is known.
   * Otherwise the guard has ended the session.
   */
  mayReceive(elements: number): boolean;
  /** A frame of that size has been read, or could not be decoded. Signs of life count as nothing. */
  onRead?(size: number): void;
  /** The peer has answered something that it was asked. */
  onAnswer?(): void;
  /** The cost of what can wait in an open session without a call of `onBacklog`, in bytes. */
  readonly toleratedBytes: number;
  /** More than that may wait since an envelope was added, which is a control or an event. */
  onBacklog(isControl: boolean): void;
}

/** The event target at this end of a session: a link, or a spoke of a hub. */
export interface SessionHandler {
  /** The wire is open. Events leave once this returns, or once its promise resolves. A rejection ends the session. */
  onOpen(): Promise<void> | void;
  /** Events leave and the peer has said hello. Called again if the peer says another one. */
  onReady?(): void;
  /**
   * An event arrived, with the hubs that its sender claims, and the unchecked value that it was read from. Returns whether
   * to read the rest of the frame.
   */
  onEvent(envelope: EventEnvelope, via: Via | undefined, arrived: unknown): boolean;
  /** Something else arrived. Returns whether to read the rest of the frame. */
  onControl(control: SessionControl): boolean;
  /**
   * The session has ended: its wire has, or is given up. `lost` events were being sent; `waiting` ones were not, and
   * another session can take them over now.
   */
  onEnd(end: SessionEnd, lost: number, waiting: number): void;
  /** The wire has ended or was detached: the runtime's object is not used any more. */
  onReleased?(end: WireEnd): void;
}

/** The controls that arrive beside events, as far as the session does not handle them. */
export type SessionControl =
  | Exclude<Control, { kind: "ping" | "pong" | "bye" }>
  | IncomingFlush
  /** A frame, or some of its envelopes, could not be read and was skipped. */
  | { readonly kind: "malformed"; readonly error: Error }
  /** A frame was larger than `maxFrameBytes`, and was skipped. */
  | { readonly kind: "oversized" };

/** The peer asks for an answer once everything that it sent before is handled. */
export interface IncomingFlush {
  readonly kind: "flush";
  readonly ref: string;
  readonly answer: () => void;
}
