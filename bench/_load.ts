/** The events of every bench: one type, and payloads that tell their place in a burst. */
export type Events = {
  "session.status": Status;
};

/** The payload. */
export type Status = {
  readonly state: "running";
  readonly n: number;
  /** When it was to be sent, in milliseconds of the clock that processes share. */
  readonly sentAt?: number;
};

/** The one event type. */
export const TYPE = "session.status";

/** The id that is subscribed to. */
export const ID = "proj_123";

/** An event as it travels without the library. */
export interface Event {
  /** The payload. */
  readonly payload: Status;
}

/** Type and id as one string, for the peers whose events have one name. */
export const TOPIC = `${TYPE}:${ID}`;

/** Where nothing depends on which payload it is. */
export const STATUS: Status = { state: "running", n: 0 };

/** The payloads of a burst, in order. */
export const BURST: readonly Status[] = Array.from({ length: 512 }, (_, n) => ({ state: "running", n }));

/**
 * The frames of a burst on a bare socket.
 *
 * @param burst The payloads.
 * @returns A frame for each event.
 */
export function eachAlone(burst: readonly Status[]): string[] {
  return burst.map((payload) => JSON.stringify({ type: TYPE, id: ID, payload }));
}

/**
 * The frame of a burst on a bare socket.
 *
 * @param burst The payloads.
 * @returns One frame with all events.
 */
export function joined(burst: readonly Status[]): string[] {
  return [`[${eachAlone(burst).join(",")}]`];
}

/** The numbers of topics that are compared. */
export const TOPIC_COUNTS = [1, 100, 10_000, 1_000_000] as const;

/** Counts what arrives, so that a row that loses an event has no figure. */
export class Arrivals {
  /** How many events arrived since the last check. */
  count = 0;

  /**
   * Fails if it was not as many as it should have been, and starts again.
   *
   * @param expected How many it should have been.
   */
  check(expected: number): void {
    if (this.count !== expected) throw new Error(`${this.count} events arrived instead of ${expected}`);
    this.count = 0;
  }
}
