import type { ReadonlyTopicMap } from "../../../core/topic_map.ts";
import { utf8Length } from "../../../core/utf8.ts";
import { type Control, controlEnvelope, type RefusedTopic } from "../../_wire/frame.ts";
import { ANSWER_BYTES_PER_BYTE } from "../bounds.ts";
import type { Spoke } from "../spoke.ts";
import { sendControlOf } from "./split_control.ts";
import type { Refusal, SubscribeRequest } from "./subscribe_request.ts";

/** What a topic takes in a list beside its characters: quotes and a comma. */
const LISTED_BYTES = 3;

/** What a refused topic with a reason takes beside both. */
const REFUSED_BYTES = /* @__PURE__ */ utf8Length(/* @__PURE__ */ JSON.stringify({ topic: "", reason: "" })) +
  1;

const REQUEST_BYTES = /* @__PURE__ */ controlBytes({ kind: "subscribe", ref: "", topics: [] });
/** The smallest hello. */
const HELLO_BYTES = /* @__PURE__ */ utf8Length('{"type":"__hello","id":"","payload":{"version":1}}');
const ANSWER_BYTES = /* @__PURE__ */ controlBytes({ kind: "subscribed", ref: "", topics: [], refused: [] });

/** The reason of all topics together, where their own reasons are more than the spoke has paid for. */
const REFUSED = "refused";

/**
 * Answers a hello, as long as the answers to the spoke stay within twice the bytes that came. A link says one.
 *
 * @param isUp Whether the hub's upstream is there.
 */
export function sendHello(spoke: Spoke, isUp: boolean): void {
  const { sender } = spoke.session;
  const controls = isUp ? [sender.ownHello()] : [sender.ownHello(), { kind: "upstream", up: false } as const];
  const answers = controls.flatMap((control) => sender.encodeControl(control) ?? []);
  let credit = spoke.answerCredit + ANSWER_BYTES_PER_BYTE * HELLO_BYTES;
  for (const { bytes } of answers) credit -= bytes;
  if (credit < 0) return;
  spoke.answerCredit = credit;
  for (const answer of answers) sender.outbox.push(answer);
}

/** Notifies a spoke that events of some of its topics may have been missed. */
export function sendGap(spoke: Spoke, topics: readonly string[]): void {
  const { sender } = spoke.session;
  if (topics.length === spoke.topics.size) sender.sendControl({ kind: "gap" });
  else sendControlOf(sender, topics, topicBytes, (some) => ({ kind: "gap", topics: some }));
}

/** The size of a topic in a list, in bytes. */
function topicBytes(topic: string): number {
  return utf8Length(topic) + LISTED_BYTES;
}

/** Notifies a spoke that subscriptions were ended. */
export function sendRevoked(spoke: Spoke, refused: readonly RefusedTopic[]): void {
  sendControlOf(spoke.session.sender, refused, refusedBytes, (some) => ({ kind: "revoked", refused: some }));
}

/** The size of a refused topic in a list, in bytes. */
function refusedBytes({ topic, reason }: RefusedTopic): number {
  return utf8Length(topic) + utf8Length(reason) + REFUSED_BYTES;
}

/**
 * Answers a subscribe request. Each refused topic has its reason, as long as the answers to a spoke stay within twice
 * the bytes of its requests: a list of short topics is far smaller than the reasons why they are refused. Beyond that
 * they share one reason.
 */
export function sendAnswer(spoke: Spoke, request: SubscribeRequest, accepted: readonly string[]): void {
  const { ref, askedLength, refused } = request;
  spoke.answerCredit += ANSWER_BYTES_PER_BYTE * (REQUEST_BYTES + askedLength);
  let bytes = ANSWER_BYTES + utf8Length(ref);
  for (const topic of accepted) bytes += topicBytes(topic);
  const { reason, bytes: refusedBytes } = affordable(refused, spoke.answerCredit - bytes);
  spoke.answerCredit -= bytes + refusedBytes;
  const items: (string | RefusedTopic)[] = [
    ...accepted,
    ...Array.from(refused, ([topic, own]) => ({ topic, reason: reason ?? own.reason })),
  ];
  sendControlOf(spoke.session.sender, items, sizeOf(reason), (some) => {
    const topics = some.filter((item) => typeof item === "string");
    const each = some.filter((item) => typeof item !== "string");
    return { kind: "subscribed", ref, topics, refused: reason === undefined ? each : together(each) };
  });
}

function sizeOf(reason: string | undefined): (item: string | RefusedTopic) => number {
  return (item) => {
    if (typeof item === "string") return topicBytes(item);
    return reason === undefined ? refusedBytes(item) : topicBytes(item.topic);
  };
}

/** The reason that refused topics share, if their own ones are beyond a credit, and the bytes that they take. */
function affordable(
  refused: ReadonlyTopicMap<Refusal>,
  credit: number,
): { reason: string | undefined; bytes: number } {
  if (refused.size === 0) return { reason: undefined, bytes: 0 };
  let apart = 0;
  let listed = 0;
  let common: string | undefined;
  let commonBytes = 0;
  let differ = false;
  for (const [topic, { reason }] of refused) {
    if (reason !== common) {
      differ ||= common !== undefined;
      common = reason;
      commonBytes = utf8Length(JSON.stringify(reason)) - 2;
    }
    const size = utf8Length(topic);
    listed += size + LISTED_BYTES;
    apart += size + commonBytes + REFUSED_BYTES;
  }
  if (apart <= credit) return { reason: undefined, bytes: apart };
  const bytes = listed + REFUSED_BYTES + utf8Length(`,"also":[]`);
  const isShort = !differ && common !== undefined && bytes + commonBytes <= credit;
  const reason = isShort ? common : REFUSED;
  return { reason, bytes: bytes + (isShort ? commonBytes : REFUSED.length) };
}

/** Refused topics of one reason as one item. */
function together([first, ...others]: readonly RefusedTopic[]): RefusedTopic[] {
  if (first === undefined) return [];
  return [others.length === 0 ? first : { ...first, also: others.map(({ topic }) => topic) }];
}

function controlBytes(control: Control): number {
  return utf8Length(JSON.stringify(controlEnvelope(control)));
}
