// A logout: the user's links get what is queued for them and a code that they do not retry.
import {
  createPubSub,
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
} from "@alkdev/pubsub";
import { forget, tokenOf, type User, userOf } from "./users.ts";

const hub = createWebSocketServerEventTarget<User>({
  authenticate: (_spoke, credentials) => userOf(credentials),
});
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket);
  return response;
});

/** Ends all connections of a user, after the last words. The token must not be valid any more by then. */
async function logOut(name: string, token: string): Promise<void> {
  forget(token);
  const spokes = hub.spokes.filter(({ context }) => context.name === name);
  for (const spoke of spokes) {
    createPubSub({ eventTarget: spoke }).publish("logged-out", name, "see you");
    await spoke.close({ code: 4401, reason: "logged out" });
  }
}

const token = tokenOf("Ada");
const link = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${server.addr.port}`), {
  credentials: () => token,
});
createPubSub({ eventTarget: link }).on("logged-out", ({ payload }) => console.log(`heard: ${payload}`));
await link.flush();
await logOut("Ada", token);
await link.closed;
console.log(`the link has ended: ${link.status.code} ${link.status.reason}`);

await hub.close();
await server.shutdown();
