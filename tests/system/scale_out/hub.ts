/**
 * One of several hubs over one Redis, as a process of its own. The spokes of all hubs receive each other's events.
 *
 *     hub.ts <path of Redis' socket> [history]
 *
 * Prints a JSON object a line: see `messages.ts`. The command `account` on stdin asks for its numbers. It ends with stdin, and so
 * with the process that started it.
 *
 * @module
 */
import { createWebSocketServerEventTarget, type SpokeEventTarget } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
// Only this repository needs the next line: it is checked without the types of Node.
// @ts-types="../../support/ioredis.d.ts"
import { Redis, type RedisOptions } from "ioredis";
import { lines } from "../../../scripts/lib/lines.ts";
import { accountOfHub, connectionIn } from "./accounts.ts";
import { tell } from "./messages.ts";

/** A third of the heartbeat of links, so that a hub drops a silent spoke before the spoke publishes elsewhere. */
const HEARTBEAT_MS = 500;

const OPTIONS: RedisOptions = {
  // Events that Redis may have published are not sent again, so that none arrives twice.
  autoResendUnfulfilledCommands: false,
  retryStrategy: () => 100,
};

const [path = "", history] = Deno.args;
const clients = { publishClient: new Redis(path, OPTIONS), subscribeClient: new Redis(path, OPTIONS) };
// The status of the event target reports their faults.
for (const client of Object.values(clients)) client.on("error", () => {});

const upstream = createRedisEventTarget({
  ...clients,
  history: history === undefined ? {} : { "room.said": {} },
  onStatus: ({ gap, recovered }) => (gap || recovered) && tell({ kind: "gap" }),
});
const met: SpokeEventTarget[] = [];
const hub = createWebSocketServerEventTarget({
  upstream,
  heartbeatMs: HEARTBEAT_MS,
  onConnection: (spoke) => void met.push(spoke),
});
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket, { context: connectionIn(request.url) });
  return response;
});
await upstream.flush();
tell({ kind: "listening", port: server.addr.port });

for await (const _ of lines(Deno.stdin.readable)) {
  await hub.flush();
  const topics = new Set(hub.spokes.flatMap((spoke) => [...spoke.topics]));
  tell(accountOfHub(hub, met, topics, upstream));
}
await hub.close();
await upstream.close();
Deno.exit();
