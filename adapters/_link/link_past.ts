import type { ListenerTable } from "../../core/listener_table.ts";
import type { Past } from "../../core/history_of.ts";
import type {
  EnvelopeListener,
  ErrorStage,
  EventEnvelope,
  EventTargetStatus,
  PubSubEventTarget,
} from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { Sender } from "../_session/sender.ts";
import type { SessionControl } from "../_session/parts.ts";
import type { ControlReader } from "../_wire/frame.ts";
import type { Announcer } from "./announcer.ts";

/**
 * Lets subscriptions of a link begin in the past, and continue where they stood after a loss. `createResume` of
 * `@alkdev/pubsub/history` makes it, and several links can share it.
 */
export interface Resume {
  /** How many events of the past can wait for the reader of a subscription, beside `capacity`. */
  readonly maxUnread: number;
}

/** The past of the subscriptions of one link. A module of its own has the code. */
export interface LinkPast extends Past {
  /** Reads the controls of replays. */
  readonly readControl: ControlReader;
  /** Announces topics on a new connection, with the places where they begin. */
  createAnnouncer(sender: Sender, isAfterLoss: boolean): Announcer;
  /** Handles a control that concerns the past. Returns whether nothing else is to be done. */
  handles(control: SessionControl): boolean;
  /**
   * The hub has refused a topic, before the listeners are notified.
   *
   * @param isAskedAgain Whether the hub will answer a newer request for it.
   */
  onRefused(topic: string, isAskedAgain: boolean): void;
  /** Whether a listener waits for an answer of its own. */
  isWaiting(listener: EnvelopeListener): boolean;
  /** Takes an event that arrived. Returns the event for the listeners, unless replays bring it to them. */
  take(envelope: EventEnvelope, via: Via | undefined, arrived: unknown): EventEnvelope | undefined;
  /** The events of replays that reached a subscription. */
  readonly delivered: number;
  /** Those that nobody waited for any more, and live events that only replays bring. */
  readonly dropped: number;
  /** The replays that have ended: how many brought everything, and how many did not. */
  readonly replays: { readonly whole: number; readonly lost: number };
  /** Whether it will report how a recovery after a loss ends. */
  readonly isRecovering: boolean;
  /** The status is `open`. */
  onOpen(): void;
}

/** The parts of a link that its {@linkcode LinkPast} needs. */
export interface LinkPastHost extends Pick<PubSubEventTarget, "listen" | "status" | "tracing"> {
  report(stage: ErrorStage, error: unknown, topic?: string): void;
}

/** How a recovery ended. */
export type Outcome = Pick<EventTargetStatus, "gap" | "recovered">;

/** The option that `createResume` makes. */
export interface ResumeFactory extends Resume {
  createPast(
    host: LinkPastHost,
    listeners: ListenerTable,
    onOutcome: (outcome: Outcome) => void,
  ): LinkPast;
}
