// A token that expires: the hub closes the spoke with 1000, and the link comes back with a new token.
import { createWebSocketClientEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { tokenOf, type User, userOf } from "./users.ts";

const VALID_MS = 200;

const hub = createWebSocketServerEventTarget<User>({
  authenticate: (_spoke, credentials) => userOf(credentials),
  onConnection(spoke) {
    const timer = setTimeout(() => void spoke.close({ reason: "the token has expired" }), VALID_MS);
    void spoke.closed.then(() => clearTimeout(timer));
  },
});
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket);
  return response;
});

let tokens = 0;
const backAgain = Promise.withResolvers<void>();
const link = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${server.addr.port}`), {
  credentials() {
    tokens++;
    return tokenOf("Ada", { once: true });
  },
  onStatus({ state, reason, gap }) {
    if (state === "reconnecting") console.log(`the link comes back: ${reason}`);
    if (gap) backAgain.resolve();
  },
});
await backAgain.promise;
console.log(`connected with token ${tokens}: ${hub.spokes.map(({ context }) => context.name)}`);

await link.close();
await hub.close();
await server.shutdown();
