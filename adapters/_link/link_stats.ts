import type { BaseEventTarget } from "../../core/base_event_target.ts";
import type { Outbox } from "../_session/outbox.ts";
import type { Traffic } from "../_session/traffic.ts";
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
  { opened, failed, ended }: ConnectionCounts,
): LinkStats {
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
      bytes: traffic.received,
      dropped: { ...heard.dropped, replay: 0 },
    },
    connections: { opened, failed, ended: { ...ended } },
  };
}
