/**
 * One hub with a history, as a process of its own. It publishes numbered events in rooms, at random times.
 *
 *     history_hub.ts <how many rooms>
 *
 * Prints a JSON object a line: the port, after `finish` on stdin the number of events of each room, and after `account` its
 * numbers. It ends with stdin.
 *
 * @module
 */
import { createPubSub, createWebSocketServerEventTarget, type SpokeEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { lines } from "../../../scripts/lib/lines.ts";
import { accountOfHub, connectionIn } from "./accounts.ts";
import type { Numbered } from "./history_messages.ts";

/** The longest pause between two bursts, in milliseconds, and the most events of a burst. */
const [MAX_PAUSE_MS, MAX_BURST] = [20, 8];

const rooms = Number(Deno.args[0]);
const met: SpokeEventTarget[] = [];
const hub = createWebSocketServerEventTarget({
  history: createMemoryHistory({ numbered: { perId: 100_000 } }),
  heartbeatMs: 500,
  // Faults come at a rate that no user has.
  maxReplaysPerMinute: 1000,
  onConnection: (spoke) => void met.push(spoke),
});
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket, { context: connectionIn(request.url) });
  return response;
});
console.log(JSON.stringify({ port: server.addr.port }));

const pubsub = createPubSub<{ numbered: Numbered }>({ eventTarget: hub });
const counts: number[] = Array(rooms).fill(0);
const say = (room: number, last = false): void => {
  const n = counts[room] ?? 0;
  counts[room] = n + 1;
  pubsub.publish("numbered", `room_${room}`, { n, last });
};
const talk = (): void => {
  for (let i = Math.random() * MAX_BURST; i > 0; i--) say(Math.floor(Math.random() * rooms));
  timer = setTimeout(talk, Math.random() * MAX_PAUSE_MS);
};
let timer = setTimeout(talk, 0);

for await (const command of lines(Deno.stdin.readable)) {
  if (command === "account") {
    await hub.flush();
    console.log(JSON.stringify(accountOfHub(hub, met, [])));
  }
  if (command !== "finish") continue;
  clearTimeout(timer);
  for (let room = 0; room < rooms; room++) say(room, true);
  console.log(JSON.stringify({ counts }));
}
await hub.close();
Deno.exit();
