import { ignore } from "../../../core/ignore.ts";
import type { HistoryFrom, Position } from "../../../core/history_source.ts";
import { EVERY_TOPIC, splitTopic, type Topic, topicsOverlap } from "../../../core/topic.ts";
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

/** The end of the right to the past of a topic, or without one, of all topics. */
interface Revocation {
  readonly topic: Topic | undefined;
  /** The newest position then; unset until it is known. */
  at: Position | undefined;
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
  #revoked: Revocation[] = [];
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
    const of = this.#revoked.length < MAX_REVOKED ? topic : undefined;
    const revocation: Revocation = { topic: of, at: undefined };
    this.#add(revocation);
    // A history that answers later knows no position of all its types.
    const head = this.#source.head(of ?? { type: EVERY_TOPIC, id: undefined });
    if (typeof head === "string") revocation.at = head;
    else void head.then((head) => revocation.at = head, ignore);
  }

  #add(revocation: Revocation): void {
    const { topic } = revocation;
    this.revocations++;
    this.#revoked = topic === undefined ? [revocation] : [...this.#revoked, revocation];
    for (const name of [...this.#begun.keys()]) {
      if (topic === undefined || topicsOverlap(topic, splitTopic(name))) this.#begun.delete(name);
    }
  }

  /** Ends the rights that have ended for another one. */
  adopt(other: LinkRights): void {
    if (other !== this) { for (const revocation of other.#revoked) this.#add(revocation); }
  }

  /** Whether a topic is asked for from a position of the time before its right was revoked. */
  isLost(name: string, from: HistoryFrom): boolean {
    const position = positionOf(from);
    if (position === undefined) return false;
    const revoked = this.#revocationsOf(name);
    if (revoked.length === 0) return false;
    const { isAfter } = this.#source;
    const begun = this.#begun.get(name);
    if (begun !== undefined && !isAfter(begun, position)) return false;
    // Of positions that cannot be compared, each comes after the other.
    return revoked.some(({ at }) => at === undefined || !isAfter(position, at) || isAfter(at, position));
  }

  /** The link has subscribed to a topic, which begins at a position. */
  begin(name: string, at: Position): void {
    if (this.#begun.has(name) || this.#revocationsOf(name).length === 0) return;
    if (this.#begun.size === MAX_BEGUN) this.#begun = new TopicMap();
    this.#begun.set(name, at);
  }

  #revocationsOf(name: string): readonly Revocation[] {
    if (this.#revoked.length === 0) return this.#revoked;
    const topic = splitTopic(name);
    return this.#revoked.filter(({ topic: revoked }) =>
      revoked === undefined || topicsOverlap(revoked, topic)
    );
  }
}

function positionOf(from: HistoryFrom): Position | undefined {
  if (typeof from === "object") return "latest" in from ? from.latest : undefined;
  return from === "now" || from === "start" || from === "latest" ? undefined : from;
}
