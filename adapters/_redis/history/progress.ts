import type { ListenerList } from "../../../core/listener_list.ts";
import type { Place } from "./place.ts";

/** The live events that wait for the missed ones. If there are more, the history brings them. */
const MAX_WAITING = 10_000;

/** An event that is not in the history after so many reads is of another one. The first read can be older than the event. */
const MAX_READS = 2;

/** A live event that waits. */
export interface Waiting {
  readonly topic: string;
  readonly detail: unknown;
  readonly place: Place;
  /** How many times missed events were read to their end while it waited. */
  reads: number;
  /** Whether it arrived before a gap was over, in which the history has begun anew with another epoch. */
  isInGap: boolean;
}

/** Whether a live event is in no history that was read for it. */
export function isUnknown({ reads }: Waiting): boolean {
  return reads >= MAX_READS;
}

/** How far the listeners of a topic got. */
export class Progress {
  /** Of the last event, or where the topic was acknowledged. `undefined` until one of both is known. */
  place: Place | undefined = undefined;
  /** Set while missed events are read, or will be. */
  waiting: Waiting[] | undefined = undefined;
  /** Whether live events were dropped meanwhile. */
  overflowed = false;
  /** Whether the gap of the last loss was reported before what was missed is read. */
  isGapReported = false;
  /** Of a bare type, the topics of its ids that wait while it is healed. */
  followers: { add(list: ListenerList, progress: Progress): void } | undefined = undefined;
  /** Whether Redis has acknowledged the topic. */
  acknowledged = false;
  /** Of an id, whether its bare type has lost events, so that the id must find out by itself which of its own are lost. */
  isAlone = false;

  /** Lets live events wait from now on. */
  suspend(): void {
    this.waiting = [];
    this.overflowed = this.isGapReported = false;
  }

  /** Ends the wait, and all that was noted for it. Returns the live events that waited. */
  resume(): readonly Waiting[] {
    const waiting = this.waiting ?? [];
    this.waiting = this.followers = undefined;
    this.isAlone = this.isGapReported = false;
    return waiting;
  }

  /** Lets a live event wait. */
  hold(event: Waiting): void {
    const waiting = this.waiting ??= [];
    if (waiting.push(event) <= MAX_WAITING) return;
    this.waiting = [];
    this.overflowed = true;
  }

  /** Notes that missed events were read to their end for the events that wait. */
  noteRead(): void {
    for (const event of this.waiting ?? []) event.reads++;
  }

  /**
   * The history has begun anew. Live events that wait are in the gap if they are of the epoch before, or of one that has been
   * deleted in between, which the next read shows.
   */
  changeEpoch(before: number, now: number): void {
    if (before === now) return;
    this.waiting = this.waiting?.filter(({ place }) => place.epoch !== before);
    for (const event of this.waiting ?? []) event.isInGap = event.place.epoch !== now;
  }

  /** Notes that a gap is reported before what was missed is read. Returns whether it is to be reported now. */
  reportsGap(): boolean {
    if (this.waiting === undefined || this.isGapReported) return false;
    return this.isGapReported = true;
  }
}
