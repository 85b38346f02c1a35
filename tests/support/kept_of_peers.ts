// Prints what is kept in memory of frames that peers sent, as a line of JSON. Run with --v8-flags=--expose-gc.

import {
  createWebSocketClientEventTarget,
  createWebSocketServerEventTarget,
  type WebSocketServerOptions,
} from "@alkdev/pubsub";
import { defineEvents } from "@alkdev/pubsub/schemas";
import { FakeSocket } from "./fake_socket.ts";
import { schemaOf } from "./schemas.ts";

declare const gc: () => void;

async function heapMb(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return Deno.memoryUsage().heapUsed / 1e6;
}

const LONG = "y".repeat(900_000);
const FRAMES = 30;

/** The megabytes that the errors of thirty frames of 0.9 MB keep. */
async function keptByErrors(
  frame: (text: string, i: number) => string,
  isHub = true,
  options: WebSocketServerOptions = {},
): Promise<number> {
  const kept: unknown[] = [];
  const onError = (error: unknown, context: unknown) => void kept.push([error, context]);
  const before = await heapMb();
  for (let i = 0; i < FRAMES; i++) {
    const socket = new FakeSocket();
    // The target of each report is its spoke, which has this socket.
    socket.send = () => {};
    const hub = createWebSocketServerEventTarget({ onError, ...options });
    if (isHub) hub.addConnection(socket);
    else {
      const link = createWebSocketClientEventTarget(socket, {
        onError,
        onStatus: (status) => void kept.push(status),
      });
      link.addEventListener("n:1", () => {});
      await Promise.resolve();
      void link.closed.then((error) => kept.push(error));
    }
    // A new text each time, as from a socket.
    socket.fire("message", { data: frame(`${LONG}${i}`, i).split("").join("") });
    for (let n = 0; n < 5; n++) await Promise.resolve();
  }
  const mb = await heapMb() - before;
  if (kept.length < FRAMES) throw new Error(`Only ${kept.length} reports`);
  return Math.round(mb * 10) / 10;
}

const json = JSON.stringify;
const facts: Record<string, number> = {};
facts["text that is not JSON"] = await keptByErrors((text) => `z${text}`);
facts["a malformed envelope"] = await keptByErrors((payload) => json({ type: "a", id: 5, payload }));
facts["a type that is too long"] = await keptByErrors((type) => json({ type, id: "1" }));
facts["a topic that is too long"] = await keptByErrors((topic) =>
  json({ type: "__subscribe", id: "1", payload: { topics: [topic] } })
);
facts["too many topics"] = await keptByErrors((topic) =>
  json({
    type: "__subscribe",
    id: "1",
    payload: { topics: [...Array(10_001).keys()].map(String).concat(topic) },
  })
);
facts["a ref that is too long"] = await keptByErrors((id) =>
  json({ type: "__subscribe", id, payload: { topics: [] } })
);
facts["a bye with a long reason"] = await keptByErrors(
  (reason) => json({ type: "__bye", id: "", payload: { reason } }),
  false,
);
facts["a refusal with a long reason"] = await keptByErrors(
  (reason) =>
    json({ type: "__subscribed", id: "1", payload: { topics: [], refused: [{ topic: "n:1", reason }] } }),
  false,
);

const quotes = schemaOf((payload) => ({ issues: [{ message: `is ${payload}`, path: [payload] }] }));
facts["a payload that a schema refuses"] = await keptByErrors(
  (payload) => json({ type: "quoted", id: "1", payload }),
  true,
  { events: defineEvents({ quoted: quotes }) },
);

/** The megabytes that are kept of what thirty spokes sent and left at an `authorize` that has not answered. */
async function keptOfGoneSpokes(frame: (text: string) => string, hasSchema = false): Promise<number> {
  const before = await heapMb();
  const unanswered: unknown[] = [];
  const answer = () => new Promise<boolean>((resolve) => unanswered.push(resolve));
  const hub = createWebSocketServerEventTarget({
    onError() {},
    ...(hasSchema ? { events: defineEvents({ a: schemaOf(answer) }) } : { authorize: answer }),
  });
  for (let i = 0; i < FRAMES; i++) {
    const socket = new FakeSocket();
    hub.addConnection(socket);
    for (let n = 0; n < 5; n++) socket.fire("message", { data: frame(`${LONG.slice(n)}${i}`) });
    socket.fire("close", { code: 1006 });
  }
  const mb = await heapMb() - before;
  if (unanswered.length < FRAMES) throw new Error("Nothing was asked");
  return Math.round(mb * 10) / 10;
}
facts["events of gone spokes"] = await keptOfGoneSpokes((payload) => json({ type: "a", id: "1", payload }));
facts["events of gone spokes that a schema has not checked"] = await keptOfGoneSpokes(
  (payload) => json({ type: "a", id: "1", payload }),
  true,
);
facts["topics of gone spokes"] = await keptOfGoneSpokes((text) =>
  json({
    type: "__subscribe",
    id: "1",
    payload: { topics: ["first", ...Array.from({ length: 850 }, (_, i) => i + text.slice(0, 1000))] },
  })
);
console.log(json(facts));
