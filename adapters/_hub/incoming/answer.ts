import { upstreamControl } from "../upstream/upstream_control.ts";
import { utf8Length } from "../../../core/utf8.ts";
import { type Control, controlEnvelope, type RefusedTopic } from "../../_wire/frame.ts";
import { MAX_POSITION_LENGTH, type TopicHistory } from "../../_wire/history_controls.ts";
import { ANSWER_BYTES_PER_BYTE } from "../bounds.ts";
import { SpokeMemory } from "../explain.ts";
import type { RequestPast } from "../history/request_past.ts";
import type { Spoke } from "../spoke.ts";
import { sendControlOf } from "./split_control.ts";
import type { Refused, SubscribeRequest } from "./subscribe_request.ts";

/** The bytes of a topic in a list beside its characters: quotes and a comma. */
const LISTED_BYTES = 3;

/** The bytes of a refused topic with a reason beside both. */
const REFUSED_BYTES = /* @__PURE__ */ itemBytes({ topic: "", reason: "" });

const REQUEST_BYTES = /* @__PURE__ */ controlBytes({ kind: "subscribe", ref: "", topics: [] });
/** The smallest hello. */
const HELLO_BYTES = /* @__PURE__ */ utf8Length('{"type":"__hello","id":"","payload":{"version":1}}');
const ANSWER_BYTES = /* @__PURE__ */ controlBytes({ kind: "subscribed", ref: "", topics: [], refused: [] });

/** The member for places in the history, beside them. */
const HISTORY_BYTES = 14;

/** A place in the history, beside its position. */
const PLACE_BYTES = /* @__PURE__ */ itemBytes({ at: "", whole: false });

/** The place of a topic without a history. */
const NO_PLACE_BYTES = 5;

/** The end of a replay, beside its ref, topic and position. */
const REPLAYED_BYTES = /* @__PURE__ */ controlBytes({
  kind: "replayed",
  ref: "",
  topic: "",
  at: "",
  whole: false,
});

/** The reason of all topics together, where their own reasons are more than the spoke has paid for. */
const REFUSED = "refused";

/**
 * Answers a hello, as long as the answers to the spoke stay within twice the bytes that came. A link says one.
 *
 * @param outageHops How many hubs away the outage is that keeps the hub's upstream away; 0 without one.
 * @param history Whether the hub replays events of the past, which it says to spokes that read them.
 */
export function sendHello(spoke: Spoke, outageHops: number, history: boolean): void {
  const { sender } = spoke.session;
  const hello = sender.ownHello(history && sender.hello?.history ? { history } : undefined);
  const controls = outageHops > 0 ? [hello, upstreamControl(outageHops)] : [hello];
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
  spoke.traffic.add("gaps");
  (spoke.memory ??= new SpokeMemory()).gapAt = Date.now();
  if (topics.length === spoke.subscribed.size) sender.sendControl({ kind: "gap" });
  else sendControlOf(sender, topics, listedLength, (some) => ({ kind: "gap", topics: some }));
}

/** The size of a topic in a list, in bytes. */
function topicBytes(topic: string): number {
  return utf8Length(topic) + LISTED_BYTES;
}

/** The characters of a topic in a list. */
function listedLength(topic: string): number {
  return topic.length + LISTED_BYTES;
}

/** Notifies a spoke that subscriptions were ended. */
export function sendRevoked(spoke: Spoke, refused: readonly RefusedTopic[]): void {
  sendControlOf(spoke.session.sender, refused, refusedLength, (some) => ({ kind: "revoked", refused: some }));
}

/** The characters of a refused topic in a list. */
function refusedLength({ topic, reason }: RefusedTopic): number {
  return topic.length + reason.length + REFUSED_BYTES;
}

/**
 * Answers a subscribe request. Each refused topic has its reason, as long as the answers to a spoke stay within twice
 * the bytes of its requests: a list of short topics is far smaller than the reasons why they are refused. Beyond that
 * they share one reason.
 */
export function sendAnswer(
  spoke: Spoke,
  request: SubscribeRequest,
  accepted: readonly string[],
  refused: readonly Refused[],
): void {
  const { ref, askedLength, past } = request;
  const { sender } = spoke.session;
  const credit = spoke.answerCredit +
    ANSWER_BYTES_PER_BYTE * (REQUEST_BYTES + askedLength + (past?.askedLength ?? 0));
  if (refused.length === 0 && past === undefined) {
    // Mostly so: nothing depends on the size, which is known once it is encoded.
    const toAnswer = (topics: readonly string[]): Control => ({
      kind: "subscribed",
      ref,
      topics,
      refused: [],
    });
    spoke.answerCredit = Math.max(0, credit - sendControlOf(sender, accepted, listedLength, toAnswer));
    return;
  }
  let bytes = ANSWER_BYTES + utf8Length(ref);
  for (const topic of accepted) bytes += topicBytes(topic);
  const places = past && affordablePlaces(past, ref, accepted, credit - bytes);
  bytes += places?.bytes ?? 0;
  const { reason, bytes: refusedBytes } = affordable(refused, credit - bytes);
  // Places that were asked for can take more: then a right to replay pays for them.
  spoke.answerCredit = Math.max(0, credit - bytes - refusedBytes);
  const items: (string | RefusedTopic)[] = [
    ...accepted,
    ...refused.map(({ name, refusal }) => ({ topic: name, reason: reason ?? refusal.reason })),
  ];
  sendControlOf(sender, items, lengthOf(reason, places !== undefined), (some) => {
    const topics = some.filter((item) => typeof item === "string");
    const each = some.filter((item) => typeof item !== "string");
    const history = places && topics.map((topic) => places.of(topic));
    const answer = {
      kind: "subscribed",
      ref,
      topics,
      refused: reason === undefined ? each : together(each),
    } as const;
    return history === undefined ? answer : { ...answer, history };
  });
}

/**
 * The places of topics in the history, for an answer, and the bytes of their replays apart from events. Those that were not
 * asked for are left out where they would take more than the spoke has paid for. Those that were, if a right to replay does
 * not pay for them either.
 */
function affordablePlaces(
  past: RequestPast,
  ref: string,
  topics: readonly string[],
  credit: number,
): { readonly bytes: number; of(topic: string): TopicHistory | null } {
  const replayedBytes = REPLAYED_BYTES + utf8Length(ref);
  let asked = HISTORY_BYTES;
  let others = 0;
  for (const topic of topics) {
    const place = past.placeOf(topic);
    const bytes = place === null ? NO_PLACE_BYTES : PLACE_BYTES + place.at.length;
    asked += past.isAsked(topic) ? bytes : NO_PLACE_BYTES;
    if (!past.isAsked(topic)) others += bytes - NO_PLACE_BYTES;
    if (past.isReplayed(topic)) asked += replayedBytes + utf8Length(topic) + MAX_POSITION_LENGTH;
  }
  const areOthersPaid = asked + others <= credit;
  if (!areOthersPaid && asked > credit && !past.payForPlaces()) {
    return { bytes: HISTORY_BYTES + topics.length * NO_PLACE_BYTES, of: () => null };
  }
  const of = (topic: string): TopicHistory | null =>
    areOthersPaid || past.isAsked(topic) ? past.placeOf(topic) : null;
  return { bytes: areOthersPaid ? asked + others : asked, of };
}

function lengthOf(
  reason: string | undefined,
  hasPlaces: boolean,
): (item: string | RefusedTopic) => number {
  return (item) => {
    if (typeof item === "string") {
      return listedLength(item) + (hasPlaces ? PLACE_BYTES + MAX_POSITION_LENGTH : 0);
    }
    return reason === undefined ? refusedLength(item) : listedLength(item.topic);
  };
}

/** The reason that refused topics share, if their own ones are beyond a credit, and the bytes that they take. */
function affordable(
  refused: readonly Refused[],
  credit: number,
): { reason: string | undefined; bytes: number } {
  if (refused.length === 0) return { reason: undefined, bytes: 0 };
  let apart = 0;
  let listed = 0;
  let common: string | undefined;
  let commonBytes = 0;
  let differ = false;
  for (const { name, refusal: { reason } } of refused) {
    if (reason !== common) {
      differ ||= common !== undefined;
      common = reason;
      commonBytes = utf8Length(JSON.stringify(reason)) - 2;
    }
    const size = utf8Length(name);
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

/** The bytes of an item in a list, with its comma. */
function itemBytes(item: object): number {
  return jsonBytes(item) + 1;
}

function controlBytes(control: Control): number {
  return jsonBytes(controlEnvelope(control));
}

function jsonBytes(value: object): number {
  return utf8Length(JSON.stringify(value));
}
