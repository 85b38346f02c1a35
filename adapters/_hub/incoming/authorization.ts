import { describe } from "../../../core/describe.ts";
import { topicOfEnvelope } from "../../../core/envelope.ts";
import { EVERY_TOPIC, splitTopic, subscriptionFault, type Topic } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { POLICY_VIOLATION } from "../../_wire/close_codes.ts";
import type { Spoke } from "../spoke.ts";
import type { Authorize } from "../types.ts";
import type { Refusal, Refusals } from "./subscribe_request.ts";

export const NO_REFUSALS: Refusals = new Map();

const NOT_AUTHORIZED: Refusal = { reason: "not authorized" };

/** Decides whether a spoke may publish an event. The promise never rejects. */
export function decideEvent(
  authorize: Authorize | undefined,
  spoke: Spoke,
  envelope: EventEnvelope,
): Refusals | Promise<Refusals> {
  if (authorize === undefined) return NO_REFUSALS;
  const refusal = decide(authorize, spoke, "publish", envelope);
  return refusal instanceof Promise
    ? refusal.then((late) => refusalsOf(envelope, late))
    : refusalsOf(envelope, refusal);
}

/** Decides which topics a spoke may subscribe to. Drops a spoke that asks for too many, and returns `undefined`. */
export function decideTopics(
  authorize: Authorize | undefined,
  spoke: Spoke,
  topics: readonly string[],
): Refusals | Promise<Refusals> | undefined {
  const { maxTopicsPerConnection } = spoke.bounds;
  const refused = new Map<string, Refusal>();
  const valid = new Set<string>();
  // Invalid topics count too: a spoke could send them, and be answered, without end.
  let left = maxTopicsPerConnection - spoke.topics.size - (spoke.pending?.topics ?? 0);
  for (const topic of topics) {
    const fault = valid.has(topic) ? undefined : subscriptionFault(splitTopic(topic));
    if (!valid.has(topic) && !spoke.topics.has(topic) && --left < 0) {
      spoke.drop(POLICY_VIOLATION, `more than ${maxTopicsPerConnection} topics`, "subscribe", topic);
      return undefined;
    }
    if (fault === undefined) valid.add(topic);
    else refused.set(topic, { reason: fault });
  }
  if (authorize === undefined) return refused;
  const pending: Promise<void>[] = [];
  for (const topic of valid) {
    const note = (refusal: Refusal | undefined): void => {
      if (refusal !== undefined) refused.set(topic, refusal);
    };
    const refusal = decide(authorize, spoke, "subscribe", splitTopic(topic));
    if (refusal instanceof Promise) pending.push(refusal.then(note));
    else note(refusal);
  }
  return pending.length === 0 ? refused : Promise.all(pending).then(() => refused);
}

/** Asks the program. Anything but exactly `true` refuses. */
function decide(
  authorize: Authorize,
  spoke: Spoke,
  action: "subscribe" | "publish",
  { type, id }: Topic,
): Refusal | undefined | Promise<Refusal | undefined> {
  const isEvery = type === EVERY_TOPIC && id === undefined;
  try {
    const answer: unknown = authorize({ spoke, action, type: isEvery ? undefined : type, id });
    // An object that is not a promise resolves to itself, which is not `true` either.
    if (typeof answer !== "object" || answer === null) return refusalOf(answer);
    return Promise.resolve(answer).then(refusalOf, refusalFor);
  } catch (cause) {
    return refusalFor(cause);
  }
}

/** Reports a refused request once, with the topic that `authorize` threw at if there is one. */
export function reportRefusals(spoke: Spoke, action: "subscribe" | "publish", refused: Refusals): void {
  const [first] = refused;
  if (first === undefined) return;
  const [topic, { reason, cause }] = [...refused].find(([, { cause }]) => cause !== undefined) ?? first;
  const more = refused.size === 1 ? "" : ` and ${refused.size - 1} more topics`;
  const what = action === "publish" ? "publish an event of a spoke on" : "subscribe a spoke to";
  const message = `Cannot ${what} ${describe(topic)}${more}: ${reason}`;
  const error = new TypeError(message, cause === undefined ? {} : { cause });
  spoke.report(action, error, topic);
}

function refusalOf(answer: unknown): Refusal | undefined {
  return answer === true ? undefined : NOT_AUTHORIZED;
}

function refusalFor(cause: unknown): Refusal {
  return { ...NOT_AUTHORIZED, cause };
}

function refusalsOf(envelope: EventEnvelope, refusal: Refusal | undefined): Refusals {
  return refusal === undefined ? NO_REFUSALS : new Map([[topicOfEnvelope(envelope), refusal]]);
}
