/** The operation during which a fault occurred. */
export type ErrorStage =
  | "connect"
  | "subscribe"
  | "publish"
  | "decode"
  | "encode"
  | "listener"
  | "backpressure";

/**
 * The counters and gauges of an event target at one moment. Counters only grow; gauges say what is there now. All values
 * are plain numbers in plain objects, so that they can be sent, compared and subtracted. A number that a target cannot have is
 * absent.
 *
 * The counters balance: `published.total` is the sum of `handedOver`, `waiting` and all numbers of `dropped`, and at rest
 * `heard.total` is the sum of `delivered` and all numbers of `dropped`.
 *
 * @example Find out whether events were dropped
 * ```ts
 * import { createInProcessEventTarget, type EventTargetStats } from "@alkdev/pubsub";
 * import { assertEquals } from "@std/assert";
 *
 * const eventTarget = createInProcessEventTarget();
 * eventTarget.listen("file.saved", undefined, { onEvent() {} });
 * eventTarget.publish({ type: "file.saved", id: "file_1", payload: null });
 * eventTarget.publish({ type: "file.read", id: "file_1", payload: null });
 * const stats: EventTargetStats = eventTarget.stats();
 * assertEquals([stats.published.total, stats.heard.delivered, stats.heard.dropped.unheard], [2, 1, 1]);
 * assertEquals(stats.types?.["file.saved"], { published: 1, heard: 1 });
 * ```
 */
export interface EventTargetStats {
  /** Events that were published here. */
  readonly published: PublishedStats;
  /** Events that arrived here. */
  readonly heard: HeardStats;
  /** The listeners here. */
  readonly listeners: ListenerStats;
  /** Counters of the faults that were reported (`onError`), by stage. Stages without a fault are absent. */
  readonly reports: Readonly<Partial<Record<ErrorStage, number>>>;
  /**
   * Counters by event type, of the first hundred types that were published here or accepted from a peer. All further types,
   * and the events that were refused, count as `other`.
   */
  readonly types?: Readonly<Record<string, TypeStats>>;
}

/** Events that were published on a target. */
export interface PublishedStats {
  /** Counter: the events that were published, also after the end. */
  readonly total: number;
  /**
   * Counter: the events that were handed to the next stage. That is the listeners of an in-process target, the connection
   * of a link or a spoke, the client of a Redis target once Redis has taken the event, the upstream of a hub that has one, and
   * of any other hub its subscribed spokes.
   */
  readonly handedOver: number;
  /**
   * Counter: of the events that were handed over, those that the far end has certainly received, since it answered a
   * `flush()` later. Over a connection that has ended, the far end has received between `confirmed` and `handedOver` events.
   */
  readonly confirmed?: number;
  /** Counter: the bytes that were handed to connections, controls included. */
  readonly bytes?: number;
  /** Gauge: the events that wait to be handed over. */
  readonly waiting?: number;
  /** Gauge: the bytes that wait, here and in the runtime. */
  readonly bufferedBytes?: number;
  /** Counters of the events that were not handed over, by reason. */
  readonly dropped: {
    /** Too many bytes waited (`maxBufferedBytes`). */
    readonly backpressure: number;
    /** The target had ended. */
    readonly closed: number;
    /** The transport threw, or Redis refused the event or did not answer. */
    readonly failed: number;
    /** The event could not be encoded. */
    readonly encode?: number;
    /** The event was larger than the peer accepts. */
    readonly tooLarge?: number;
    /** The connection ended, or the target was closed with `discard`, while the event waited. */
    readonly lost?: number;
    /** The spoke reads too slowly, and is sent nothing more. */
    readonly slow?: number;
    /** No spoke was subscribed to the event. */
    readonly unheard?: number;
  };
}

/** Events that arrived at a target. */
export interface HeardStats {
  /** Counter: the well-formed events that arrived. */
  readonly total: number;
  /** Counter: the events that reached a listener here. On a hub and a spoke: the events that the hub accepted. */
  readonly delivered: number;
  /** Counter: the bytes that arrived, controls included. Text counts one byte for each UTF-16 unit. */
  readonly bytes?: number;
  /** Gauge: the events that wait for `authorize`, or for an earlier message of the same spoke. */
  readonly waiting?: number;
  /** Counters of the events that were not delivered, by reason. */
  readonly dropped: {
    /** Nobody listened any more. */
    readonly unheard?: number;
    /** It is no envelope of its topic, and only listeners of envelopes listened. */
    readonly decode?: number;
    /** A replay brought it that nobody waited for any more, or it came live and a replay brings it once more. */
    readonly replay?: number;
    /** `authorize` refused it, or threw. */
    readonly refused?: number;
    /** It does not fit the schema of its type. */
    readonly invalid?: number;
    /** The spoke sent too much in a second, and was dropped. */
    readonly rate?: number;
    /** The spoke had ended before its event was decided. */
    readonly left?: number;
    /** It came through too many hubs. */
    readonly circle?: number;
  };
}

/** The listeners of a target. */
export interface ListenerStats {
  /** Gauge: the topics that have a listener. */
  readonly topics: number;
  /** Gauge: the listeners. */
  readonly count: number;
  /** Counter: the gaps that were reported here. */
  readonly gaps: number;
}

/** The counters and gauges of a `PubSub`: those of its event target, and of its own subscriptions. */
export interface PubSubStats extends EventTargetStats {
  /** The subscriptions and callbacks of the `PubSub`. */
  readonly subscriptions: {
    /** Gauge: those that have not ended. */
    readonly count: number;
    /** Counter: the events that were dropped because the buffer of a subscription was full. */
    readonly dropped: number;
  };
}

/** The events of one type. */
export interface TypeStats {
  /** Counter: the events of the type that were published here. */
  readonly published: number;
  /** Counter: the events of the type that arrived here. */
  readonly heard: number;
}
