import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPageBounds,
  Position,
} from "../../../core/history_source.ts";
import type { Topic } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import { NO_POSITION } from "../../_wire/history_controls.ts";
import type { Recipient } from "./recipient.ts";
import type { LiveTail, LiveTails } from "./live_tails.ts";
import { encodeAll, type EncodedPage, type PastSource } from "./past_source.ts";

/** The largest page, in bytes. */
export const PAGE_BYTES = 256 * 1024;

const PAGE: HistoryPageBounds = { maxEvents: 256, maxBytes: PAGE_BYTES };

const NOTHING = { events: [], whole: true };

/** How many events the replays of one request may have together. */
export interface Budget {
  /** Takes events. Returns whether there were as many. */
  take(events: number): boolean;
}

/** The common parts of the replays of one request. */
export interface ReplayContext {
  readonly source: PastSource;
  readonly tails: LiveTails;
  readonly spoke: Recipient;
  /** The ref of the request. */
  readonly ref: string;
}

/** The place where a replay begins. */
export interface ReplayStart {
  /** The name of the topic. */
  readonly name: string;
  readonly topic: Topic;
  /** Whether nothing is missing before. */
  readonly whole: boolean;
  readonly next: HistoryFrom | HistoryCursor;
  /** Events that come before the first page. */
  readonly first: readonly EncodedEnvelope[];
  /** Unset if the events are known to be few enough. */
  readonly budget: Budget | undefined;
}

/** A page that was read. */
export interface ReadPage {
  readonly page: EncodedPage;
  /** The events that came live since it was asked for, if it did not come at once. */
  readonly tail?: LiveTail;
}

/** A part of a replay, as the spoke is sent it. */
export interface ReplayPart {
  readonly events: readonly EncodedEnvelope[];
  /** Whether nothing is missing before these events. */
  readonly whole: boolean;
  /** The place where the replay ends, if this is the last part. */
  readonly end: Position | undefined;
}

/** The replay of one topic that one subscribe request of a spoke has asked for. */
export class Replay {
  readonly ref: string;
  readonly topic: string;
  /** Whether nothing has been missing so far. */
  whole: boolean;
  /** Whether the spoke does not want it any more. */
  isStopped = false;
  readonly #context: ReplayContext;
  readonly #topic: Topic;
  readonly #budget: Budget | undefined;
  #next: HistoryFrom | HistoryCursor;
  #first: readonly EncodedEnvelope[];
  /** The end of the last page. */
  #at = NO_POSITION;
  #hasEvents = false;

  constructor(context: ReplayContext, start: ReplayStart) {
    this.ref = context.ref;
    this.topic = start.name;
    this.whole = start.whole;
    this.#context = context;
    this.#topic = start.topic;
    this.#budget = start.budget;
    this.#next = start.next;
    this.#first = start.first;
  }

  /** Reads the next page. */
  read(): ReadPage | Promise<ReadPage> {
    const { source, spoke } = this.#context;
    const page = source.read(spoke, this.#topic, this.#next, PAGE);
    return page instanceof Promise ? this.#await(page) : { page };
  }

  /**
   * Makes a part of a page. What comes live from here on is not in it, so that the part must be sent in this turn if it is the
   * last one.
   */
  take({ page, tail }: ReadPage): ReplayPart {
    tail?.close();
    this.#next = page.next;
    this.#at = page.at;
    const isLast = page.done && tail?.overflowed !== true;
    const live = isLast && tail !== undefined ? this.#after(tail, page.at) : NOTHING;
    const isPageAlone = this.#first.length + live.events.length === 0;
    const events = isPageAlone ? page.events : [...this.#first, ...page.events, ...live.events];
    this.#first = [];
    this.#hasEvents ||= events.length > 0;
    const whole = page.whole && live.whole;
    this.whole &&= whole;
    if (this.#budget?.take(events.length) === false) return this.giveUp();
    return { events, whole, end: isLast ? events.at(-1)?.at ?? page.at : undefined };
  }

  /** The last part of a replay that cannot continue. */
  giveUp(): ReplayPart {
    this.whole = false;
    return { events: [], whole: false, end: this.#at };
  }

  /**
   * Waits for a page. Behind the last one, what it has must have come live: the spoke is live next, and must not get it a
   * second time.
   */
  async #await(reading: Promise<EncodedPage>): Promise<ReadPage> {
    const { source, tails } = this.#context;
    const tail = tails.open(this.topic);
    try {
      const page = await reading;
      const hasEvents = this.#hasEvents || page.events.length + this.#first.length > 0;
      const isBehind = !tail.events.some(({ at }) => at !== undefined && source.isAfter(at, page.at));
      if (page.done && hasEvents && isBehind && !this.isStopped) await source.settle();
      return { page, tail };
    } catch (error) {
      tail.close();
      throw error;
    }
  }

  /** The events of a tail that a page does not have. */
  #after({ events }: LiveTail, position: Position): Pick<EncodedPage, "events" | "whole"> {
    const { source, spoke } = this.#context;
    const isNew = ({ at }: EventEnvelope): boolean => at !== undefined && source.isAfter(at, position);
    return encodeAll(events.filter(isNew), spoke, source.encode);
  }
}
