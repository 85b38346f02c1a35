import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type EventTargetStats,
  metricsOf,
  prometheusText,
} from "@alkdev/pubsub";
import { observe } from "@alkdev/pubsub/opentelemetry";
import { FakeSocket } from "../support/fake_socket.ts";
import { parseMetrics } from "../support/prometheus_parser.ts";

/** Reads when it is asked, as the exporters of the SDK do by their timers. */
class ManualReader extends MetricReader {
  protected override onShutdown = () => Promise.resolve();
  protected override onForceFlush = () => Promise.resolve();
  override selectAggregationTemporality = () => AggregationTemporality.CUMULATIVE;

  /** The values that a collection gives, by name and attributes. */
  async values(): Promise<Map<string, number>> {
    const { resourceMetrics, errors } = await this.collect();
    assertEquals(errors, []);
    const values = new Map<string, number>();
    for (const { metrics } of resourceMetrics.scopeMetrics) {
      for (const { descriptor, dataPoints } of metrics) {
        for (const { attributes, value } of dataPoints) {
          values.set([descriptor.name, ...Object.values(attributes)].join(), Number(value));
        }
      }
    }
    return values;
  }
}

function meterOf(reader: MetricReader) {
  return new MeterProvider({ readers: [reader] }).getMeter("test");
}

/** The same form, straight from the numbers. */
function valuesOf(stats: EventTargetStats, ...attributes: string[]): Map<string, number> {
  return new Map(
    metricsOf(stats).map(({ path, labels, value }) => {
      const name = path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
      return [[["pubsub", ...name].join("."), ...attributes, ...Object.values(labels)].join(), value];
    }),
  );
}

Deno.test("a meter gets every number of a hub, its spokes, a link and a PubSub", async () => {
  const reader = new ManualReader();
  const meter = meterOf(reader);
  const hub = createWebSocketServerEventTarget<never, FakeSocket>({ onError() {} });
  const socket = new FakeSocket();
  const spoke = hub.addConnection(socket);
  const link = createWebSocketClientEventTarget(new FakeSocket(), { connectTimeoutMs: Infinity });
  const pubsub = createPubSub();
  const targets = { hub, spoke, link, pubsub };
  const stops = Object.entries(targets).map(([name, target]) => {
    return observe(target, { meter, attributes: { name } });
  });
  socket.receive("__subscribe", "1", { topics: ["a"] });
  socket.receive("a", "1", 1);
  hub.publish({ type: "a", id: "1", payload: 1 });
  link.publish({ type: "a", id: "1", payload: 1 });
  pubsub.publish("a", "1");
  await reader.values();
  const values = await reader.values();
  const expected = new Map(
    Object.entries(targets).flatMap(([name, target]) => [...valuesOf(target.stats(), name)]),
  );
  assertEquals(new Map([...values].sort()), new Map([...expected].sort()));
  assertEquals(values.get("pubsub.published,hub"), 1);
  assertEquals(values.get("pubsub.subscribers.handed_over,hub"), 1);
  for (const stop of stops) stop();
  hub.publish({ type: "a", id: "1", payload: 1 });
  // The SDK repeats the last values.
  assertEquals(await reader.values(), values);
});

Deno.test("a number that appears later is collected from the next collection on", async () => {
  const reader = new ManualReader();
  const target = createInProcessEventTarget({ onError() {} });
  using _ = observe(target, { meter: meterOf(reader) });
  assertEquals([...await reader.values()].filter(([name]) => name.startsWith("pubsub.reports")), []);
  target.listen("a", undefined, {
    onEvent() {
      throw new Error("of the listener");
    },
  });
  target.publish({ type: "a", id: "1", payload: null });
  await reader.values();
  const values = await reader.values();
  assertEquals(values.get("pubsub.reports,listener"), 1);
  assertEquals(values.get("pubsub.types.published,a"), 1);
});

Deno.test("instruments have the names of prometheusText, and the right kinds and units", async () => {
  const created = new Map<string, string>();
  const reader = new ManualReader();
  const meter = meterOf(reader);
  const hub = createWebSocketServerEventTarget();
  hub.publish({ type: "a", id: "1", payload: 1 });
  observe(hub, {
    meter: {
      createObservableCounter(name, options) {
        created.set(`${name.replaceAll(".", "_")}_total`, `counter ${options?.unit}`);
        return meter.createObservableCounter(name, options);
      },
      createObservableGauge(name, options) {
        created.set(name.replaceAll(".", "_"), `gauge ${options?.unit}`);
        return meter.createObservableGauge(name, options);
      },
      addBatchObservableCallback: (...args) => meter.addBatchObservableCallback(...args),
      removeBatchObservableCallback: (...args) => meter.removeBatchObservableCallback(...args),
    },
  })();
  const families = parseMetrics(prometheusText(hub.stats()), false);
  assertEquals([...created.keys()].sort(), families.map(({ name }) => name).sort());
  assertEquals(created.get("pubsub_subscribers_buffered_bytes"), "gauge By");
  assertEquals(created.get("pubsub_published_total"), "counter {event}");
  assertEquals(created.get("pubsub_connections_opened_total"), "counter {connection}");
  assertEquals(created.get("pubsub_listeners_topics"), "gauge {topic}");
  assertEquals(created.get("pubsub_subscribers"), "gauge {subscription}");
  assertEquals(created.get("pubsub_subscribers_waiting"), "gauge {event}");
  assertEquals(created.get("pubsub_subscribers_refused_total"), "counter {topic}");
  assertEquals(created.get("pubsub_connections_refused_total"), "counter {connection}");
  await hub.close();
});

Deno.test("an observation that stopped reads nothing more, also if it stopped while the meter collected", async () => {
  const reader = new ManualReader();
  let reads = 0;
  const target = createInProcessEventTarget();
  const stop = observe({
    stats() {
      reads++;
      if (reads > 1) target.publish({ type: `type ${reads}`, id: "1", payload: null });
      return target.stats();
    },
  }, { meter: meterOf(reader) });
  await reader.values();
  const collecting = reader.values();
  stop();
  stop();
  await collecting;
  const before = reads;
  await reader.values();
  assertEquals(reads, before);
  assert(reads > 1);
});

Deno.test("the exporter in memory of the SDK gets the instruments, with their attributes", async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const target = createInProcessEventTarget();
  using _ = observe(target, {
    meter: provider.getMeter("shop"),
    attributes: { target: "orders" },
    prefix: "shop",
  });
  target.publish({ type: "order.placed", id: "1", payload: null });
  await provider.forceFlush();
  const [scope] = exporter.getMetrics()[0]?.scopeMetrics ?? [];
  const metric = scope?.metrics.find(({ descriptor }) => descriptor.name === "shop.heard.dropped");
  const points = metric?.dataPoints.map(({ attributes, value }) => [attributes, value]);
  assertEquals(points, [
    [{ target: "orders", reason: "unheard" }, 1],
    [{ target: "orders", reason: "decode" }, 0],
  ]);
  await provider.shutdown();
});

Deno.test("a target without stats() and an object that is not a meter are refused", () => {
  const meter = meterOf(new ManualReader());
  const wrong: unknown = new EventTarget();
  assertThrows(
    () => observe(wrong as ReturnType<typeof createPubSub>, { meter }),
    TypeError,
    "Cannot observe a target without stats()",
  );
  const none: unknown = {};
  assertThrows(
    () => observe(createPubSub(), { meter: none as typeof meter }),
    TypeError,
    "Cannot observe without a meter",
  );
});
