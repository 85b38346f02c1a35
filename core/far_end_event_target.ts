import { BaseEventTarget } from "./base_event_target.ts";
import { assertEvent } from "./envelope.ts";
import { describe } from "./describe.ts";
import { assertEnvelope, topicOfEnvelope } from "./envelope.ts";
import { assertSubscribable, splitTopic } from "./topic.ts";
import type { TypedEvent } from "./types.ts";

/** The common part of event targets with a far end: only envelopes can be sent there, and too many bytes can wait. */
export abstract class FarEndEventTarget extends BaseEventTarget {
  override dispatchEvent(event: TypedEvent): boolean {
    assertEvent(event);
    const { type, detail } = event;
    assertEnvelope(detail, `dispatch ${describe(type)} with`);
    const topic = topicOfEnvelope(detail);
    if (topic !== type) {
      throw new TypeError(`Cannot dispatch ${describe(type)}: its envelope has the topic ${describe(topic)}`);
    }
    this.publish(detail);
    return true;
  }

  /** Events that are published here reach the far end. */
  protected override get isHeardAtOnce(): boolean {
    return false;
  }

  /** Counts and reports an event that was dropped because too many bytes wait. */
  reportDropped(maxBufferedBytes: number, topic: string): void {
    const error = new Error(`Cannot buffer more than ${maxBufferedBytes} bytes: the event was dropped`);
    this.report("backpressure", error, topic, { dropped: ++this.counters.backpressure });
  }

  protected override assertTopic(topic: string): void {
    assertSubscribable(splitTopic(topic));
  }
}
