// A token in the URL: made for one connection, because URLs end up in logs. The link fetches one for each connection.
import { createWebSocketClientEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { tokenOf, type User, userOf } from "./users.ts";

const hub = createWebSocketServerEventTarget<User>();
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  const user = userOf(new URL(request.url).searchParams.get("token"));
  if (user === undefined) return new Response("who are you?", { status: 401 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket, { context: user });
  return response;
});
const url = `ws://127.0.0.1:${server.addr.port}`;

// A link asks for a token in the function that opens its connections.
const fetchToken = () => Promise.resolve(tokenOf("Ada", { once: true }));
const link = createWebSocketClientEventTarget(async () => {
  return new WebSocket(`${url}/?token=${await fetchToken()}`);
});
await link.flush();
console.log(`connected: ${hub.spokes.map(({ context }) => context.name)}`);

// Anybody else gets an answer of HTTP.
const { status } = await fetch(url.replace("ws", "http"));
console.log(`without a token: ${status}`);

await link.close();
await hub.close();
await server.shutdown();
