import { assertEquals } from "@std/assert";
import {
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  prometheusText,
} from "@alkdev/pubsub";
import { installProgram } from "../../scripts/lib/install_debian_package.ts";
import board from "../../examples/grafana/hubs.json" with { type: "json" };
import { eventually } from "../support/eventually.ts";
import { boardQueries } from "../support/grafana_board.ts";

/** Serves a hub, and its numbers at `/metrics`. */
function serve() {
  const hub = createWebSocketServerEventTarget();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (new URL(request.url).pathname === "/metrics") {
      const format = request.headers.get("accept")?.includes("openmetrics") ? "openmetrics" : "text";
      const type = format === "text"
        ? "text/plain; version=0.0.4"
        : "application/openmetrics-text; version=1.0.0";
      const text = prometheusText(hub.stats(), { labels: { hub: 'one "\\ two' }, format });
      return new Response(text, { headers: { "content-type": `${type}; charset=utf-8` } });
    }
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    return response;
  });
  return { hub, server, port: server.addr.port };
}

async function promtool(text: string): Promise<string> {
  const child = new Deno.Command("promtool", {
    args: ["check", "metrics"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return `${code}${decode(stdout)}${decode(stderr)}`;
}

Deno.test("Prometheus scrapes a hub, and promtool has nothing to say", async () => {
  if (!await installProgram("prometheus", ["promtool", "--version"])) {
    throw new Error("promtool is missing: install it (on Debian: apt-get install -y prometheus)");
  }
  const { hub, server, port } = serve();
  const link = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}`));
  link.listen("a", undefined, { onEvent() {} });
  await link.flush();
  for (let i = 0; i < 3; i++) hub.publish({ type: "a", id: "1", payload: i });
  link.publish({ type: 'b"\\', id: "1", payload: null });
  await link.flush();
  const spokes = hub.spokes.map((spoke) => spoke.stats());
  for (const stats of [hub.stats(), link.stats(), ...spokes]) {
    assertEquals(await promtool(prometheusText(stats)), "0");
  }
  const dir = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${dir}/prometheus.yml`,
    `scrape_configs:\n- job_name: hub\n  scrape_interval: 1s\n  static_configs:\n  - targets: ["127.0.0.1:${port}"]\n`,
  );
  const reserved = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port: own } = reserved.addr as Deno.NetAddr;
  reserved.close();
  const prometheus = new Deno.Command("prometheus", {
    args: [
      `--config.file=${dir}/prometheus.yml`,
      `--storage.tsdb.path=${dir}/data`,
      `--web.listen-address=127.0.0.1:${own}`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const query = async (text: string): Promise<string | undefined> => {
    try {
      const response = await fetch(`http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(text)}`);
      return (await response.json()).data?.result?.[0]?.value?.[1];
    } catch {
      return undefined;
    }
  };
  try {
    const expected = [
      ["pubsub_published_total", "3"],
      ["pubsub_subscribers_handed_over_total", "3"],
      ['pubsub_types_heard_total{type="b\\"\\\\"}', "1"],
      ["pubsub_connections_current", "1"],
      ["up", "1"],
    ] as const;
    for (const [name, value] of expected) {
      await eventually(async () => await query(name) === value, { timeoutMs: 20_000 });
    }
    for (const { title, query: text } of boardQueries(board)) {
      const asked = text.replaceAll(/\$__(rate_interval|range)/g, "5m").replaceAll(/\$(job|instance)/g, ".+");
      const response = await fetch(`http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(asked)}`);
      const { status, error } = await response.json();
      assertEquals([status, error], ["success", undefined], `${title}: ${asked}`);
    }
  } finally {
    prometheus.kill();
    await prometheus.status;
    await link.close();
    await hub.close();
    await server.shutdown();
    await Deno.remove(dir, { recursive: true });
  }
});
