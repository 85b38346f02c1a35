import { ELEMENTS_PER_TOKEN, type SessionControl } from "../../_session/parts.ts";
import type { HubBounds } from "../bounds.ts";
import { TokenBucket } from "../token_bucket.ts";

/** The frames of no use that a spoke can send in a second, unless its rate is lower. */
const MAX_USELESS_PER_SECOND = 1000;

/** A frame of no use counts once more for each so many characters. */
const USELESS_LENGTH = 2048;

/** The topics that a spoke can ask for in a second, unless it can have more: a tenth of what a hub manages. */
const MIN_TOPICS_PER_SECOND = 10_000;

type Kind = SessionControl["kind"];

const FAULTS: ReadonlySet<Kind> = new Set<Kind>(["malformed", "oversized"]);

const REQUESTS: ReadonlySet<Kind> = new Set<Kind>(["subscribe", "unsubscribe", "flush"]);

/**
 * The rate of one spoke. Every frame takes a token, whatever is in it, and one more for each 512 elements. If the
 * program limits events, each event and each request after the first of a frame takes a token as well. A frame of no use
 * has no event, request, first hello or answer to a flush. It takes a thousandth of the tokens of a second, and
 * as much again for each 2,048 characters. A request for as many topics as a spoke can have takes half of a burst, and
 * one for fewer in proportion.
 */
export class IncomingRate {
  readonly #bounds: HubBounds;
  readonly #bucket: TokenBucket;
  /** The tokens that a frame of no use takes for each 2 KiB. */
  readonly #weight: number;
  readonly #topicWeight: number;
  /** Whether the token of the frame covers its next element. */
  #isCovered = false;
  #isOfUse = false;
  #saidHello = false;

  constructor(bounds: HubBounds) {
    const { maxEventsPerSecond, maxEventBurst, maxTopicsPerConnection } = this.#bounds = bounds;
    this.#bucket = new TokenBucket(maxEventsPerSecond, maxEventBurst);
    this.#weight = Math.max(1, Math.min(maxEventsPerSecond / MAX_USELESS_PER_SECOND, maxEventBurst));
    this.#topicWeight = maxEventBurst / 2 / Math.max(MIN_TOPICS_PER_SECOND, maxTopicsPerConnection);
  }

  /** The reason that a spoke beyond the rate gets. */
  get reason(): string {
    const { maxEventsPerSecond, countsEvents } = this.#bounds;
    return `more than ${maxEventsPerSecond} ${countsEvents ? "events" : "frames"} a second`;
  }

  /** A frame arrived, or with a number of elements, is about to be read. Returns whether it is within the rate. */
  takeFrame(elements: number): boolean {
    this.#isCovered = true;
    this.#isOfUse = false;
    return this.#bucket.take(elements === 0 ? 1 : Math.floor(elements / ELEMENTS_PER_TOKEN));
  }

  /** An event of the frame is about to be handled. Returns whether it is within the rate. */
  takeEvent(): boolean {
    this.#isOfUse = true;
    if (!this.#isCovered && this.#bounds.countsEvents) return this.#bucket.take();
    this.#isCovered = false;
    return true;
  }

  /** Something else of the frame is about to be handled. Returns whether it is within the rate. */
  takeControl(control: SessionControl): boolean {
    const { kind } = control;
    if (FAULTS.has(kind)) return true;
    const isOfUse = this.#isOfUse || REQUESTS.has(kind) || (kind === "hello" && !this.#saidHello);
    this.#saidHello ||= kind === "hello";
    const isWithin = this.takeEvent();
    this.#isOfUse = isOfUse;
    return isWithin && (control.kind !== "subscribe" || this.#takeTopics(control.topics.length));
  }

  /** The frame is of use. */
  noteUse(): void {
    this.#isOfUse = true;
  }

  /** A frame of that size has been read. Returns whether it was within the rate. */
  endFrame(size: number): boolean {
    // It has taken one token already.
    return this.#isOfUse || this.#bucket.take((this.#weight - 1) * (1 + Math.floor(size / USELESS_LENGTH)));
  }

  /** Takes the tokens of a request for topics. That of its frame covers the first topic. */
  #takeTopics(count: number): boolean {
    // A request beyond the bound is refused, which takes less.
    const charged = Math.min(count - 1, this.#bounds.maxTopicsPerConnection);
    return charged <= 0 || this.#bucket.take(Math.floor(charged * this.#topicWeight));
  }
}
