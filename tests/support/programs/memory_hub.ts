/**
 * A hub whose memory is measured, on Deno or on `ws`. Arguments: `native` or `ws`, and options as JSON, where `"authorize": "never"`
 * means that no answer comes, and `"asks": true` that `accepts()` is asked before an upgrade. Prints its port, then an answer to
 * each line that it reads. Run it with the collector exposed.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers";
// @ts-types="../ws.d.ts"
import { WebSocketServer } from "ws";
import { createPubSub, createWebSocketServerEventTarget } from "@alkdev/pubsub";

declare const gc: () => void;

const [kind, json = "{}"] = process.argv.slice(2);
const { authorize, asks, ...options } = JSON.parse(json);
const reported: Record<string, number> = {};
const hub = createWebSocketServerEventTarget({
  onError: (_error, { stage }) => void (reported[stage] = (reported[stage] ?? 0) + 1),
  ...(authorize === "never" ? { authorize: () => new Promise<boolean>(() => {}) } : {}),
  ...options,
});
const pubsub = createPubSub<{ fill: string }>({ eventTarget: hub });

if (kind === "native") {
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, (request) => {
    if (asks && !hub.accepts()) return new Response("full", { status: 503 });
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    hub.addConnection(socket);
    return response;
  });
} else {
  const http = createServer();
  const verifyClient = (): boolean => !asks || hub.accepts();
  const server = new WebSocketServer({ server: http, maxPayload: 1024 * 1024, verifyClient });
  server.on("connection", (socket) => void hub.addConnection(socket));
  // A server that listens on TCP has an address of this shape.
  http.listen(0, "127.0.0.1", () => console.log((http.address() as AddressInfo).port));
}

const requests = createInterface({ input: process.stdin });
// It ends with the process that started it.
requests.on("close", () => process.exit());
requests.on("line", async (line) => {
  const { publish, collect } = JSON.parse(line);
  if (publish) await publishEvents(publish);
  if (collect) await collectGarbage();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { connectionCount, closingCount } = hub;
  console.log(
    JSON.stringify({ rss, heapUsed, external, arrayBuffers, connectionCount, closingCount, reported }),
  );
});

/** Publishes events, some in each turn. */
async function publishEvents(
  { count, bytes, perTurn }: Record<"count" | "bytes" | "perTurn", number>,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    // Each text is another string, as real payloads are.
    pubsub.publish("fill", "", `${i}`.padEnd(bytes, "x"));
    if (i % perTurn === perTurn - 1) await turn();
  }
}

async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
