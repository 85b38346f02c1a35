import type { EventTracing } from "../mod.ts";
import { EventSpans } from "./event_spans.ts";
import type { TracingOptions } from "./tracing_options.ts";

/**
 * Makes spans of events with OpenTelemetry, by the
 * [conventions for messaging](https://github.com/alkdev/pubsub/blob/main/docs/observability.md#traces). It is an option of
 * each event target on the way of an event, and works with any SDK, and on Deno with `OTEL_DENO=true` without one.
 *
 * An event is traced if it is published while a sampled span is active. Then `publish` makes a span, and the event carries
 * its `traceparent`. A callback of `on` that gets the event runs in a span. The work of a program that reads an iterator is
 * traced by {@linkcode EventTracing.process}. An event that is not traced costs one look at the active span.
 *
 * @example Trace events from a spoke to its hub
 * ```ts ignore
 * import * as api from "@opentelemetry/api";
 * import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
 * import { tracing } from "@alkdev/pubsub/opentelemetry";
 *
 * type Events = { "order.placed": { total: number }; "order.paid": { total: number } };
 * const traces = tracing({ api });
 * const eventTarget = createWebSocketClientEventTarget(() => new WebSocket("wss://…"), { tracing: traces });
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * pubsub.on("order.paid", ({ id }) => console.log(id)); // runs in the span "process order.paid"
 * api.trace.getTracer("shop").startActiveSpan("checkout", (span) => {
 *   pubsub.publish("order.placed", "order_1", { total: 12 }); // the span "publish order.placed"
 *   span.end();
 * });
 * ```
 *
 * @example The work of an iterator's reader in a span
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
 * import { tracing } from "@alkdev/pubsub/opentelemetry";
 *
 * const traces = tracing({ api, inProcess: true });
 * const eventTarget = createInProcessEventTarget({ tracing: traces });
 * const pubsub = createPubSub<{ "order.placed": { total: number } }>({ eventTarget });
 *
 * const orders = pubsub.subscribe("order.placed");
 * pubsub.publish("order.placed", "order_1", { total: 12 });
 * for await (const event of orders) {
 *   await traces.process(event, async () => console.log(event.payload.total));
 *   break;
 * }
 * ```
 *
 * @param options The API of OpenTelemetry, and whom to trust.
 * @returns The option `tracing` of event targets.
 * @throws {TypeError} If `api` is not that module, or an option has a wrong value.
 */
export function tracing(options: TracingOptions): EventTracing {
  return new EventSpans(options);
}
