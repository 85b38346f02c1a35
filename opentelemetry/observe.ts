import { type EventTargetStats, metricsOf, type StatsMetric } from "../mod.ts";
import type { BatchCallback, ObservableInstrument, OpenTelemetryMeter } from "./api.ts";

/** Options of {@linkcode observe}. */
export interface ObserveOptions {
  /** The meter: `metrics.getMeter("my-hub")` of `@opentelemetry/api`. */
  readonly meter: OpenTelemetryMeter;
  /** Attributes of each value, such as the name of the hub. They tell the targets of one meter apart. */
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * The first part of the name of each instrument.
   *
   * @default "pubsub"
   */
  readonly prefix?: string;
}

/** Ends an {@linkcode observe}. `using` does the same. */
export interface StopObserving extends Disposable {
  /** Gives the meter no more values. Further calls have no effect. */
  (): void;
}

/**
 * Gives the numbers of an event target, a hub, a spoke or a `PubSub` to a meter of OpenTelemetry. The numbers are read when
 * the meter collects: no timer runs, and no event costs more.
 *
 * Each number of `stats()` is an observable counter or gauge that has the path of the number as its name:
 * `published.handedOver` is `pubsub.published.handed_over`. Numbers by reason, code, stage, outcome or event type have an
 * attribute of that name. A number that appears later, such as the first report, is part of the collection after that.
 *
 * @example Observe a hub
 * ```ts
 * import { metrics } from "@opentelemetry/api";
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
 * import { observe } from "@alkdev/pubsub/opentelemetry";
 *
 * const hub = createWebSocketServerEventTarget();
 * const stop = observe(hub, { meter: metrics.getMeter("shop"), attributes: { hub: "eu-1" } });
 * await hub.close();
 * stop();
 * ```
 *
 * @param target Anything with `stats()`.
 * @param options The meter, and attributes.
 * @returns A function that ends it. The meter keeps the target in memory until then.
 * @throws {TypeError} If the target has no `stats()`, or the meter is not one.
 */
export function observe(
  target: { stats(): EventTargetStats },
  { meter, attributes = {}, prefix = "pubsub" }: ObserveOptions,
): StopObserving {
  if (typeof target?.stats !== "function") throw new TypeError("Cannot observe a target without stats()");
  if (typeof meter?.addBatchObservableCallback !== "function") {
    throw new TypeError("Cannot observe without a meter: pass metrics.getMeter() of @opentelemetry/api");
  }
  const instruments = new Map<string, ObservableInstrument>();
  /** The instruments that the meter asks for. */
  let registered: ObservableInstrument[] = [];
  let stopped = false;

  const onCollect: BatchCallback = (result) => {
    for (const metric of metricsOf(target.stats())) {
      const known = instrumentOf(metric);
      if (registered.includes(known)) {
        result.observe(known, metric.value, { ...attributes, ...metric.labels });
      }
    }
    // Later: the meter is going through its callbacks.
    if (registered.length < instruments.size) queueMicrotask(() => !stopped && register());
  };

  function instrumentOf({ path, type }: StatsMetric): ObservableInstrument {
    const name = [prefix, ...path.map(snakeCase)].join(".");
    const known = instruments.get(name);
    if (known !== undefined) return known;
    const options = { description: `The ${type} ${path.join(".")} of stats()`, unit: unitOf(path) };
    const created = type === "counter"
      ? meter.createObservableCounter(name, options)
      : meter.createObservableGauge(name, options);
    instruments.set(name, created);
    return created;
  }

  function register(): void {
    if (registered.length > 0) meter.removeBatchObservableCallback(onCollect, registered);
    registered = [...instruments.values()];
    meter.addBatchObservableCallback(onCollect, registered);
  }

  function stop(): void {
    if (stopped) return;
    stopped = true;
    meter.removeBatchObservableCallback(onCollect, registered);
  }

  for (const metric of metricsOf(target.stats())) instrumentOf(metric);
  register();
  return Object.assign(stop, { [Symbol.dispose]: stop });
}

/** The units of numbers: by the path, by the last name or by the first name of the path. All others count events. */
const UNITS: Readonly<Record<string, string>> = {
  "subscribers.refused": "{topic}",
  handedOver: "{event}",
  waiting: "{event}",
  bytes: "By",
  bufferedBytes: "By",
  topics: "{topic}",
  gaps: "{gap}",
  replays: "{replay}",
  dropped: "{event}",
  listeners: "{listener}",
  reports: "{report}",
  connections: "{connection}",
  subscribers: "{subscription}",
  subscriptions: "{subscription}",
};

function unitOf(path: readonly string[]): string {
  return UNITS[path.join(".")] ?? UNITS[path.at(-1) ?? ""] ?? UNITS[path[0] ?? ""] ?? "{event}";
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
