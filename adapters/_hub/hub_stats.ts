import type { EventTargetStats } from "../../core/types.ts";
import type { SpokeSender } from "../_session/spoke_sender.ts";
import type { HubCounters, SpokeTraffic } from "./hub_counters.ts";
import type { PendingWork } from "./incoming/pending_work.ts";
import type { HubStats, SpokeStats } from "./types.ts";

/** A spoke, as far as it is counted. */
interface CountedSpoke {
  readonly traffic: SpokeTraffic;
  readonly subscribed: { readonly size: number };
  readonly pending: PendingWork | undefined;
  readonly waiting: number;
  readonly bufferedBytes: number;
  readonly session: { readonly sender: SpokeSender };
}

/** The gauges of a hub. */
interface HubGauges {
  readonly spokes: readonly CountedSpoke[];
  readonly closing: number;
  readonly topics: number;
}

/** The numbers of a hub, from those that each event target has. */
export function hubStats(
  { published, heard, ...rest }: EventTargetStats,
  counters: HubCounters,
  { spokes, closing, topics }: HubGauges,
): HubStats {
  const { handedOver, unheard, encode, opened, full, late, ended, refused, spokes: all } = counters;
  let [count, waiting, bufferedBytes] = [0, 0, 0];
  for (const spoke of spokes) {
    count += spoke.subscribed.size;
    waiting += spoke.waiting;
    bufferedBytes += spoke.bufferedBytes;
  }
  return {
    ...rest,
    published: { ...published, handedOver, dropped: { ...published.dropped, encode, unheard } },
    heard: { total: heard.total, ...heardBy(all) },
    connections: {
      current: spokes.length,
      closing,
      opened,
      refused: { full, closed: late },
      ended: { ...ended },
    },
    subscribers: {
      topics,
      count,
      refused: { ...refused },
      gaps: all.of("gaps"),
      replays: replaysOf(all),
      handedOver: all.handedOver,
      bytes: all.bytes,
      waiting,
      bufferedBytes,
      dropped: {
        tooLarge: all.of("tooLarge"),
        lost: all.of("lost"),
        slow: all.of("slow"),
        closed: all.of("closing"),
      },
    },
  };
}

/** The numbers of a spoke, from those that each event target has. */
export function spokeStats(
  { published, heard: _, types: __, ...rest }: EventTargetStats,
  spoke: CountedSpoke,
): SpokeStats {
  const { traffic, waiting, bufferedBytes, session, subscribed, pending } = spoke;
  const { queue } = session.sender.outbox;
  const { given, handedOver, bytes } = traffic;
  let undecided = 0;
  for (const { request } of pending?.queue ?? []) if (request?.kind === "event") undecided++;
  return {
    ...rest,
    published: {
      total: published.total + given + queue.followed,
      handedOver,
      confirmed: traffic.of("confirmed"),
      bytes,
      waiting,
      bufferedBytes,
      dropped: {
        ...published.dropped,
        closed: published.dropped.closed + traffic.of("closing"),
        encode: traffic.of("encode"),
        tooLarge: traffic.of("tooLarge"),
        lost: traffic.of("lost"),
        slow: traffic.of("slow"),
      },
    },
    heard: { total: traffic.heard, ...heardBy(traffic), waiting: undecided },
    subscribers: {
      topics: subscribed.size,
      gaps: traffic.of("gaps"),
      replays: replaysOf(traffic),
    },
  };
}

function heardBy(traffic: SpokeTraffic): Omit<HubStats["heard"], "total"> {
  return {
    delivered: traffic.accepted,
    bytes: traffic.received,
    dropped: {
      refused: traffic.of("refused"),
      invalid: traffic.of("invalid"),
      rate: traffic.of("rate"),
      left: traffic.of("left"),
      circle: traffic.of("circle"),
    },
  };
}

function replaysOf(traffic: SpokeTraffic): { readonly whole: number; readonly lost: number } {
  return { whole: traffic.of("replaysWhole"), lost: traffic.of("replaysLost") };
}
