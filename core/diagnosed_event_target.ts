import { diagnose } from "./diagnostics.ts";
import { FarEndEventTarget } from "./far_end_event_target.ts";
import type { FaultDetails } from "./report.ts";
import type { ErrorStage, EventTargetStatus } from "./types.ts";

/** The common part of the event targets of servers, which tell how they stand. A page does not load it. */
export abstract class DiagnosedEventTarget extends FarEndEventTarget {
  override report(stage: ErrorStage, error: unknown, topic?: string, more?: FaultDetails): void {
    diagnose(() => ({
      kind: "fault",
      target: this,
      stage,
      error,
      ...(topic !== undefined && { topic }),
      ...more,
    }));
    super.report(stage, error, topic, more);
  }

  protected override setStatus(status: EventTargetStatus): void {
    super.setStatus(status);
    // Not told after the end, as `onStatus` is not called.
    if (this.status === status) diagnose(() => ({ kind: "status", target: this, status }));
  }
}
