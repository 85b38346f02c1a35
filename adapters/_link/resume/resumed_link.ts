import type { EventEnvelope, EventTargetStatus } from "../../../core/types.ts";
import type { SessionControl } from "../../_session/parts.ts";
import type { Sender } from "../../_session/sender.ts";
import type { Control, ControlReader } from "../../_wire/frame.ts";
import { readReplayControl } from "../../_wire/history_controls.ts";
import type { Announcer } from "../announcer.ts";
import { Link } from "../link.ts";
import type { LinkOptions, LinkStats } from "../options.ts";
import { ResumedPast } from "./resumed_past.ts";

/** A link whose subscriptions can begin in the past, and continue where they stood after a loss. */
export class ResumedLink extends Link {
  /** Only declared: the constructor of the link connects, before this class could set its fields. */
  declare private resumed: ResumedPast;

  get past(): ResumedPast {
    return this.resumed;
  }

  override stats(): LinkStats {
    const stats = super.stats();
    const { delivered, dropped, replays } = this.resumed;
    const { heard } = stats;
    return {
      ...stats,
      heard: {
        ...heard,
        delivered: heard.delivered + delivered,
        dropped: { ...heard.dropped, replay: dropped },
      },
      replays: { ...replays },
    };
  }

  override onControl(control: SessionControl): boolean {
    // What comes of a replay while the link closes is cut off.
    if (!this.ended && this.resumed.handles(control)) return !this.ended;
    return super.onControl(control);
  }

  protected override prepare({ resume }: LinkOptions): ControlReader {
    const onOutcome = (outcome: object): void => this.setStatus({ ...this.status, ...outcome });
    this.resumed = new ResumedPast(this, this.listeners, onOutcome, resume?.maxUnread ?? 0);
    return readReplayControl;
  }

  protected override createAnnouncer(sender: Sender, isAfterLoss: boolean): Announcer {
    return this.resumed.createAnnouncer(sender, isAfterLoss);
  }

  protected override onAnswer(control: Extract<Control, { kind: "subscribed" }>): void {
    if (!this.ended) this.resumed.onSubscribed(control);
  }

  protected override deliver(envelope: EventEnvelope, arrived: unknown): void {
    const event = this.resumed.take(envelope, arrived);
    if (event !== undefined) super.deliver(event, arrived);
  }

  protected override setStatus(status: EventTargetStatus): void {
    const { gap, ...rest } = status;
    // After a loss, replays can still bring what is missing.
    super.setStatus(gap && this.resumed.isRecovering ? rest : status);
    if (status.state === "open") this.resumed.onOpen();
  }
}
