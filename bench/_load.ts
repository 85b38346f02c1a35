/** The events of every bench: one type, and payloads that hold their number in a burst. */
export type Events = {
  "session.status": Status;
};

/** The payload. */
export type Status = {
  readonly state: "running";
  readonly n: number;
  /** The time at which it was due, in milliseconds of the clock that processes share. */
  readonly sentAt?: number;
};

/** The one event type. */
export const TYPE = "session.status";

/** The subscribed id. */
export const ID = "proj_123";

/** An event as it travels without the library. */
export interface Event {
  /** The payload. */
  readonly payload: Status;
}

/** Type and id as one string, for peers whose events have one name. */
export const TOPIC = `${TYPE}:${ID}`;

/** A payload for rows that do not depend on it. */
export const STATUS: Status = { state: "running", n: 0 };

/** The payloads of a burst, in order. */
export const BURST: readonly Status[] = Array.from({ length: 512 }, (_, n) => ({ state: "running", n }));

/** The frames of a burst on a bare socket. */
export function eachAlone(burst: readonly Status[]): string[] {
  return burst.map((payload) => JSON.stringify({ type: TYPE, id: ID, payload }));
}

/** The frame of a burst on a bare socket. */
export function joined(burst: readonly Status[]): string[] {
  return [`[${eachAlone(burst).join(",")}]`];
}

/** The compared numbers of topics. */
export const TOPIC_COUNTS = [1, 100, 10_000, 1_000_000] as const;

/** Counts arriving events, so that a row that loses an event has no figure. */
export class Arrivals {
  /** The number of events since the last check. */
  count = 0;

  /** Throws unless the expected number of events arrived, and starts again. */
  check(expected: number): void {
    if (this.count !== expected) throw new Error(`${this.count} events arrived instead of ${expected}`);
    this.count = 0;
  }
}
