import type { ListenerTable } from "../../core/listener_table.ts";
import type { Past } from "../../core/history_of.ts";
import type { ErrorStage, EventEnvelope, PubSubEventTarget } from "../../core/types.ts";
import type { Via } from "../../core/via.ts";
import type { Sender } from "../_session/sender.ts";
import type { Control, ControlReader } from "../_wire/frame.ts";
import type { ReplayControl, ReplayedControl } from "../_wire/history_controls.ts";
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
  /** Announces topics on a connection, with the places where they begin. */
  createAnnouncer(sender: Sender): Announcer;
  /** The hub has answered for topics. */
  onSubscribed(control: Extract<Control, { kind: "subscribed" }>): void;
  onReplay(control: ReplayControl | ReplayedControl): void;
  /** Events may have been missed upstream. Returns whether the outcome of a recovery will say so. */
  onGap(topics: readonly string[] | undefined): boolean;
  /** The connection is lost, on which topics had been announced. */
  onLoss(): void;
  /** Takes an event that arrived. Returns the event for the listeners, unless it belongs to a replay. */
  take(envelope: EventEnvelope, via: Via | undefined, arrived: unknown): EventEnvelope | undefined;
  /** Whether the outcome of a recovery is still to come. */
  readonly isRecovering: boolean;
  /** Returns the outcome of a recovery, once. */
  takeOutcome(): { readonly recovered: true } | { readonly gap: true } | undefined;
}

/** What a {@linkcode LinkPast} needs of its link. */
export interface LinkPastHost extends Pick<PubSubEventTarget, "listen"> {
  report(stage: ErrorStage, error: unknown, topic?: string): void;
  /** The last replay of a recovery has ended. */
  onRecovery(): void;
}

/** What `createResume` makes. */
export interface ResumeFactory extends Resume {
  createPast(host: LinkPastHost, listeners: ListenerTable): LinkPast;
}
