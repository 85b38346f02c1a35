import { topicOfEnvelope } from "../../../core/envelope.ts";
import type { KeptEvents } from "../../../core/history/kept_events.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import type { Fanout } from "../outgoing/fanout.ts";
import type { HubCounters } from "../hub_counters.ts";
import type { UpstreamHost } from "../upstream/upstream.ts";

/**
 * Keeps what the hub's program publishes before any spoke gets it. Spokes get events in the order in which they are kept: one
 * that is published from inside of a callback waits until the one before has been sent to all spokes.
 */
export function keepPublished(
  events: KeptEvents<EncodedEnvelope>,
  fanout: Fanout,
  host: Pick<UpstreamHost, "report">,
  counters: Pick<HubCounters, "encode">,
): (envelope: EventEnvelope) => void {
  const waiting: [EventEnvelope, EncodedEnvelope | undefined][] = [];
  let isSending = false;
  return (envelope) => {
    let event: EncodedEnvelope | undefined;
    try {
      event = events.append(envelope);
    } catch (error) {
      counters.encode++;
      return host.report("encode", error, topicOfEnvelope(envelope));
    }
    if (isSending) return void waiting.push([envelope, event]);
    isSending = true;
    try {
      fanout.send(envelope, event);
      // The iterator also yields events that are added meanwhile.
      for (const [envelope, event] of waiting) fanout.send(envelope, event);
    } finally {
      waiting.length = 0;
      isSending = false;
    }
  };
}
