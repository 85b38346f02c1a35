import type { FindFault } from "../../../core/defined_events.ts";
import { eventChecks } from "../../../core/event_checks.ts";
import { topicOf } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { Spoke } from "../spoke.ts";
import type { HubOptions } from "../types.ts";
import { decideEvent, refusedEventError, settled } from "./authorization.ts";
import type { EventRefusal, Refusal } from "./subscribe_request.ts";

/** An answer that a rule gives later. The promise never rejects, and does not keep the event. */
export type LateAnswer = Promise<Refusal | undefined | FindFault>;

type EventRule = (spoke: Spoke, envelope: EventEnvelope) => EventRefusal | undefined | LateAnswer;

/** A decision that depends on an answer that comes later, and then on the rules after it. */
export class LateDecision {
  readonly answer: LateAnswer;
  readonly next: number;

  constructor(answer: LateAnswer, next: number) {
    this.answer = answer;
    this.next = next;
  }
}

/** The options that decide about the events of spokes. */
export type EventRuleOptions = Pick<
  HubOptions<never>,
  "authorize" | "events" | "unknownTypes" | "authorizeEvent"
>;

/**
 * The checks that an event of a spoke must pass, in this order: `authorize` by its type and id, its schema, `authorizeEvent`. Each is
 * asked only if those before it allow the event, so that nobody learns of a schema who may not publish its type.
 */
export class EventRules {
  /** Whether spokes learn which of their events were refused. */
  readonly tellsSpokes: boolean;
  readonly #rules: readonly EventRule[];

  constructor({ authorize, events, unknownTypes = "reject", authorizeEvent }: EventRuleOptions) {
    const checks = eventChecks(events, unknownTypes);
    this.tellsSpokes = events !== undefined || authorizeEvent !== undefined;
    const rules: EventRule[] = [];
    if (authorize !== undefined) rules.push((spoke, envelope) => decideEvent(authorize, spoke, envelope));
    if (checks !== undefined) {
      rules.push((_spoke, envelope) => checks.faultOf(envelope, unknownTypes));
    }
    if (authorizeEvent !== undefined) {
      rules.push((spoke, envelope) => settled(() => authorizeEvent(spoke, envelope)));
    }
    this.#rules = rules;
  }

  /** Decides about an event, by the rules from one on. */
  decide(spoke: Spoke, envelope: EventEnvelope, from = 0): EventRefusal | undefined | LateDecision {
    const rules = this.#rules;
    for (let i = from; i < rules.length; i++) {
      const answer = rules[i]?.(spoke, envelope);
      if (answer instanceof Promise) return new LateDecision(answer, i + 1);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** Continues a decision with the answer that it waited for. */
  resume(
    { next }: LateDecision,
    answer: Refusal | undefined | FindFault,
    spoke: Spoke,
    envelope: EventEnvelope,
  ): EventRefusal | undefined | LateDecision {
    const refusal = typeof answer === "function" ? answer(envelope) : answer;
    return refusal ?? this.decide(spoke, envelope, next);
  }
}

/** Reports an event that was refused, and notifies its publisher if the spokes of the hub learn of that. */
export function refuseEvent(
  rules: EventRules,
  spoke: Spoke,
  envelope: EventEnvelope,
  refusal: EventRefusal,
): void {
  const topic = topicOf(envelope.type, envelope.id);
  if ("toError" in refusal) spoke.faults.report("decode", () => refusal.toError(), topic);
  else spoke.faults.report("publish", () => refusedEventError(topic, refusal), topic);
  if (rules.tellsSpokes || spoke.session.sender.hello?.rejections === true) {
    spoke.rejections.add(topic, refusal, envelope.payload);
  }
}
