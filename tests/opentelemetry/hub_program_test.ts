import { assertEquals } from "@std/assert";
import * as api from "@opentelemetry/api";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { tracing } from "@alkdev/pubsub/opentelemetry";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hub_program.ts";
import { clearSpans, idOf, inSpan, linkedTo, spans, testSpans } from "../support/spans.ts";

testSpans(
  "a hub program with a tracing in its configuration passes traces on, also with a history",
  async () => {
    const traces = tracing({ api, trustPeers: true });
    for (const history of [{}, { "order.placed": { perId: 10 } }]) {
      clearSpans();
      await using hub = await serveHub({ history, hub: { tracing: traces } });
      const open = () =>
        createWebSocketClientEventTarget(() => new WebSocket(`${hub.url.replace("http", "ws")}/events`), {
          tracing: traces,
        });
      await using page = open();
      await using reader = open();
      await new Promise<void>((onReady) => {
        createPubSub({ eventTarget: reader }).on("order.placed", () => {}, { onReady });
      });
      inSpan(() => page.publish({ type: "order.placed", id: "1", payload: null }));
      await eventually(() => spans("process order.placed").length === 1);
      const publish = spans("publish order.placed")[0];
      assertEquals(linkedTo(spans("process order.placed")[0]), [idOf(publish)]);
    }
  },
);
