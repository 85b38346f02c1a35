import { Dispatcher } from "../../core/dispatcher.ts";
import type { ListenerList } from "../../core/listener_list.ts";
import { type ListenerOwner, ListenerTable, type Readiness } from "../../core/listener_table.ts";
import { splitTopic } from "../../core/topic.ts";
import type { EnvelopeListener, ErrorStage, EventEnvelope } from "../../core/types.ts";

/** An event target with listeners, which records the calls of its hooks. */
export class Owner extends EventTarget implements ListenerOwner {
  readonly listeners = new ListenerTable(this);
  readonly dispatcher = new Dispatcher(this, this.listeners);
  /** The topics that were requested and given back, in order. */
  readonly told: string[] = [];
  /** The lists of the requested topics. */
  readonly lists: ListenerList[] = [];
  readonly faults: { stage: ErrorStage; error: unknown; topic: string }[] = [];

  /** @param readiness The result of `onFirstListener`. */
  constructor(readonly readiness: Readiness = "pending") {
    super();
  }

  onFirstListener(topic: string, list: ListenerList): Readiness {
    this.lists.push(list);
    this.told.push(`want ${topic}`);
    return this.readiness;
  }

  onLastListener(topic: string): void {
    this.told.push(`unwant ${topic}`);
  }

  report(stage: ErrorStage, error: unknown, topic: string): void {
    this.faults.push({ stage, error, topic });
  }

  listen(topic: string, listener: EnvelopeListener): () => void {
    return this.listeners.listen(splitTopic(topic), listener);
  }
}

export const ENVELOPE: EventEnvelope = { type: "news", id: "1", payload: null };

export const ignore = { onEvent() {} } satisfies EnvelopeListener;

export function eventOf(type = "news:1", detail: unknown = ENVELOPE): CustomEvent {
  return new CustomEvent(type, { detail });
}
