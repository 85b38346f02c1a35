import type { EventTargetStats } from "../../core/types.ts";

/** The counters and gauges of a hub. Each spoke has its own as well. */
export interface HubStats extends EventTargetStats {
  /** The connections of the hub. */
  readonly connections: {
    /** Gauge: the spokes, including those whose connection is not open yet. */
    readonly current: number;
    /** Gauge: the connections that have ended and are still closing. */
    readonly closing: number;
    /** Counter: the connections that opened. */
    readonly opened: number;
    /** Counters of the connections that were turned away: beyond `maxConnections`, or since the hub had closed. */
    readonly refused: { readonly full: number; readonly closed: number };
    /** Counters of the spokes that have ended, by close code; `none` without a code. */
    readonly ended: Readonly<Record<string, number>>;
  };
  /** The subscriptions of the spokes, and the events that all spokes of the hub got, including spokes that have ended. */
  readonly subscribers: SpokeSubscriptionStats & {
    /** Gauge: the subscriptions; a topic of two spokes counts twice. */
    readonly count: number;
    /** Counters of the topics that spokes were refused, by cause. */
    readonly refused: {
      /** The topic is not valid. */
      readonly invalid: number;
      /** `authorize` refused it. */
      readonly authorize: number;
      /** `authorize` threw. */
      readonly error: number;
      /** The upstream refused it, at once or later. */
      readonly upstream: number;
      /** The program revoked it. */
      readonly revoked: number;
      /** The spoke unsubscribed, or asked again, before it was answered. */
      readonly unsubscribed: number;
    };
    /** Counter: the events that connections were handed, of all spokes together. */
    readonly handedOver: number;
    /** Counter: the bytes that connections were handed, controls included. */
    readonly bytes: number;
    /** Gauge: the events that wait for spokes. */
    readonly waiting: number;
    /** Gauge: the bytes that wait for spokes, in the hub and in sockets. */
    readonly bufferedBytes: number;
    /** Counters of the events that spokes did not get, by reason; as in `published.dropped` of a spoke. */
    readonly dropped: {
      readonly tooLarge: number;
      readonly lost: number;
      readonly slow: number;
      readonly closed: number;
    };
  };
}

/** The counters and gauges of one spoke. `published` has the events that the spoke was sent, in any way. */
export interface SpokeStats extends EventTargetStats {
  /** The subscriptions of the spoke. */
  readonly subscribers: SpokeSubscriptionStats;
}

/** The subscriptions of one spoke or of all spokes. */
export interface SpokeSubscriptionStats {
  /** Gauge: the topics that a spoke is subscribed to. */
  readonly topics: number;
  /** Counter: the gaps that were reported to spokes. */
  readonly gaps: number;
  /** Counters of the replays that have ended: those that brought all that was asked for, and those that did not. */
  readonly replays: { readonly whole: number; readonly lost: number };
}
