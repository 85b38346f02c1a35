import { assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly links?: readonly { readonly spanId: string }[];
  readonly attributes: readonly Attribute[];
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly dataPoints: readonly OtlpPoint[]; readonly isMonotonic: boolean };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
}

interface OtlpPoint {
  readonly asInt?: string | number;
  readonly asDouble?: number;
  readonly attributes: readonly Attribute[];
}

/** Receives what an exporter sends by OTLP, as JSON. */
function receive() {
  const spans = new Map<string, OtlpSpan>();
  const metrics = new Map<string, OtlpMetric>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const body = await request.json();
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const scope of scopeSpans) for (const span of scope.spans) spans.set(span.name, span);
    }
    for (const { scopeMetrics } of body.resourceMetrics ?? []) {
      for (const scope of scopeMetrics) for (const metric of scope.metrics) metrics.set(metric.name, metric);
    }
    return Response.json({});
  });
  return { spans, metrics, server, url: `http://127.0.0.1:${server.addr.port}` };
}

Deno.test("with OTEL_DENO=true, Deno exports the spans and the metrics without an SDK", async () => {
  const { spans, metrics, server, url } = receive();
  const program = new URL("../support/programs/traced.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--config",
      new URL("../../deno.json", import.meta.url).pathname,
      program.pathname,
    ],
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    },
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  try {
    await eventually(() => pointOf(metrics.get("pubsub.heard")) === 1, { timeoutMs: 20_000 });
    const { connections, bytes } = {
      connections: metrics.get("pubsub.connections.current"),
      bytes: metrics.get("pubsub.subscribers.bytes"),
    };
    assertEquals([pointOf(connections), connections?.gauge === undefined], [1, false]);
    assertEquals([bytes?.unit, bytes?.sum?.isMonotonic], ["By", true]);
    assertEquals(connections?.gauge?.dataPoints[0]?.attributes, [{
      key: "hub",
      value: { stringValue: "eu-1" },
    }]);
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n"));
    await writer.close();
    assertEquals((await child.status).code, 0);
    const [program, publish, process] = ["checkout", "publish order.placed", "process order.placed"].map((
      name,
    ) => spans.get(name));
    assertEquals([publish, process].map((span) => span?.traceId), Array(2).fill(program?.traceId));
    assertEquals([publish?.parentSpanId, process?.parentSpanId], [program?.spanId, publish?.spanId]);
    assertEquals(process?.links?.map(({ spanId }) => spanId), [publish?.spanId]);
    assertEquals(
      publish?.attributes.find(({ key }) => key === "messaging.destination.name")?.value,
      { stringValue: "order.placed:order_1" },
    );
  } finally {
    if (!ended(child)) child.kill();
    await child.status;
    await server.shutdown();
  }
});

function ended(child: Deno.ChildProcess): boolean {
  try {
    child.kill("SIGCONT");
    return false;
  } catch {
    return true;
  }
}

function pointOf(metric: OtlpMetric | undefined): number | undefined {
  const point = (metric?.sum ?? metric?.gauge)?.dataPoints[0];
  return point && Number(point.asInt ?? point.asDouble);
}
