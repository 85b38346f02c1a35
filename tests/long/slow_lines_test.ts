import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../support/eventually.ts";
import { serveHub, serveNodeHub } from "../support/hubs.ts";
import { openReconnectingLink } from "../support/links.ts";
import { connectRaw } from "../support/raw_websocket.ts";
import { openSlowLine } from "../support/slow_line.ts";

const MBIT = 1_000_000;
const EVENT_BYTES = 4000;
const NAMES = ["Deno", "npm:ws"] as const;
const SERVERS = { Deno: serveHub, "npm:ws": serveNodeHub };
const LIBRARIES = { Deno: "platform", "npm:ws": "ws" } as const;
const text = "x".repeat(EVENT_BYTES);

/** Sends 12 MB over a line of 1 Mbit/s, with defaults on both ends but for the heartbeat that a hub should have. */
async function carry(name: keyof typeof LIBRARIES, direction: "down" | "up"): Promise<void> {
  await using served = await SERVERS[name]({ heartbeatMs: 25_000 });
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
  await eventually(() => heard === count, { timeoutMs: 180_000 });
  assert(isInOrder);
  assertEquals([open.states(), open.faults, served.faults], [["open"], [], []]);
}

Deno.test("lines of 1 Mbit/s carry 12 MB down and up with all defaults, on Deno and on npm:ws", async () => {
  await Promise.all(NAMES.flatMap((name) => [carry(name, "down"), carry(name, "up")]));
});

for (const name of NAMES) {
  Deno.test(`a reader of a byte a second is dropped, on ${name}`, async () => {
    await using served = await SERVERS[name]();
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
    await using served = await SERVERS[name]({ heartbeatMs, maxConnections: 100 });
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
    // The loop sees it up to 20 ms late, and a busy machine is late as well.
    assert(took < 2 * heartbeatMs + 100, `${took} ms`);
    await served.hub.flush();
    assertEquals(heard, Array(99).fill(published));
    assertEquals(served.faults, []);
    line.cut();
  });
}
