import { describe } from "./describe.ts";
import { assertOneOf } from "./event_checks.ts";
import { LABELS, metricsOf } from "./metrics.ts";
import type { EventTargetStats } from "./stats.ts";

/** Options of {@linkcode prometheusText}. */
export interface PrometheusTextOptions {
  /**
   * The first part of each name.
   *
   * @default "pubsub"
   */
  readonly prefix?: string;
  /** Labels of each sample, such as the name of the hub. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * The format: `text` is `text/plain; version=0.0.4`, and `openmetrics` is `application/openmetrics-text; version=1.0.0`.
   *
   * @default "text"
   */
  readonly format?: "text" | "openmetrics";
}

/** A metric, with the samples of all its labels. */
interface Metric {
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: string[];
}

/**
 * Writes the numbers of an event target in the text format of Prometheus. Each number of `stats()` is a metric, such as
 * `pubsub_published_total`. Numbers by reason, code, stage, outcome or event type are one metric with that label.
 *
 * @example Answer a scrape
 * ```ts
 * import { createInProcessEventTarget, prometheusText } from "@alkdev/pubsub";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const eventTarget = createInProcessEventTarget();
 * eventTarget.publish({ type: "file.saved", id: "file_1", payload: null });
 * const text = prometheusText(eventTarget.stats(), { labels: { target: "files" } });
 * assertStringIncludes(text, 'pubsub_published_total{target="files"} 1\n');
 * assertStringIncludes(text, 'pubsub_heard_dropped_total{target="files",reason="unheard"} 1\n');
 * ```
 *
 * @param stats The numbers of one target. A scrape of several targets needs a prefix for each.
 * @param options The names and labels, and the format.
 * @returns Lines, each with a line feed at its end.
 * @throws {TypeError} If the prefix or a label is not a name that Prometheus allows, a label is one of the metrics' own, its
 * value is not a string, the format is not one of these, or `stats` is not what `stats()` returned.
 */
export function prometheusText(stats: EventTargetStats, options: PrometheusTextOptions = {}): string {
  const { prefix = "pubsub", labels = {}, format = "text" } = options;
  if (typeof stats?.published !== "object") {
    throw new TypeError(`Cannot write ${describe(stats)} for Prometheus: pass what stats() returned`);
  }
  assertName("prefix", prefix);
  assertOneOf("format", format, ["text", "openmetrics"]);
  const own = Object.values(LABELS);
  for (const [name, value] of Object.entries(labels)) {
    assertName("label", name);
    if (typeof value !== "string") {
      throw new TypeError(`Cannot use ${describe(value)} as the label "${name}": it must be a string`);
    }
    if (own.includes(name)) {
      throw new TypeError(`Cannot use the label "${name}": metrics have a label of that name`);
    }
  }
  const metrics = new Map<string, Metric>();
  for (const { path, type, labels: own, value } of metricsOf(stats)) {
    const name = [prefix, ...path.map(snakeCase)].join("_");
    const metric: Metric = metrics.get(name) ?? { type, help: path.join("."), samples: [] };
    metrics.set(name, metric);
    const sample = `${name}${type === "counter" ? "_total" : ""}${labelsOf({ ...labels, ...own })}`;
    metric.samples.push(`${sample} ${value}\n`);
  }
  const isOpen = format === "openmetrics";
  let text = "";
  for (const [name, { type, help, samples }] of metrics) {
    const family = type === "counter" && !isOpen ? `${name}_total` : name;
    text += `# HELP ${family} The ${type} ${help} of stats().\n# TYPE ${family} ${type}\n${samples.join("")}`;
  }
  return isOpen ? `${text}# EOF\n` : text;
}

function assertName(what: string, name: unknown): void {
  if (typeof name === "string" && /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) return;
  throw new TypeError(
    `Cannot use ${describe(name)} as a ${what}: it must be letters, digits and underscores`,
  );
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return all.length === 0 ? "" : `{${all.join(",")}}`;
}

function escape(value: string): string {
  return value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
}
