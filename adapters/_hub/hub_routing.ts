import type { Dispatcher } from "../../core/dispatcher.ts";
import { type KeepingHistory, notHistory } from "../../core/history_of.ts";
import type { Codec } from "../_wire/codec.ts";
import { encodedForm } from "./history/encoded_form.ts";
import { HubPast } from "./history/hub_past.ts";
import type { PastBounds } from "./history/link_rights.ts";
import { keepPublished } from "./history/keep_published.ts";
import { ownPast, upstreamPast } from "./history/past_source.ts";
import type { HubCounters } from "./hub_counters.ts";
import type { Links } from "./identity/links.ts";
import type { Fanout } from "./outgoing/fanout.ts";
import { directRouting, type Routing } from "./routing.ts";
import type { HubOptions } from "./types.ts";
import type { UpstreamHost } from "./upstream/upstream.ts";
import { UpstreamRouting } from "./upstream/upstream_routing.ts";

/** The parts that a routing connects. */
interface RoutingParts {
  readonly codec: Codec;
  readonly dispatcher: Dispatcher;
  readonly fanout: Fanout;
  readonly links: Links;
  readonly bounds: PastBounds;
  readonly counters: HubCounters;
  readonly host: UpstreamHost & { onUpstreamStatus(): void };
}

/** The routing of a hub, and the past of its events if it has one: its own, or the one of its upstream. */
export function createRouting(
  { upstream, history, tracing }: Pick<HubOptions<never>, "upstream" | "history" | "tracing">,
  { codec, dispatcher, fanout, links, bounds, counters, host }: RoutingParts,
): { readonly routing: Routing; readonly past: HubPast | undefined } {
  const identityOf = links.identityOf.bind(links);
  if (upstream !== undefined) {
    if (history !== undefined) {
      throw new TypeError("Cannot use history together with upstream: the history belongs to the upstream");
    }
    const routing = new UpstreamRouting(upstream, dispatcher, fanout, host, counters, tracing);
    const source = upstreamPast(upstream, (envelope, spoke) => fanout.encodeFor(envelope, spoke));
    fanout.past = source && new HubPast(source, bounds, identityOf);
    return { routing, past: fanout.past };
  }
  if (history === undefined) {
    return { routing: directRouting(dispatcher, (envelope) => fanout.send(envelope)), past: undefined };
  }
  // Cast: createMemoryHistory() makes all of them.
  const events = (history as KeepingHistory).keepAs?.(encodedForm(codec));
  if (events === undefined) throw notHistory(history);
  return {
    routing: directRouting(dispatcher, keepPublished(events, fanout, host, counters)),
    past: new HubPast(ownPast(events), bounds, identityOf),
  };
}
