import { ELEMENTS_PER_TOKEN } from "../../_session/parts.ts";
import type { HubBounds } from "../bounds.ts";
import { TokenBucket } from "../token_bucket.ts";

/**
 * The rate of one spoke. Every frame takes a token, whatever is in it, and one more for each 512 elements. If the
 * program limits events, each event and each request after the first of a frame takes a token as well.
 */
export class IncomingRate {
  readonly #bounds: HubBounds;
  readonly #bucket: TokenBucket;
  /** Whether the token of the frame covers its next element. */
  #isCovered = false;

  constructor(bounds: HubBounds) {
    this.#bounds = bounds;
    this.#bucket = new TokenBucket(bounds.maxEventsPerSecond, bounds.maxEventBurst);
  }

  /** The reason that a spoke beyond the rate gets. */
  get reason(): string {
    const { maxEventsPerSecond, countsEvents } = this.#bounds;
    return `more than ${maxEventsPerSecond} ${countsEvents ? "events" : "frames"} a second`;
  }

  /** A frame arrived, or with a number of elements, is about to be read. Returns whether it is within the rate. */
  takeFrame(elements: number): boolean {
    this.#isCovered = true;
    return this.#bucket.take(elements === 0 ? 1 : Math.floor(elements / ELEMENTS_PER_TOKEN));
  }

  /** An event or a request of the frame is about to be handled. Returns whether it is within the rate. */
  takeElement(): boolean {
    if (this.#isCovered || !this.#bounds.countsEvents) {
      this.#isCovered = false;
      return true;
    }
    return this.#bucket.take();
  }
}
