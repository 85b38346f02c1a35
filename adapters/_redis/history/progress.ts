import type { Place } from "./place.ts";

/** A live event that waits. */
export interface Waiting {
  readonly topic: string;
  readonly detail: unknown;
  readonly place: Place;
}

/** How far the listeners of a topic got. */
export interface Progress {
  /** Of the last event, or where the topic was acknowledged. `undefined` until one of both is known. */
  place: Place | undefined;
  /** Set while missed events are read, or will be. */
  waiting: Waiting[] | undefined;
  /** Whether live events were dropped meanwhile. */
  overflowed: boolean;
  /** Whether Redis has acknowledged the topic. */
  acknowledged: boolean;
}
