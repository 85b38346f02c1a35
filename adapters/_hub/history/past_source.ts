import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPage,
  HistoryPageBounds,
  HistorySource,
} from "../../../core/history_source.ts";
import type { Topic } from "../../../core/topic.ts";
import type { EventEnvelope, PubSubEventTarget } from "../../../core/types.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import type { Recipient } from "./recipient.ts";

/** A page of events as a spoke gets them. */
export type EncodedPage = HistoryPage<EncodedEnvelope>;

/** The history that a hub replays to its spokes: its own, or the one of its upstream. */
export interface PastSource extends Pick<HistorySource<EncodedEnvelope>, "declares" | "head" | "isAfter"> {
  /** Reads a page for a spoke. */
  read(
    spoke: Recipient,
    topic: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
  ): EncodedPage | Promise<EncodedPage>;
  /** Encodes a live event for a spoke, unless it cannot be encoded or the spoke does not want it. */
  encode(envelope: EventEnvelope, spoke: Recipient): EncodedEnvelope | null;
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
    encode: () => null,
    settle: () => Promise.resolve(),
  };
}

/**
 * The history of an upstream, if it has one.
 *
 * @param encode Encodes an event for a spoke, unless it cannot be encoded or the spoke does not want it.
 */
export function upstreamPast(
  upstream: PubSubEventTarget,
  encode: (envelope: EventEnvelope, spoke: Recipient) => EncodedEnvelope | null,
): PastSource | undefined {
  const { history } = upstream;
  if (!isReadable(history)) return undefined;
  const encodePage = (page: HistoryPage<EventEnvelope>, spoke: Recipient): EncodedPage => {
    const { events, from, at, whole, done, next, left } = page;
    const encoded = events.length === 0 ? NO_EVENTS : events.flatMap((event) => encode(event, spoke) ?? []);
    return { events: encoded, from, at, whole, done, next, ...(left !== undefined && { left }) };
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

const NO_EVENTS: readonly never[] = [];

/** Whether a value is a history that can be read. A link only has what its own subscriptions need. */
function isReadable(value: unknown): value is HistorySource<EventEnvelope> {
  if (typeof value !== "object" || value === null) return false;
  const methods = ["declares", "head", "read", "isAfter"];
  return methods.every((name) => typeof Reflect.get(value, name) === "function");
}
