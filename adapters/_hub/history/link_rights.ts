import type { HistoryFrom, Position } from "../../../core/history_source.ts";
import { splitTopic, type Topic, topicsOverlap } from "../../../core/topic.ts";
import { TopicMap } from "../../../core/topic_map.ts";
import { TokenBucket } from "../token_bucket.ts";
import type { Recipient } from "./recipient.ts";
import type { PastSource } from "./past_source.ts";

/** How much of the past a spoke may ask for. */
export interface PastBounds {
  readonly maxReplay: number;
  readonly maxReplaysPerMinute: number;
}

/** The costs that a right to replay pays for: events, and places in answers that take more than their requests have paid for. */
interface Cost {
  events: number;
  places: number;
}

/** The most revoked topics that are remembered one by one. */
const MAX_REVOKED = 100;

/** The most topics whose new beginnings are remembered. */
const MAX_BEGUN = 10_000;

/** The rights of one link to the past, over all its connections. */
export class LinkRights {
  readonly #source: PastSource;
  readonly #maxReplay: number;
  readonly #replays: TokenBucket | undefined;
  /** The rest of the last right to replay, by the spoke that took it. */
  readonly #paid = new WeakMap<object, Cost>();
  /** The topics to whose past the right has ended; `undefined` stands for all. */
  #revoked: (Topic | undefined)[] = [];
  /** How often a right has ended. */
  revocations = 0;
  /** Where those of them that the link has subscribed to since have begun. */
  #begun = new TopicMap<Position>();

  constructor(source: PastSource, { maxReplay, maxReplaysPerMinute }: PastBounds) {
    this.#source = source;
    this.#maxReplay = maxReplay;
    if (maxReplaysPerMinute < Infinity) {
      this.#replays = new TokenBucket(maxReplaysPerMinute / 60, maxReplaysPerMinute);
    }
  }

  /** Whether a spoke may replay events, at least some. */
  mayReplay(spoke: object, isFurther: boolean): boolean {
    const paid = isFurther ? this.#paid.get(spoke) : undefined;
    return (paid !== undefined && paid.events > 0) || (this.#replays?.has() ?? true);
  }

  /**
   * Pays for a replay: with what is left of the last right, or with a further one.
   *
   * @param isFurther Whether the spoke has not asked for the topic before, or pays for it already.
   */
  pay(spoke: Recipient, { events = 0, places = 0 }: Partial<Cost>, isFurther: boolean): boolean {
    const paid = isFurther ? this.#paid.get(spoke) : undefined;
    // Where events are not counted, one is left at least.
    const isPaid = paid !== undefined && paid.places >= places &&
      paid.events >= (places > 0 ? 0 : events || 1);
    if (!isPaid && this.#replays?.take() === false) return false;
    const right = isPaid ? paid : this.#right(spoke);
    right.events -= events;
    right.places -= places;
    return true;
  }

  /** Begins another right. */
  #right(spoke: Recipient): Cost {
    const right = { events: this.#maxReplay, places: spoke.bounds.maxTopicsPerConnection };
    this.#paid.set(spoke, right);
    return right;
  }

  /** Ends the right to all that was published on a topic until now, or on any topic. */
  revoke(topic: Topic | undefined): void {
    this.revocations++;
    const isAll = topic === undefined || this.#revoked.length >= MAX_REVOKED;
    this.#revoked = isAll ? [undefined] : [...this.#revoked, topic];
    for (const name of [...this.#begun.keys()]) {
      if (topic === undefined || topicsOverlap(topic, splitTopic(name))) this.#begun.delete(name);
    }
  }

  /** Ends the rights that have ended for another one. */
  adopt(other: LinkRights): void {
    if (other !== this) { for (const topic of other.#revoked) this.revoke(topic); }
  }

  /** Whether a topic is asked for from a position of the time before its right was revoked. */
  isLost(name: string, from: HistoryFrom): boolean {
    const position = positionOf(from);
    if (position === undefined || !this.#isRevoked(name)) return false;
    const begun = this.#begun.get(name);
    return begun === undefined || this.#source.isAfter(begun, position);
  }

  /** The link has subscribed to a topic, which begins at a position. */
  begin(name: string, at: Position): void {
    if (!this.#isRevoked(name) || this.#begun.has(name)) return;
    if (this.#begun.size === MAX_BEGUN) this.#begun = new TopicMap();
    this.#begun.set(name, at);
  }

  #isRevoked(name: string): boolean {
    if (this.#revoked.length === 0) return false;
    const topic = splitTopic(name);
    return this.#revoked.some((revoked) => revoked === undefined || topicsOverlap(revoked, topic));
  }
}

function positionOf(from: HistoryFrom): Position | undefined {
  if (typeof from === "object") return "latest" in from ? from.latest : undefined;
  return from === "now" || from === "start" || from === "latest" ? undefined : from;
}
