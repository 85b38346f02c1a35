import { createPubSub, createWebSocketServerEventTarget, prometheusText } from "@alkdev/pubsub";
import { createHttpEdge, type HttpEdgeOptions } from "@alkdev/pubsub/http";
import { assertEquals } from "@std/assert";
import { parseMetrics } from "../support/prometheus_parser.ts";

const ADDRESS = "http://127.0.0.1:8787";

function createHub() {
  // A hub that is full can be asked as well.
  const hub = createWebSocketServerEventTarget({ maxConnections: 1 });
  const edge = (options: HttpEdgeOptions) =>
    createHttpEdge(hub, { metrics: (_, format) => prometheusText(hub.stats(), { format }), ...options });
  return { hub, edge };
}

Deno.test("an edge serves the numbers of its hub in the format that the reader accepts", async () => {
  const { hub, edge } = createHub();
  createPubSub({ eventTarget: hub }).publish("news", "a", 1);
  const { fetch } = edge({});
  const stream = await fetch(new Request(`${ADDRESS}/events?topic=news`));
  assertEquals([stream.status, hub.accepts()], [200, false]);
  const formats = [
    ["*/*", "text/plain; version=0.0.4; charset=utf-8"],
    [
      "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    ],
  ] as const;
  for (const [accept, type] of formats) {
    const response = await fetch(new Request(`${ADDRESS}/metrics`, { headers: { accept } }));
    assertEquals([response.status, response.headers.get("content-type")], [200, type]);
    const families = parseMetrics(await response.text(), type.includes("openmetrics"));
    const samples = families.flatMap(({ samples }) => samples);
    const valueOf = (name: string) => samples.find((sample) => sample.name === name)?.value;
    assertEquals(
      [valueOf("pubsub_published_total"), valueOf("pubsub_connections_current")],
      [1, 1],
    );
  }
  await stream.body?.cancel();
  await hub.close();
});

Deno.test("numbers are for those who may read them, from pages that may use the edge", async () => {
  const { hub, edge } = createHub();
  const guarded = edge({
    authenticate: (request) => request.headers.get("authorization"),
    metrics: (user) => user === "operator" ? "" : undefined,
    metricsPath: "/numbers",
  });
  const status = async ({ fetch }: typeof guarded, request: Request) => (await fetch(request)).status;
  const request = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    new Request(`${ADDRESS}${path}`, { headers, method });
  assertEquals(await status(guarded, request("/numbers")), 401);
  assertEquals(await status(guarded, request("/numbers", { authorization: "guest" })), 403);
  assertEquals(await status(guarded, request("/numbers", { authorization: "operator" })), 200);
  assertEquals(await status(guarded, request("/numbers", { authorization: "operator" }, "POST")), 405);
  assertEquals(await status(guarded, request("/metrics", { authorization: "operator" })), 404);
  const open = edge({});
  assertEquals(await status(open, request("/metrics", { origin: "https://evil.example" })), 403);
  assertEquals(await status(open, request("/metrics", { host: "evil.example" })), 403);
  assertEquals(await status(createHttpEdge(hub), request("/metrics")), 404);
  await hub.close();
});
