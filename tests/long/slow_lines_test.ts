import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import type { WebSocketServerOptions } from "@alkdev/pubsub";
import { eventually } from "../support/eventually.ts";
import { type ServedHub, serveHub, serveNodeHub } from "../support/hubs.ts";
import { openReconnectingLink } from "../support/links.ts";
import { connectRaw } from "../support/raw_websocket.ts";
import { openSlowLine } from "../support/slow_line.ts";

const MBIT = 1_000_000;
const EVENT_BYTES = 4000;
const SERVERS: Record<string, (options?: WebSocketServerOptions) => ServedHub | Promise<ServedHub>> = {
  Deno: serveHub,
  "npm:ws": serveNodeHub,
};
const LIBRARIES = { Deno: "platform", "npm:ws": "ws" } as const;
const text = "x".repeat(EVENT_BYTES);

for (const name of ["Deno", "npm:ws"] as const) {
  for (const direction of ["down", "up"] as const) {
    Deno.test(`a line of 1 Mbit/s carries 12 MB ${direction} with all defaults, on ${name}`, async () => {
      // What spokes have as their default.
      await using served = await SERVERS[name]?.({ heartbeatMs: 25_000 }) ?? serveHub();
      const speed = direction === "down" ? { downBitsPerSecond: MBIT } : { upBitsPerSecond: MBIT };
      await using line = await openSlowLine(served.port, speed);
      await using open = openReconnectingLink(`ws://127.0.0.1:${line.port}`, {}, LIBRARIES[name]);
      const [from, to] = direction === "down" ? [served.hub, open.link] : [open.link, served.hub];
      let heard = 0;
      let isInOrder = true;
      to.listen("row", undefined, {
        onEvent: ({ payload }) => {
          // The publisher is this file.
          isInOrder &&= (payload as { n: number }).n === heard;
          heard++;
        },
      });
      await open.link.flush();
      const count = 12_000_000 / EVENT_BYTES;
      for (let n = 0; n < count; n++) from.publish({ type: "row", id: "1", payload: { n, text } });
      await eventually(() => heard === count, { timeoutMs: 150_000 });
      assert(isInOrder);
      assertEquals([open.states(), open.faults, served.faults], [["open"], [], []]);
    });
  }

  Deno.test(`a reader of a byte a second is dropped, on ${name}`, async () => {
    await using served = await SERVERS[name]?.() ?? serveHub();
    await using line = await openSlowLine(served.port, { downBitsPerSecond: 8 * MBIT });
    using reader = await connectRaw(line.port);
    await reader.sendText(JSON.stringify({ type: "__subscribe", id: "1", payload: { topics: ["row"] } }));
    await eventually(() => served.spokes[0]?.topics.size === 1);
    line.freeze();
    const started = performance.now();
    for (let n = 0; n < 1000; n++) served.hub.publish({ type: "row", id: "1", payload: { n, text } });
    await eventually(() => served.log.includes("backpressure"), { timeoutMs: 10_000 });
    assert(performance.now() - started < 8000, "it took longer than the docs say");
    assertEquals(served.hub.connectionCount, 0);
    line.cut();
  });

  Deno.test(`a frozen spoke is found within two intervals, and 99 others miss nothing, on ${name}`, async () => {
    const heartbeatMs = 2000;
    await using served = await SERVERS[name]?.({ heartbeatMs, maxConnections: 100 }) ?? serveHub();
    await using line = await openSlowLine(served.port);
    await using frozen = openReconnectingLink(`ws://127.0.0.1:${line.port}`, { heartbeatMs: 60_000 });
    await using stack = new AsyncDisposableStack();
    const heard: number[] = [];
    for (let i = 0; i < 99; i++) {
      const { link } = stack.use(openReconnectingLink(served.url, { heartbeatMs }));
      link.listen("row", undefined, { onEvent: () => void (heard[i] = (heard[i] ?? 0) + 1) });
      await link.flush();
    }
    await frozen.link.flush();
    line.freeze();
    const started = performance.now();
    let published = 0;
    while (served.hub.connectionCount === 100) {
      served.hub.publish({ type: "row", id: "1", payload: { n: published++ } });
      await delay(20);
    }
    const took = performance.now() - started;
    // A look each eighth of an interval, and a busy machine.
    assert(took < 2.25 * heartbeatMs, `${took} ms`);
    await served.hub.flush();
    assertEquals(heard, Array(99).fill(published));
    assertEquals(served.faults, []);
    line.cut();
  });
}
