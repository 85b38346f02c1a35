// The session cookie of a web site. Browsers send it from any page, so the server must check the Origin.
import { createWebSocketClientEventTarget, createWebSocketServerEventTarget } from "@alkdev/pubsub";
import { tokenOf, type User, userOf } from "./users.ts";

const ORIGINS = new Set(["https://example.com"]);

const hub = createWebSocketServerEventTarget<User>();
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  if (!ORIGINS.has(request.headers.get("origin") ?? "")) return new Response(null, { status: 403 });
  const session = /(?:^|; )session=([^;]*)/.exec(request.headers.get("cookie") ?? "")?.[1];
  const user = userOf(session);
  if (user === undefined) return new Response(null, { status: 401 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket, { context: user });
  return response;
});
const url = `ws://127.0.0.1:${server.addr.port}`;

// In a browser it is `new WebSocket(url)`, which sets both headers.
const cookie = `theme=dark; session=${tokenOf("Ada")}`;
const connect = (origin: string) => new WebSocket(url, { headers: { origin, cookie } });

const link = createWebSocketClientEventTarget(() => connect("https://example.com"));
await link.flush();
console.log(`connected: ${hub.spokes.map(({ context }) => context.name)}`);

const elsewhere = connect("https://attacker.example");
await new Promise((resolve) => elsewhere.onclose = resolve);
console.log(`from another page: ${hub.connectionCount} connection`);

await link.close();
await hub.close();
await server.shutdown();
