// deno run --allow-net --allow-env deno.ts
import { hub } from "./hub.ts";

Deno.serve({
  hostname: "127.0.0.1",
  port: Number(Deno.env.get("PORT") ?? 8787),
}, (request) => {
  if (request.headers.get("upgrade") !== "websocket") {
    return new Response("Hello\n");
  }
  if (!hub.accepts()) return new Response(null, { status: 503 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  hub.addConnection(socket);
  return response;
});
