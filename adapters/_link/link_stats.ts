import type { BaseEventTarget } from "../../core/base_event_target.ts";
import type { Outbox } from "../_session/outbox.ts";
import type { Traffic } from "../_session/traffic.ts";
import type { LinkPast } from "./link_past.ts";
import type { LinkStats } from "./options.ts";

/** The connections that were up, those that have ended by their close codes, and the attempts that failed. */
export class ConnectionCounts {
  opened = 0;
  failed = 0;
  readonly ended: Record<string, number> = {};

  end({ code = "none" }: { readonly code?: number | "none" | undefined }, wasUp: boolean): void {
    if (wasUp) this.ended[code] = (this.ended[code] ?? 0) + 1;
    else this.failed++;
  }
}

/** The counters and gauges of a link. */
export function linkStats(
  { published, heard, ...rest }: ReturnType<BaseEventTarget["stats"]>,
  traffic: Traffic,
  { queue, window }: Outbox,
  past: LinkPast | undefined,
  { opened, failed, ended }: ConnectionCounts,
): LinkStats {
  const { delivered = 0, dropped: replay = 0, replays } = past ?? {};
  return {
    ...rest,
    published: {
      ...published,
      handedOver: traffic.handedOver,
      confirmed: traffic.of("confirmed"),
      bytes: traffic.bytes,
      waiting: queue.events,
      bufferedBytes: queue.bytes + window.bytes,
      dropped: {
        ...published.dropped,
        encode: traffic.of("encode"),
        tooLarge: traffic.of("tooLarge"),
        lost: traffic.of("lost"),
      },
    },
    heard: {
      ...heard,
      delivered: heard.delivered + delivered,
      bytes: traffic.received,
      dropped: { ...heard.dropped, replay },
    },
    connections: { opened, failed, ended: { ...ended } },
    ...(replays && { replays: { ...replays } }),
  };
}
