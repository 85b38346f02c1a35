import type { SpokeEventTarget } from "../mod.ts";
import type { OpenTelemetryApi } from "./api.ts";

/** Options of {@linkcode tracing}. */
export interface TracingOptions {
  /** The module `@opentelemetry/api`: `import * as api from "@opentelemetry/api"`. */
  readonly api: OpenTelemetryApi;
  /**
   * Whether a hub continues the traces of its spokes; a function decides for each event of a spoke. The events of other
   * spokes arrive without their traces: a stranger could record events at your cost, and attach them to traces of others. The
   * hub that a link connects to, and the programs on a Redis, are always trusted.
   *
   * @default false
   */
  readonly trustPeers?: boolean | ((spoke: SpokeEventTarget) => boolean);
  /**
   * The relation of a span that processes an event to the span that published it. With `"link"`, each begins a trace of its
   * own, and the sampler of its program decides about it: a trace does not grow with the number of readers. With `"child"`, all
   * are in the trace of the publisher.
   *
   * @default "link"
   */
  readonly consumerSpans?: "link" | "child";
  /**
   * Whether in-process event targets make spans too. Their callbacks run inside of `publish`, and so in the span of the
   * program: spans are of use if readers of iterators work later. A publish then takes as long again, to look for a span.
   *
   * @default false
   */
  readonly inProcess?: boolean;
}
