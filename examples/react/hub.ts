// deno run --allow-net hub.ts
import { createPubSub, createWebSocketServerEventTarget } from "jsr:@alkdev/pubsub";
import type { Events } from "./src/events.ts";

const hub = createWebSocketServerEventTarget();
const pubsub = createPubSub<Events>({ eventTarget: hub });

Deno.serve({ hostname: "127.0.0.1", port: 8787 }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket);
  return response;
});

const builds = new Map([["1", "library"], ["2", "website"], ["3", "docs"]]);
pubsub.on("build.requested", ({ payload: { name } }) => builds.set(String(builds.size + 1), name));

let ticks = 0;
setInterval(() => {
  ticks++;
  for (const [id, name] of builds) {
    const percent = Math.min(100, (ticks * Number(id)) % 120);
    pubsub.publish("build.status", id, { name, state: percent < 100 ? "running" : "passed", percent });
    pubsub.publish("log.line", id, { text: `${name}: step ${ticks}` });
  }
}, 500);
