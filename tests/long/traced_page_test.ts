import { assertEquals } from "@std/assert";
import * as api from "@opentelemetry/api";
import { tracing } from "@alkdev/pubsub/opentelemetry";
import { findChromium, openPage } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { bundle } from "../support/runtimes.ts";
import { idOf, spans, testSpans } from "../support/spans.ts";
import { openWay } from "../support/traced_way.ts";

testSpans(
  "one trace leads from a page in Chromium over a hub, Redis and another hub to a spoke",
  async () => {
    await using way = await openWay(tracing({ api, trustPeers: true, consumerSpans: "child" }), 1);
    await using program = await bundle("traced_page.ts");
    const [trace, span] = ["1".repeat(32), "2".repeat(16)];
    await using page = await openPage(await findChromium(), program.path, { hub: way.url, trace, span });
    assertEquals(await page.report, "open");
    await eventually(() => spans("process order.placed").length === 1);
    const [hub] = spans("publish order.placed");
    const [spoke] = spans("process order.placed");
    assertEquals([hub, spoke].map((each) => each?.spanContext().traceId), [trace, trace]);
    assertEquals([hub, spoke].map((each) => each?.parentSpanContext?.spanId), [span, idOf(hub)]);
  },
);
