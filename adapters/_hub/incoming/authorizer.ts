import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, splitTopic, subscriptionFault, type Topic } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { POLICY_VIOLATION } from "../../_wire/close_codes.ts";
import type { Spoke } from "../spoke.ts";
import type { Authorize } from "../types.ts";
import { NO_REFUSALS, type Refusal, type Refusals } from "./refusals.ts";

/** Decides what spokes may publish and subscribe to. Its promises never reject. */
export class Authorizer {
  readonly #authorize: Authorize | undefined;
  readonly #maxTopics: number;

  /** @param authorize The program's decision; without it everything is allowed. */
  constructor(authorize: Authorize | undefined, maxTopics: number) {
    this.#authorize = authorize;
    this.#maxTopics = maxTopics;
  }

  /** Decides whether a spoke may publish an event. */
  decideEvent(spoke: Spoke, envelope: EventEnvelope): Refusals | Promise<Refusals> {
    if (this.#authorize === undefined) return NO_REFUSALS;
    const refusal = this.#decide(spoke, "publish", envelope);
    if (refusal === undefined) return NO_REFUSALS;
    return refusal instanceof Promise
      ? refusal.then((late) => refusalsOf(envelope, late))
      : refusalsOf(envelope, refusal);
  }

  /** Decides which topics a spoke may subscribe to. Drops a spoke that asks for too many, and returns `undefined`. */
  decideTopics(spoke: Spoke, topics: readonly string[]): Refusals | Promise<Refusals> | undefined {
    const refused = new Map<string, Refusal>();
    const valid = new Set<string>();
    // Invalid topics count too: a spoke could send them, and be answered, without end.
    let left = this.#maxTopics - spoke.topics.size - (spoke.pending?.topics ?? 0);
    for (const topic of topics) {
      const fault = valid.has(topic) ? undefined : subscriptionFault(splitTopic(topic));
      if (!valid.has(topic) && !spoke.topics.has(topic) && --left < 0) {
        spoke.drop(POLICY_VIOLATION, `more than ${this.#maxTopics} topics`, "subscribe", topic);
        return undefined;
      }
      if (fault === undefined) valid.add(topic);
      else refused.set(topic, { reason: fault });
    }
    if (this.#authorize === undefined) return refused;
    const pending: Promise<void>[] = [];
    for (const topic of valid) {
      const note = (refusal: Refusal | undefined): void => {
        if (refusal !== undefined) refused.set(topic, refusal);
      };
      const refusal = this.#decide(spoke, "subscribe", splitTopic(topic));
      if (refusal instanceof Promise) pending.push(refusal.then(note));
      else note(refusal);
    }
    return pending.length === 0 ? refused : Promise.all(pending).then(() => refused);
  }

  /** Asks the program. Anything but exactly `true` refuses. */
  #decide(
    spoke: Spoke,
    action: "subscribe" | "publish",
    { type, id }: Topic,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const isEvery = type === EVERY_TOPIC && id === undefined;
    try {
      const answer: unknown = this.#authorize?.({ spoke, action, type: isEvery ? undefined : type, id });
      // An object that is not a promise resolves to itself, which is not `true` either.
      if (typeof answer !== "object" || answer === null) return refusalOf(answer);
      return Promise.resolve(answer).then(refusalOf, refusalFor);
    } catch (cause) {
      return refusalFor(cause);
    }
  }
}

const NOT_AUTHORIZED: Refusal = { reason: "not authorized" };

function refusalOf(answer: unknown): Refusal | undefined {
  return answer === true ? undefined : NOT_AUTHORIZED;
}

function refusalFor(cause: unknown): Refusal {
  return { ...NOT_AUTHORIZED, cause };
}

function refusalsOf(envelope: EventEnvelope, refusal: Refusal | undefined): Refusals {
  return refusal === undefined ? NO_REFUSALS : new Map([[topicOfEnvelope(envelope), refusal]]);
}
