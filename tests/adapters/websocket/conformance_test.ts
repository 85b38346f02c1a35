import { createMemoryHistory, createResume } from "@alkdev/pubsub/history";
import { testEventTarget } from "../../support/conformance/mod.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openEnds, openReconnectedEnds } from "../../support/links.ts";
import { openUpstreamEnds } from "../../support/upstreams.ts";

/** A history of the event types of the suite. */
const history = () => createMemoryHistory({ news: {}, t: { perId: 1 }, other: { ttlMs: 60_000 } });

for (const direction of ["hub to link", "link to hub"] as const) {
  testEventTarget(`WebSocket, ${direction}, on Deno`, {
    kind: direction,
    open: () => openEnds(serveHub(), direction),
  });
  testEventTarget(`WebSocket, ${direction}, on npm:ws`, {
    kind: direction,
    open: async () => openEnds(await serveNodeHub(), direction, "ws"),
  });
  testEventTarget(`WebSocket, ${direction}, from Deno to npm:ws`, {
    kind: direction,
    open: async () => openEnds(await serveNodeHub(), direction, "platform"),
  });
  testEventTarget(`WebSocket, ${direction}, after the link was cut and is back`, {
    kind: direction === "hub to link" ? "hub to reconnecting link" : direction,
    open: () => openReconnectedEnds(serveHub(), direction),
  });
}

testEventTarget("WebSocket, hub to link, with a history, after the link was cut and has recovered", {
  kind: "hub to reconnecting link",
  open: () =>
    openReconnectedEnds(serveHub({ history: history() }), "hub to link", { resume: createResume() }),
});

for (const direction of ["hub to link", "link to hub", "link to link"] as const) {
  testEventTarget(`WebSocket, ${direction}, over an upstream`, {
    kind: "over an upstream",
    open: () => openUpstreamEnds(direction),
  });
}
