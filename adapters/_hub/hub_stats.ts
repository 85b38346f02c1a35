import type { EventTargetStats } from "../../core/types.ts";
import type { Sender } from "../_session/sender.ts";
import type { HubCounters, SpokeTraffic } from "./hub_counters.ts";
import type { PendingWork } from "./incoming/pending_work.ts";
import type { HubStats, SpokeStats } from "./types.ts";

/** A spoke, as far as it is counted. */
interface CountedSpoke {
  readonly traffic: SpokeTraffic;
  readonly topics: ReadonlySet<string>;
  readonly pending: PendingWork | undefined;
  readonly waiting: number;
  readonly bufferedBytes: number;
  readonly session: { readonly sender: Sender };
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
    count += spoke.topics.size;
    waiting += spoke.waiting;
    bufferedBytes += spoke.bufferedBytes;
  }
  const { tooLarge, lost, slow, closing: closed } = all;
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
      gaps: all.gaps,
      replays: { whole: all.replaysWhole, lost: all.replaysLost },
      handedOver: all.handedOver,
      bytes: all.bytes,
      waiting,
      bufferedBytes,
      dropped: { tooLarge, lost, slow, closed },
    },
  };
}

/** The numbers of a spoke, from those that each event target has. */
export function spokeStats(
  { published, heard: _, types: __, ...rest }: EventTargetStats,
  spoke: CountedSpoke,
): SpokeStats {
  const { traffic, waiting, bufferedBytes, session, topics, pending } = spoke;
  const { queue } = session.sender.outbox;
  const { given, handedOver, confirmed, bytes, encode, tooLarge, lost, slow, closing } = traffic;
  const dropped = { ...published.dropped, closed: published.dropped.closed + closing };
  let undecided = 0;
  for (const { request } of pending?.queue ?? []) if (request?.kind === "event") undecided++;
  return {
    ...rest,
    published: {
      total: published.total + given + queue.followed,
      handedOver,
      confirmed,
      bytes,
      waiting,
      bufferedBytes,
      dropped: { ...dropped, encode, tooLarge, lost, slow },
    },
    heard: { total: traffic.heard, ...heardBy(traffic), waiting: undecided },
    subscribers: {
      topics: topics.size,
      gaps: traffic.gaps,
      replays: { whole: traffic.replaysWhole, lost: traffic.replaysLost },
    },
  };
}

function heardBy(
  { accepted, received, refused, invalid, rate, left, circle }: SpokeTraffic,
): Omit<HubStats["heard"], "total"> {
  return { delivered: accepted, bytes: received, dropped: { refused, invalid, rate, left, circle } };
}
