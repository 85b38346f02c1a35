import { FarEndEventTarget } from "../../core/far_end_event_target.ts";
import type { Readiness } from "../../core/listener_table.ts";
import { acknowledge, endTopic } from "../../core/topic_answers.ts";
import type { EventEnvelope, EventTargetOptions, EventTargetStatus } from "../../core/types.ts";

/** An event target whose far end is the test: it acknowledges, refuses, delivers and ends on demand. */
export class ManualEventTarget extends FarEndEventTarget {
  /** The messages to the far end, in order. */
  readonly told: string[] = [];
  readonly sent: EventEnvelope[] = [];
  shutdowns = 0;
  /** The promise that `shutdown` returns. */
  drained: Promise<void> = Promise.resolve();

  constructor(options: EventTargetOptions = {}, state: "connecting" | "open" = "open") {
    super("ManualEventTarget", options, state);
  }

  override onFirstListener(topic: string): Readiness {
    this.told.push(`want ${topic}`);
    return "pending";
  }

  override onLastListener(topic: string): void {
    this.told.push(`unwant ${topic}`);
  }

  acknowledge(topic: string): void {
    acknowledge(this.listeners, topic);
  }

  refuse(topic: string, error: Error): boolean {
    return endTopic(this.listeners, topic, error);
  }

  deliver(type: string, id: string, payload: unknown = null): void {
    this.dispatcher.emit({ type, id, payload });
  }

  changeStatus(status: EventTargetStatus): void {
    this.setStatus(status);
  }

  lose(error: Error | undefined, status?: { code: number; reason: string }): void {
    this.end(error, status);
  }

  protected override send(envelope: EventEnvelope): void {
    this.sent.push(envelope);
  }

  protected override shutdown(): Promise<void> {
    this.shutdowns++;
    return this.drained;
  }
}
