import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
// @ts-types="../../support/ws.d.ts"
import { WebSocket as NodeWebSocket } from "ws";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { testResume } from "../../support/resume_suite.ts";
import { openProxy } from "../../support/tcp_proxy.ts";

for (
  const [name, serve, Socket] of [["Deno", serveHub, WebSocket], ["ws", serveNodeHub, NodeWebSocket]] as const
) {
  testResume(`WebSocket of ${name}`, async (history) => {
    const authorize = ({ id }: { id?: string | undefined }) => id !== "secret";
    const served = await serve({ authorize, onError() {}, ...(history && { history }) });
    const proxy = await openProxy(served.port);
    return {
      hub: served.hub,
      openLink: (options) =>
        createWebSocketClientEventTarget(() => new Socket(`ws://127.0.0.1:${proxy.port}`), {
          reconnectDelayMs: 20,
          maxReconnectDelayMs: 20,
          ...options,
        }),
      cut: () => proxy.refuse(),
      join: () => proxy.accept(),
      async [Symbol.asyncDispose]() {
        await served[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
      },
    };
  });
}
