// A token as a subprotocol: the one header that a browser lets a program choose. It is in no URL.
import { createWebSocketClientEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { tokenOf, type User, userOf } from "./users.ts";

const PROTOCOL = "example.events";

const hub = createWebSocketServerEventTarget<User>();
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  const [protocol, token] = request.headers.get("sec-websocket-protocol")?.split(", ") ?? [];
  const user = userOf(token);
  if (protocol !== PROTOCOL || user === undefined) return new Response(null, { status: 401 });
  // The answer names one of the subprotocols, and must not repeat the token.
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol });
  hub.addConnection(socket, { context: user });
  return response;
});
const url = `ws://127.0.0.1:${server.addr.port}`;

const token = tokenOf("Ada");
const link = createWebSocketClientEventTarget(() => new WebSocket(url, [PROTOCOL, token]));
await link.flush();
console.log(`connected: ${hub.spokes.map(({ context }) => context.name)}`);

const stranger = new WebSocket(url, [PROTOCOL, "guessed"]);
await new Promise((resolve) => stranger.onclose = resolve);
console.log(`with a wrong token: ${hub.connectionCount} connection`);

await link.close();
await hub.close();
await server.shutdown();
