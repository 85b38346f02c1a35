/** A hub as a process, whose upstream is the hub at the URL in its argument: prints its own URL, then runs until it is ended. */
import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { serveHub } from "../hubs.ts";

const [url = ""] = Deno.args;
const upstream = createWebSocketClientEventTarget(() => new WebSocket(url));
const served = serveHub({ upstream, heartbeatMs: 200 });
await upstream.flush();
console.log(served.url);
