// Serves the public hub by Deno itself: faster to set up, but Deno holds a message of any size. See docs/public_hub.md.
//
//     deno run --allow-net serve_deno.ts 8787

import { add, admit, refusal } from "./hub.ts";

Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 8787) }, async (request, { remoteAddr }) => {
  if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
  const origin = request.headers.get("origin") ?? undefined;
  const token = new URL(request.url).searchParams.get("token") ?? undefined;
  const address = remoteAddr.hostname;
  const admission = await admit({ origin, token }).catch(() => ({ status: 500 }));
  if ("status" in admission) return new Response(null, { status: admission.status });
  const status = refusal(address);
  if (status !== undefined) return new Response(null, { status });
  const { socket, response } = Deno.upgradeWebSocket(request);
  add(socket, admission.user, address);
  return response;
});
