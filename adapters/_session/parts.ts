import type { EventEnvelope } from "../../core/types.ts";
import { type Via, viaIn } from "../../core/via.ts";
import type { Control, ControlReader } from "../_wire/frame.ts";
import { readFromHub } from "../_wire/from_hub.ts";
import { readFromSpoke } from "../_wire/from_spoke.ts";
import type { SessionEnd, WireEnd } from "../_wire/wire.ts";
import { DrainPoll } from "./drain_poll.ts";
import { FrameQueue } from "./frame_queue.ts";
import type { SessionGuard } from "./guard.ts";
import { DEFAULT_MAX_FRAME_BYTES, MIN_FRAME_BYTES } from "./options.ts";
import type { OutboxHost, OutboxPeer } from "./outbox.ts";
import { PlainDrainPoll } from "./plain_drain_poll.ts";
import { PlainQueue } from "./plain_queue.ts";
import { Sender, type SenderParts } from "./sender.ts";
import { SpokeSender } from "./spoke_sender.ts";

export type { SessionGuard } from "./guard.ts";

/** The parts that a session is made from. */
export interface SessionParts<TSender extends Sender = Sender> extends SenderParts {
  readonly peer: PeerPolicy<TSender>;
  /** Without one, every frame may pass. */
  readonly guard?: SessionGuard;
  /** Reads controls of kinds that not every end knows. Without it, they are ignored. */
  readonly readMore?: ControlReader | undefined;
}

/** The assumptions of a session about the peer at the other end of its wire. */
export interface PeerPolicy<TSender extends Sender = Sender> extends OutboxPeer {
  /** Creates what sends to the peer. */
  readonly createSender: (
    parts: SenderParts & { readonly guard?: SessionGuard },
    host: OutboxHost,
  ) => TSender;
  /** Reads the controls that it sends. */
  readonly readControl: ControlReader;
  /** Reads the hubs that an event has passed through. A link does so itself, if it must. */
  readonly viaIn?: (value: unknown) => Via | undefined;
}

/** The peer is a hub. */
export const HUB_PEER: PeerPolicy = {
  createSender: (parts, host) => new Sender(parts, host),
  createQueue: (codec, peer) => new PlainQueue(codec, peer),
  createPoll: (window, onLook) => new PlainDrainPoll(window, onLook),
  readControl: readFromHub,
  speaksProtocol: true,
  assumedMaxFrameBytes: MIN_FRAME_BYTES,
  keepsEvents: true,
};

/** The peer is a spoke of a hub. */
export const SPOKE_PEER: PeerPolicy<SpokeSender> = {
  createSender: (parts, host) => new SpokeSender(parts, host),
  createQueue: (codec, peer) => new FrameQueue(codec, peer),
  createPoll: (window, onLook) => new DrainPoll(window, onLook),
  readControl: readFromSpoke,
  viaIn,
  speaksProtocol: false,
  assumedMaxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
  keepsEvents: false,
};

/** A frame costs its sender as much again for each so many elements. */
export const ELEMENTS_PER_TOKEN = 512;

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
