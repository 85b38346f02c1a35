/**
 * A hub on each processor, behind one port of Node, by `node:cluster`. The hubs share a Redis:
 *
 *     node cluster.ts [port]
 *
 * `REDIS_URL` names the Redis. Each hub is a process, and one that ends is started again.
 *
 * @module
 */
import { createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
// Only this repository needs the next line: it is checked without the types of Node.
// @ts-types="../../tests/support/ioredis.d.ts"
import { Redis } from "ioredis";
import cluster from "node:cluster";
import { createServer } from "node:http";
import { availableParallelism } from "node:os";
import process from "node:process";
// Only this repository needs the next line.
// @ts-types="../../tests/support/ws.d.ts"
import { WebSocketServer } from "ws";

if (cluster.isPrimary) {
  for (let i = 0; i < availableParallelism(); i++) cluster.fork();
  cluster.on("exit", (_worker, code, signal) => {
    console.error(`A hub has ended (${signal ?? code}). A new one starts.`);
    cluster.fork();
  });
} else {
  const url = process.env["REDIS_URL"] ?? "redis://127.0.0.1:6379";
  const upstream = createRedisEventTarget({
    publishClient: new Redis(url, { autoResendUnfulfilledCommands: false }),
    subscribeClient: new Redis(url),
  });
  const hub = createWebSocketServerEventTarget({ upstream, heartbeatMs: 8_000 });
  const server = createServer((_request, response) => void response.writeHead(426).end());
  new WebSocketServer({ server }).on("connection", (socket) => hub.addConnection(socket));
  server.listen(Number(process.argv[2] ?? 8787), "127.0.0.1");
}
