import { assert, assertEquals } from "@std/assert";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
// @ts-types="../../support/ws.d.ts"
import { WebSocket as NodeWebSocket } from "ws";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { testResume } from "../../support/resume_suite.ts";
import { openProxy } from "../../support/tcp_proxy.ts";

const SIDES = [["Deno", serveHub, WebSocket], ["ws", serveNodeHub, NodeWebSocket]] as const;

for (const [name, serve, Socket] of SIDES) {
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

  Deno.test(`WebSocket of ${name}: a replay survives a cut after any number of bytes`, async () => {
    const history = createMemoryHistory({ news: {} });
    await using served = await serve({ history, maxReplaysPerMinute: Infinity, onError() {} });
    await using proxy = await openProxy(served.port);
    const payloads = Array.from({ length: 2000 }, (_, i) => i);
    for (const payload of payloads) served.hub.publish({ type: "news", id: String(payload % 7), payload });
    let count = payloads.length;
    for (
      const bytes of [1, 200, 400, 600, 1_000, 3_000, 20_000, 20_500, 21_000, 40_000, 70_000, 120_000, 1e9]
    ) {
      proxy.cutAfter(bytes);
      let losses = 0;
      await using link = createWebSocketClientEventTarget(() => new Socket(`ws://127.0.0.1:${proxy.port}`), {
        resume: createResume(),
        reconnectDelayMs: 5,
        maxReconnectDelayMs: 5,
        onError() {},
        onStatus({ state }) {
          if (state !== "reconnecting") return;
          // Each connection of the link ends somewhere else, until one lasts.
          proxy.cutAfter(++losses < 6 ? bytes + 777 * losses : Infinity);
          // An event between the losses.
          served.hub.publish({ type: "news", id: "1", payload: count++ });
        },
      });
      const pubsub = createPubSub({ eventTarget: link });
      const all = pubsub.subscribe("news", { from: "start" });
      const one = pubsub.subscribe("news", "1", { from: "start" });
      const late = pubsub.subscribe("news", { from: { last: 500 } });
      await Promise.all([all.replayed, one.replayed, late.replayed]);
      proxy.cutAfter(Infinity);
      served.hub.publish({ type: "news", id: "1", payload: count++ });
      const heard: number[] = [];
      for (const subscription of [all, one, late]) {
        let [last, events] = [-1, 0];
        for (; last < count - 1; events++) {
          const { value } = await subscription.next();
          assert(Number(value?.payload) > last, "an event came twice, or too early");
          last = Number(value?.payload);
        }
        heard.push(events);
        assertEquals(subscription.gaps, 0);
      }
      assertEquals(heard.slice(0, 2), [count, Math.ceil(1999 / 7) + count - 2000]);
      assert((heard[2] ?? 0) >= 500);
    }
  });
}
