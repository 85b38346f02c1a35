// A hub that prints what happens to it, on the server that its argument names.
import {
  createPubSub,
  createWebSocketHandlers,
  createWebSocketServerEventTarget,
  type HandledSocketLike,
  type WebSocketHandlersOptions,
} from "@alkdev/pubsub";

type Events = {
  sent: number;
  answered: number;
  asked: { code: number; reason: string };
  flood: { count: number };
};

const print = (...values: unknown[]): void => console.log(JSON.stringify(values));

const hub = createWebSocketServerEventTarget<string>({
  onConnection: ({ context }) => print("connection", context),
  onDisconnection: ({ context }) => print("disconnection", context),
  onBackpressure: ({ context }) => print("backpressure", context),
  onError: (error, { stage }) => print("fault", stage, error.message),
});
const pubsub = createPubSub<Events>({ eventTarget: hub });
pubsub.on("sent", ({ id, payload }) => pubsub.publish("answered", id, payload));
pubsub.on("asked", ({ id, payload }) => void hub.close(({ context }) => context === id, payload));
pubsub.on("flood", ({ payload: { count } }) => {
  const text = "x".repeat(10_000);
  const timer = setInterval(() => {
    for (let i = 0; i < 100; i++) hub.publish({ type: "flooded", id: "1", payload: text });
    if (--count === 0) clearInterval(timer);
  }, 50);
});

function handlers<TSocket extends HandledSocketLike>(
  context: WebSocketHandlersOptions<TSocket, string>["context"],
) {
  return createWebSocketHandlers(hub, { context });
}
const nameIn = (url: string): string => new URL(url, "http://localhost").searchParams.get("name") ?? "";
const hostname = "127.0.0.1";
const ready = (port: unknown): void => print("port", port);

switch (process.argv[2]) {
  case "bun": {
    const server = Bun.serve<{ name: string }>({
      hostname,
      port: 0,
      fetch: (request, server) =>
        server.upgrade(request, { data: { name: nameIn(request.url) } }) ? undefined : new Response(),
      websocket: handlers((ws: Bun.ServerWebSocket<{ name: string }>) => ws.data.name),
    });
    ready(server.port);
    break;
  }
  case "crossws": {
    const { serve } = await import("crossws/server");
    const server = serve({
      hostname,
      port: 0,
      silent: true,
      fetch: () => new Response(),
      websocket: handlers((peer: import("crossws").Peer) => nameIn(peer.request.url)),
    });
    await server.ready();
    ready(new URL(server.url ?? "").port);
    break;
  }
  case "hono": {
    const { Hono } = await import("hono");
    const app = new Hono();
    const context = (c: import("hono").Context) => handlers(() => c.req.query("name") ?? "");
    if ("Bun" in globalThis) {
      const { upgradeWebSocket, websocket } = await import("hono/bun");
      app.get("/", upgradeWebSocket(context));
      ready(Bun.serve({ hostname, port: 0, fetch: app.fetch, websocket }).port);
    } else if ("Deno" in globalThis) {
      const { upgradeWebSocket } = await import("hono/deno");
      app.get("/", upgradeWebSocket(context));
      const { serve } = Reflect.get(globalThis, "Deno");
      ready(serve({ hostname, port: 0, onListen() {} }, app.fetch).addr.port);
    } else {
      const { serve, upgradeWebSocket } = await import("@hono/node-server");
      const { WebSocketServer } = await import("ws");
      app.get("/", upgradeWebSocket(context));
      const websocket = { server: new WebSocketServer({ noServer: true }) };
      serve({ hostname, port: 0, fetch: app.fetch, websocket }, ({ port }) => ready(port));
    }
  }
}
