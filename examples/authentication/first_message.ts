// Credentials in the hello, the first message of a link: no header and no URL. The hub decides who it is before anything else.
import { createWebSocketClientEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { tokenOf, type User, userOf } from "./users.ts";

const hub = createWebSocketServerEventTarget<User>({
  // It can be asynchronous. Meanwhile what the spoke sends waits.
  authenticate: (_spoke, credentials) => Promise.resolve(userOf(credentials)),
  authorize: ({ spoke, type, id }) => type === "inbox" && id === spoke.context.name,
  owner: ({ context }) => context.name,
  onError: (error) => console.log(`the hub reports: ${error.message}`),
});
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket);
  return response;
});
const open = () => new WebSocket(`ws://127.0.0.1:${server.addr.port}`);

const link = createWebSocketClientEventTarget(open, { credentials: () => tokenOf("Ada") });
await link.flush();
console.log(`connected: ${hub.spokes.map(({ context }) => context.name)}`);

const stranger = createWebSocketClientEventTarget(open, { credentials: () => "guessed" });
await stranger.closed;
console.log(`with a wrong token: ${stranger.status.code} ${stranger.status.reason}`);

await link.close();
await hub.close();
await server.shutdown();
