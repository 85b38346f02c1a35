import type { ErrorStage, EventEnvelope } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { Control } from "../_wire/frame.ts";
import type { WireEnd } from "../_wire/wire.ts";

/** The peer asks for an answer once everything that it sent before is handled. */
export interface IncomingFlush {
  readonly kind: "flush";
  readonly ref: string;
  readonly answer: () => void;
}

/** What arrives beside events, as far as the session does not handle it. */
export type SessionControl =
  | Exclude<Control, { kind: "ping" | "pong" | "bye" }>
  | IncomingFlush
  /** A frame, or some of its envelopes, could not be read and was skipped. */
  | { readonly kind: "malformed"; readonly error: Error }
  /** A frame was larger than `maxFrameBytes`, and was skipped. */
  | { readonly kind: "oversized" };

/** The event target at this end of a session: a link, or a spoke of a hub. */
export interface SessionHandler {
  /** The wire is open. Events leave once this returns, or once its promise resolves. A rejection ends the session. */
  onOpen(): Promise<void> | void;
  /** An event arrived, with the hubs that its sender claims. Returns whether to read the rest of the frame. */
  onEvent(envelope: EventEnvelope, via: Via | undefined): boolean;
  /** Something else arrived. Returns whether to read the rest of the frame. */
  onControl(control: SessionControl): boolean;
  /**
   * The session has ended: its wire has, or is given up. `lost` events were being sent; `waiting` ones were not, and
   * another session can take them over now.
   */
  onEnd(end: WireEnd, lost: number, waiting: number): void;
  /** The wire has ended or was detached: the runtime's object is not used any more. */
  onReleased(): void;
  /** Asked before each frame that arrives. */
  mayReceive(): boolean;
  /** Asked before each frame that is sent. If not, the handler ends the session. */
  maySend(bytes: number, isControl: boolean): boolean;
  /** Reports a fault that is not the caller's mistake. */
  report(stage: ErrorStage, error: unknown, topic?: string): void;
  /** Counts and reports an event that was dropped because too many bytes wait. */
  reportDropped(maxBufferedBytes: number, topic: string): void;
}
