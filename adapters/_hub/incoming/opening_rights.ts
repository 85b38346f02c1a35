import { topicOfEnvelope } from "../../../core/envelope.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { Spoke } from "../spoke.ts";
import type { Authorize } from "../types.ts";
import { decideTopic } from "./authorization.ts";

/** The most topics whose answers are remembered. */
const MAX_TOPICS = 1000;

/**
 * Which events wait for a spoke that is opening and has not subscribed yet. It says itself when it is open, so that it
 * is sent nothing that `authorize` was not asked about.
 */
export class OpeningRights {
  readonly #authorize: Authorize | undefined;
  readonly #spoke: Spoke;
  /** The answers, by topic. */
  readonly #answers = new Map<string, boolean>();
  #isLateReported = false;

  constructor(authorize: Authorize | undefined, spoke: Spoke) {
    this.#authorize = authorize;
    this.#spoke = spoke;
  }

  /** Whether an event waits for the spoke. One whose answer comes later does not: it would lose its place. */
  allow(envelope: EventEnvelope): boolean {
    if (this.#authorize === undefined) return true;
    const topic = topicOfEnvelope(envelope);
    const known = this.#answers.get(topic);
    if (known !== undefined) return known;
    const refusal = decideTopic(this.#authorize, this.#spoke, envelope);
    if (refusal instanceof Promise) this.#reportLate(topic);
    else if (refusal?.cause !== undefined) this.#spoke.report("subscribe", refusal.cause, topic);
    const isAllowed = refusal === undefined;
    if (this.#answers.size === MAX_TOPICS) this.#answers.clear();
    this.#answers.set(topic, isAllowed);
    return isAllowed;
  }

  /** Asks again about each topic. */
  forget(): void {
    this.#answers.clear();
  }

  #reportLate(topic: string): void {
    if (this.#isLateReported) return;
    this.#isLateReported = true;
    const reason = "authorize answered with a promise, and the spoke has not subscribed yet";
    this.#spoke.report(
      "subscribe",
      new Error(`Cannot keep events for a spoke that is opening: ${reason}`),
      topic,
    );
  }
}
