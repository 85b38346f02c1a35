/**
 * Typed publish/subscribe with interchangeable event targets (in-process, WebSocket client and server, workers), and
 * operators for subscriptions.
 *
 * @module
 */
export { createPubSub } from "./core/create_pubsub.ts";
export type { CheckedPubSub, CheckedPubSubConfig, PubSub, PubSubConfig } from "./core/pubsub.ts";
export type { DefinedEvents, PayloadIssue, UnknownTypes } from "./core/defined_events.ts";
export type * from "./core/event_map.ts";
export type { Jsonified, JsonOf } from "./core/jsonified.ts";
export { createInProcessEventTarget } from "./core/in_process.ts";
export type { InProcessEventTargetOptions } from "./core/in_process.ts";
export type * from "./core/history_source.ts";
export type { Topic } from "./core/topic.ts";
export type { OnOptions, StopListening } from "./core/on.ts";
export type { Subscription } from "./core/subscription.ts";
export { DEFAULT_CAPACITY } from "./core/subscribe_options.ts";
export type { OverflowPolicy, SubscribeOptions } from "./core/subscribe_options.ts";
export { ConnectionLostError, RefusedError, SubscriptionOverflowError } from "./core/errors.ts";
export { RejectedError, type RejectedErrorOptions } from "./core/rejected_error.ts";
export type { ConnectionLostErrorOptions, RefusedErrorOptions } from "./core/errors.ts";
export type * from "./core/typed_topics.ts";
export type * from "./core/types.ts";
export type * from "./core/diagnostics.ts";
export { metricsOf, type StatsMetric } from "./core/metrics.ts";
export { prometheusText, type PrometheusTextOptions } from "./core/prometheus_text.ts";
export * from "./adapters/websocket_client.ts";
export * from "./adapters/websocket_server.ts";
export * from "./adapters/worker.ts";
export * from "./operators/mod.ts";
