import { assertEquals } from "@std/assert";
import { createPubSub } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { openLink } from "../../support/links.ts";
import { connectRaw } from "../../support/raw_websocket.ts";

/** One masked frame, by default of text, whose mask is zero. */
function frameOf(text: string, opcode = 0x1): Uint8Array {
  const payload = new TextEncoder().encode(text);
  return new Uint8Array([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}

/** Many equal frames. */
function floodOf(text: string, count: number, opcode?: number): Uint8Array {
  const frame = frameOf(text, opcode);
  const flood = new Uint8Array(frame.length * count);
  for (let i = 0; i < count; i++) flood.set(frame, i * frame.length);
  return flood;
}

const FRAMES = {
  "empty arrays": "[]",
  "signs of life": '{"type":"__ping","id":""}',
  "answers to nothing": '{"type":"__pong","id":""}',
  "unknown controls": '{"type":"__later","id":""}',
  "text that is not JSON": "x",
  "arrays of malformed elements": `[${Array(50).fill(7).join(",")}]`,
};

const RATES = [
  {
    rate: "a limit of 100",
    options: { maxEventsPerSecond: 100 },
    count: 2000,
    reason: "more than 100 events a second",
  },
  { rate: "the default", options: {}, count: 6000, reason: "more than 100000 frames a second" },
];

const CASES = [serveHub, serveNodeHub].flatMap((serve) =>
  RATES.flatMap((rate) => Object.entries(FRAMES).map(([what, text]) => ({ serve, ...rate, what, text })))
);

for (const { serve, rate, options, count, reason, what, text } of CASES) {
  Deno.test(`a flood of ${what} ends its spoke, and no other one (${serve.name}, ${rate})`, async () => {
    await using served = await serve(options);
    await using good = openLink(served.url);
    const news = createPubSub<{ news: number }>({ eventTarget: good.link }).subscribe("news", "1");
    await news.ready;
    using bad = await connectRaw(served.port);
    await eventually(() => assertEquals(served.hub.connectionCount, 2));
    // The hub may cut the connection before it has read all of them.
    await bad.sendBytes(floodOf(text, count)).catch(() => {});
    await eventually(() => assertEquals(served.hub.connectionCount, 1));
    const dropped = served.faults.filter(({ error }) => String(error).includes(reason));
    assertEquals(dropped.map(({ context }) => context.stage), ["publish"]);
    if (serve === serveNodeHub) assertEquals(await bad.readCloseCode(), 4429);
    served.hub.publish({ type: "news", id: "1", payload: 1 });
    assertEquals((await news.next()).value?.payload, 1);
    await good.link.flush();
  });
}

// Deno handles them itself, and shows nothing of them.
for (const [what, opcode] of [["pings", 0x9], ["pongs", 0xa]] as const) {
  Deno.test(`a flood of WebSocket's own ${what} ends its spoke, and no other one (serveNodeHub)`, async () => {
    await using served = await serveNodeHub({ maxEventsPerSecond: 100 });
    await using good = openLink(served.url);
    await good.link.flush();
    using bad = await connectRaw(served.port);
    await eventually(() => assertEquals(served.hub.connectionCount, 2));
    await bad.sendBytes(floodOf("", 2000, opcode)).catch(() => {});
    await eventually(() => assertEquals(served.hub.connectionCount, 1));
    assertEquals(served.faults.map(({ error }) => String(error)), [
      "RangeError: The spoke is dropped: more than 100 events a second",
    ]);
    await good.link.flush();
  });
}
