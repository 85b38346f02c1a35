/** A hub as a process, whose upstream is the hub at the URL in its argument. Prints its own URL, and runs until killed. */
import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { serveHub } from "../hubs.ts";

const [url = ""] = Deno.args;
const upstream = createWebSocketClientEventTarget(() => new WebSocket(url));
const served = serveHub({ upstream, heartbeatMs: 200 });
await upstream.flush();
console.log(served.url);
