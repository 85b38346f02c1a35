import { printable } from "../../core/describe.ts";
import { RefusedError } from "../../core/errors.ts";
import type { ListenerTable } from "../../core/listener_table.ts";
import { acknowledge, endAcknowledged, endTopic } from "../../core/topic_answers.ts";
import type { Control, RefusedTopic } from "../_wire/frame.ts";
import type { Announcer } from "./announcer.ts";
import { type FaultReporter, refusal } from "./hub_faults.ts";

/** The parts of a link that hear the answers of its hub about topics. */
export interface AnswerReceiver {
  readonly target: FaultReporter;
  readonly listeners: ListenerTable;
  readonly announcer: Announcer;
}

/** The hub has answered a request. `onAnswer` is called before the listeners are. */
export function onSubscribed(
  { ref, topics, refused }: Extract<Control, { kind: "subscribed" }>,
  receiver: AnswerReceiver,
  onAnswer: () => void,
): void {
  // Before anything forgets what was asked.
  const answered = topics.filter((topic) => receiver.announcer.takeAnswer(ref, topic));
  onAnswer();
  for (const topic of answered) acknowledge(receiver.listeners, topic);
  for (const item of refused) {
    if (receiver.announcer.takeRefusal(ref, item.topic)) refuse(item, false, receiver);
  }
}

/** The hub has revoked topics. */
export function onRevoked(
  { refused }: Extract<Control, { kind: "revoked" }>,
  receiver: AnswerReceiver,
): void {
  for (const item of refused) refuse(item, receiver.announcer.isRequested(item.topic), receiver);
}

/** @param isAskedAgain Whether a newer request is on its way: the hub will answer that one. */
function refuse(
  { topic, reason: given }: RefusedTopic,
  isAskedAgain: boolean,
  { target, listeners, announcer }: AnswerReceiver,
): void {
  const reason = printable(given);
  const error = new RefusedError(refusal({ topic, reason }), { topic, reason });
  const isWaiting = announcer.refuse(topic, isAskedAgain);
  const hasEnded = isAskedAgain
    ? endAcknowledged(listeners, topic, error, isWaiting)
    : endTopic(listeners, topic, error);
  if (hasEnded) target.report("subscribe", error, topic);
}
