import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistorySource,
} from "../../../core/history_source.ts";
import type { Topic } from "../../../core/topic.ts";
import type { EventEnvelope, PubSubEventTarget } from "../../../core/types.ts";
import { viaOf } from "../../../core/via.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import { isOwn, type Recipient } from "./recipient.ts";

/** A page of events as a spoke gets them. */
export type EncodedPage = HistoryPage<EncodedEnvelope>;

/** The events of a page, and whether all of them could be encoded. */
type Encoded = Pick<EncodedPage, "events" | "whole">;

/** Encodes an event for a spoke: `null` if it cannot be encoded, `undefined` if the spoke does not want it. */
export type EncodeFor = (envelope: EventEnvelope, spoke: Recipient) => EncodedEnvelope | null | undefined;

/** The history that a hub replays to its spokes: its own, or the one of its upstream. */
export interface PastSource extends Pick<HistorySource<EncodedEnvelope>, "declares" | "head" | "isAfter"> {
  /** Reads a page for a spoke. */
  read(
    spoke: Recipient,
    topic: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
  ): EncodedPage | Promise<EncodedPage>;
  /** Encodes a live event for a spoke. */
  readonly encode: EncodeFor;
  /** Resolves when the hub has received all live events that were published before. */
  settle(): Promise<void>;
}

/** The history that a hub keeps itself. */
export function ownPast(history: HistorySource<EncodedEnvelope>): PastSource {
  return {
    declares: (type) => history.declares(type),
    head: (topic) => history.head(topic),
    isAfter: (position, other) => history.isAfter(position, other),
    read: (_spoke, topic, after, bounds) => history.read(topic, after, bounds),
    // It answers at once, so that nothing comes live while a page is awaited.
    encode: () => undefined,
    settle: () => Promise.resolve(),
  };
}

/** The history of an upstream, if it has one. */
export function upstreamPast(upstream: PubSubEventTarget, encode: EncodeFor): PastSource | undefined {
  const { history } = upstream;
  if (!isReadable(history)) return undefined;
  const pages = new WeakMap<readonly EventEnvelope[], Encoded>();
  const encodeFor = (envelopes: readonly EventEnvelope[], spoke: Recipient): Encoded => {
    if (envelopes.some((envelope) => isOwn(viaOf(envelope), spoke))) {
      return encodeAll(envelopes, spoke, encode);
    }
    const known = pages.get(envelopes);
    if (known !== undefined) return known;
    const encoded = encodeAll(envelopes, spoke, encode);
    // A history may give equal pages the same events.
    if (envelopes.length > 1) pages.set(envelopes, encoded);
    return encoded;
  };
  const encodePage = (page: HistoryPage<EventEnvelope>, spoke: Recipient): EncodedPage => {
    const { from, at, done, next, left } = page;
    const { events, whole } = encodeFor(page.events, spoke);
    return { events, from, at, whole: whole && page.whole, done, next, ...(left !== undefined && { left }) };
  };
  return {
    declares: (type) => history.declares(type),
    head: (topic) => history.head(topic),
    isAfter: (position, other) => history.isAfter(position, other),
    read(spoke, topic, after, bounds) {
      const page = history.read(topic, after, bounds);
      if (!("then" in page)) return encodePage(page, spoke);
      // Of any library, to be recognized.
      return Promise.resolve(page).then((page) => encodePage(page, spoke));
    },
    encode,
    settle: () => history.settle?.() ?? upstream.flush(),
  };
}

/** Encodes events for a spoke. They are not whole if one of them cannot be encoded. */
export function encodeAll(
  envelopes: readonly EventEnvelope[],
  spoke: Recipient,
  encode: EncodeFor,
): Encoded {
  const events: EncodedEnvelope[] = [];
  let whole = true;
  for (const envelope of envelopes) {
    const event = encode(envelope, spoke);
    if (event === null) whole = false;
    else if (event !== undefined) events.push(event);
  }
  return { events, whole };
}

/** Whether a value is a history that can be read. A link only has what its own subscriptions need. */
function isReadable(value: unknown): value is HistorySource<EventEnvelope> {
  if (typeof value !== "object" || value === null) return false;
  const methods = ["declares", "head", "read", "isAfter"];
  return methods.every((name) => typeof Reflect.get(value, name) === "function");
}
