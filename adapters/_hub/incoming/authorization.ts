import { describe } from "../../../core/describe.ts";
import { EVERY_TOPIC, subscriptionFault, type Topic } from "../../../core/topic.ts";
import { TopicSet } from "../../../core/topic_set.ts";
import type { HistoryFrom } from "../../../core/history_source.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { POLICY_VIOLATION } from "../../_wire/close_codes.ts";
import type { Spoke } from "../spoke.ts";
import type { Authorize } from "../types.ts";
import type { Refusal, Refused, SubscribeRequest } from "./subscribe_request.ts";

/** The answer that allows a subscription without the past. */
const LIVE = "live";

const NOT_AUTHORIZED: Refusal = { reason: "not authorized", by: "authorize" };

/** Decides whether a spoke may publish an event. The promise never rejects, and does not keep the event. */
export function decideEvent(
  authorize: Authorize,
  spoke: Spoke,
  envelope: EventEnvelope,
): Refusal | undefined | Promise<Refusal | undefined> {
  return decide(authorize, spoke, "publish", envelope);
}

/** The refusal in what the program answers, or a promise of it that never rejects. */
export function settled(answer: () => unknown): Refusal | undefined | Promise<Refusal | undefined> {
  try {
    return settle(answer());
  } catch (cause) {
    return new ThrownRefusal(cause);
  }
}

/**
 * Decides which topics a spoke may subscribe to, and notes the others in the request; later, if it returns a promise.
 * The promise never rejects. Drops a spoke that asks for too many.
 *
 * @param asked The topics as they were asked for.
 */
export function decideTopics(
  authorize: Authorize | undefined,
  spoke: Spoke,
  request: SubscribeRequest,
  asked: readonly string[],
): Promise<void> | undefined {
  for (const topic of request.topics) {
    const fault = subscriptionFault(topic);
    if (fault !== undefined) request.refuse(topic.name, { reason: fault, by: "invalid" });
  }
  dropBeyondTopics(spoke, request, asked);
  if (authorize === undefined || !spoke.attached) return undefined;
  const answers = Array.from(request.topics, (topic) => {
    if (topic.refusal !== undefined) return true;
    return ask(authorize, spoke, "subscribe", topic, request.past?.fromOf(topic.name));
  });
  note(request, answers, (answer) => isLate(answer) || answer);
  if (!answers.some(isLate)) return undefined;
  // It keeps nothing but the request, which a spoke that ends empties: the program may never answer.
  return Promise.allSettled(answers).then((late) => note(request, late, answerIn));
}

/** Notes the answers for a request, of which there is one for each topic. */
function note<T>(request: SubscribeRequest, answers: readonly T[], answerIn: (answer: T) => unknown): void {
  const topics = [...request.topics];
  for (const [i, answer] of answers.entries()) {
    const topic = topics[i];
    // Forgotten meanwhile.
    if (topic === undefined) return;
    const own = answerIn(answer);
    if (own === LIVE) request.past?.limit(topic.name);
    const refusal = refusalIn(own, true);
    if (refusal !== undefined) request.refuse(topic.name, refusal);
  }
}

/** Invalid topics count too, each time: a spoke could send them, and be answered, without end. */
function dropBeyondTopics(
  spoke: Spoke,
  request: SubscribeRequest,
  asked: readonly string[],
): void {
  const { maxTopicsPerConnection } = spoke.bounds;
  let left = maxTopicsPerConnection - spoke.subscribed.size - (spoke.pending?.topics ?? 0);
  // Mostly so, whatever counts.
  if (asked.length <= left) return;
  const { topics, refused } = request;
  const refusedNames = new TopicSet(refused.map(({ name }) => name));
  let first = topics.next().value?.name;
  for (const topic of asked) {
    const isFirst = topic === first;
    if (isFirst) first = topics.next().value?.name;
    const counts = refusedNames.has(topic) || (isFirst && !spoke.subscribed.has(topic));
    if (!counts || --left >= 0) continue;
    return spoke.drop(POLICY_VIOLATION, `more than ${maxTopicsPerConnection} topics`, "subscribe", topic);
  }
}

/** Decides whether a spoke may be sent the events of one topic. The promise never rejects. */
export function decideTopic(
  authorize: Authorize,
  spoke: Spoke,
  { type, id }: Topic,
): Refusal | undefined | Promise<Refusal | undefined> {
  return decide(authorize, spoke, "subscribe", { type, id }, true);
}

function decide(
  authorize: Authorize,
  spoke: Spoke,
  action: "subscribe" | "publish",
  topic: Topic,
  allowsLive = false,
): Refusal | undefined | Promise<Refusal | undefined> {
  return settle(ask(authorize, spoke, action, topic), allowsLive);
}

function settle(answer: unknown, allowsLive = false): Refusal | undefined | Promise<Refusal | undefined> {
  if (!isLate(answer)) return refusalIn(answer, allowsLive);
  return Promise.resolve(answer).then(
    (late) => refusalIn(late, allowsLive),
    (cause) => new ThrownRefusal(cause),
  );
}

/** Asks the program, and returns what it answers, or a refusal if it throws. */
function ask(
  authorize: Authorize,
  spoke: Spoke,
  action: "subscribe" | "publish",
  { type, id }: Topic,
  from?: HistoryFrom,
): unknown {
  const isEvery = type === EVERY_TOPIC && id === undefined;
  try {
    return authorize({ spoke, action, type: isEvery ? undefined : type, id, from });
  } catch (cause) {
    return new ThrownRefusal(cause);
  }
}

/** Whether an answer may be a promise. Any other object resolves to itself, which is not `true` either. */
function isLate(answer: unknown): boolean {
  return typeof answer === "object" && answer !== null && !(answer instanceof ThrownRefusal);
}

/** An answer of a program that threw. */
class ThrownRefusal implements Refusal {
  readonly reason = NOT_AUTHORIZED.reason;
  readonly by = "error";
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** Reports the refused topics of a request once, with the topic that `authorize` threw at if there is one. */
export function reportRefusedTopics(spoke: Spoke, refused: readonly Refused[]): void {
  const reported = refused.find(({ refusal: { cause } }) => cause !== undefined) ?? refused[0];
  if (reported === undefined) return;
  const { name: topic, refusal } = reported;
  const more = refused.length === 1 ? "" : ` and ${refused.length - 1} more topics`;
  // Described out here: an error keeps the functions of its stack, and what they refer to.
  const what = `subscribe a spoke to ${describe(topic)}${more}`;
  spoke.faults.report("subscribe", () => errorOf(what, refusal), topic);
}

/** The error that is reported for an event that a spoke may not publish. */
export function refusedEventError(topic: string, refusal: Refusal): TypeError {
  return errorOf(`publish an event of a spoke on ${describe(topic)}`, refusal);
}

function errorOf(what: string, { reason, cause }: Refusal): TypeError {
  return new TypeError(`Cannot ${what}: ${reason}`, cause === undefined ? {} : { cause });
}

/** Anything but exactly `true` refuses, and `"live"` where that is asked for a subscription. */
function refusalIn(answer: unknown, allowsLive: boolean): Refusal | undefined {
  if (answer === true || (allowsLive && answer === LIVE)) return undefined;
  return answer instanceof ThrownRefusal ? answer : NOT_AUTHORIZED;
}

function answerIn(result: PromiseSettledResult<unknown>): unknown {
  return result.status === "fulfilled" ? result.value : new ThrownRefusal(result.reason);
}
