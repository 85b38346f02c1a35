import type { EventTargetStats } from "./stats.ts";

/** One number of `stats()`. */
export interface StatsMetric {
  /** The path of the number, such as `["published", "handedOver"]`. The `total` and the `count` of a group have its path. */
  readonly path: readonly string[];
  /** Whether the number only grows. */
  readonly type: "counter" | "gauge";
  /** The labels that distinguish numbers of one path: `reason`, `code`, `stage`, `outcome` or `type`. */
  readonly labels: Readonly<Record<string, string>>;
  /** The number. */
  readonly value: number;
}

/** Groups of numbers that are one metric, and the label that tells them apart. */
export const LABELS: Readonly<Record<string, string>> = {
  dropped: "reason",
  refused: "reason",
  ended: "code",
  reports: "stage",
  replays: "outcome",
  types: "type",
};

/** The numbers that can fall. */
const GAUGES = ["waiting", "bufferedBytes", "topics", "count", "current", "closing"];

/**
 * Lists the numbers of an event target, for a metrics system other than Prometheus (`prometheusText`) and OpenTelemetry
 * (`observe` of `@alkdev/pubsub/opentelemetry`).
 *
 * @example Write lines for StatsD
 * ```ts
 * import { createInProcessEventTarget, metricsOf } from "@alkdev/pubsub";
 * import { assert } from "@std/assert";
 *
 * const eventTarget = createInProcessEventTarget();
 * eventTarget.publish({ type: "file.saved", id: "file_1", payload: null });
 * const lines = metricsOf(eventTarget.stats()).map(({ path, labels, value }) =>
 *   `pubsub.${[...path, ...Object.values(labels)].join(".")}:${value}|g`
 * );
 * assert(lines.includes("pubsub.heard.dropped.unheard:1|g"));
 * ```
 *
 * @param stats The numbers of one target.
 * @returns One item for each number.
 */
export function metricsOf(stats: EventTargetStats): StatsMetric[] {
  const metrics: StatsMetric[] = [];
  collect(stats, [], {}, metrics);
  return metrics;
}

function collect(
  group: object,
  path: readonly string[],
  labels: StatsMetric["labels"],
  metrics: StatsMetric[],
): void {
  for (const [key, value] of Object.entries(group)) {
    const label = LABELS[key];
    if (typeof value === "number") {
      const isOfGroup = key === "total" || key === "count";
      const type = GAUGES.includes(key) ? "gauge" : "counter";
      metrics.push({ path: isOfGroup ? path : [...path, key], type, labels, value });
    } else if (label === undefined) collect(value, [...path, key], labels, metrics);
    else {
      for (const [own, each] of Object.entries<number | object>(value)) {
        const all = { ...labels, [label]: own };
        if (typeof each === "number") {
          metrics.push({ path: [...path, key], type: "counter", labels: all, value: each });
        } else collect(each, [...path, key], all, metrics);
      }
    }
  }
}
