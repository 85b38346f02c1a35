/**
 * Metrics and traces with OpenTelemetry: {@linkcode observe} gives the numbers of `stats()` to a meter, and
 * {@linkcode tracing} makes spans of events.
 *
 * @module
 */
export { observe, type ObserveOptions, type StopObserving } from "./observe.ts";
export { tracing } from "./tracing.ts";
export type { TracingOptions } from "./tracing_options.ts";
export type * from "./api.ts";
