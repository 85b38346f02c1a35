import type { ListenerList } from "../../../core/listener_list.ts";
import type { Place } from "./place.ts";

/** The live events that wait for the missed ones. If there are more, the history brings them. */
const MAX_WAITING = 10_000;

/** A live event that waits. */
export interface Waiting {
  readonly topic: string;
  readonly detail: unknown;
  readonly place: Place;
  /** How many times missed events were read for it. */
  reads: number;
}

/** How far the listeners of a topic got. */
export interface Progress {
  /** Of the last event, or where the topic was acknowledged. `undefined` until one of both is known. */
  place: Place | undefined;
  /** Set while missed events are read, or will be. */
  waiting: Waiting[] | undefined;
  /** Whether live events were dropped meanwhile. */
  overflowed: boolean;
  /** Of a bare type, the topics of its ids that wait while it is healed. */
  followers: { add(list: ListenerList, progress: Progress): void } | undefined;
  /** Whether Redis has acknowledged the topic. */
  acknowledged: boolean;
  /** Of an id, whether its bare type has lost events, so that the id must find out by itself which of its own are lost. */
  isAlone: boolean;
}

export function newProgress(): Progress {
  return {
    place: undefined,
    waiting: undefined,
    overflowed: false,
    acknowledged: false,
    isAlone: false,
    followers: undefined,
  };
}

/** Lets a live event wait. */
export function hold(progress: Progress, event: Waiting): void {
  const waiting = progress.waiting ??= [];
  if (waiting.push(event) <= MAX_WAITING) return;
  progress.waiting = [];
  progress.overflowed = true;
}

/** Forgets the live events of an epoch that wait. */
export function dropHeld(progress: Progress, epoch: number): void {
  progress.waiting = progress.waiting?.filter(({ place }) => place.epoch !== epoch);
}
