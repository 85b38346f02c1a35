import { assertEquals } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import { eventually } from "../support/eventually.ts";

const LINKS = 2000;
const EVENTS = 100;

/** A hub with the default bounds, on a port or on any, with the reports of spokes that it dropped. */
function startHub(upstream: ReturnType<typeof createInProcessEventTarget>, port = 0) {
  const reports: string[] = [];
  const hub = createWebSocketServerEventTarget({
    upstream,
    onError(error) {
      if (String(error).includes("dropped") || String(error).includes("slow")) reports.push(String(error));
    },
  });
  const server = Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    hub.addConnection(socket);
    return response;
  });
  return { hub, server, reports, port: server.addr.port };
}

Deno.test("2,000 links that come back to a hub that was started again are all whole, with its default bounds", async () => {
  const bus = createInProcessEventTarget({ history: createMemoryHistory({ news: {} }) });
  const first = startHub(bus);
  const { port } = first;
  const resume = createResume();
  const heard = new Array<number>(LINKS).fill(0);
  const codes = new Set<number>();
  let [recovered, gaps, disordered] = [0, 0, 0];
  const links = heard.map((_, i) => {
    const eventTarget = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${port}`), {
      resume,
      reconnectDelayMs: 100,
      maxReconnectDelayMs: 1000,
      onStatus({ recovered: isRecovered, gap, code }) {
        if (isRecovered) recovered++;
        if (gap) gaps++;
        if (code !== undefined) codes.add(code);
      },
      onError() {},
    });
    const pubsub = createPubSub<{ news: number }>({ eventTarget });
    const { replayed } = pubsub.on("news", String(i), ({ payload }) => {
      if (payload !== heard[i]) disordered++;
      heard[i] = payload + 1;
    });
    return { eventTarget, replayed };
  });
  await Promise.all(links.map(({ replayed }) => replayed));
  await first.hub.close();
  await first.server.shutdown();
  for (let n = 0; n < EVENTS; n++) {
    for (let i = 0; i < LINKS; i++) bus.publish({ type: "news", id: String(i), payload: n });
  }
  const second = startHub(bus, port);
  await eventually(() => recovered + gaps >= LINKS && heard.every((count) => count === EVENTS), {
    timeoutMs: 120_000,
  });
  assertEquals([recovered, gaps, disordered, second.reports], [LINKS, 0, 0, []]);
  // None was refused: the hub that closed, and connections that failed while there was no hub.
  assertEquals([...codes].filter((code) => ![1001, 1006].includes(code)), []);
  await Promise.all(links.map(({ eventTarget }) => eventTarget.close({ discard: true })));
  await second.hub.close();
  await second.server.shutdown();
});
