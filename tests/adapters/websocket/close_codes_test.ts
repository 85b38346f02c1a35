import { assert, assertEquals } from "@std/assert";
import { createWebSocketClientEventTarget, type SpokeEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { serveHub, serveNodeHub } from "../../support/hubs.ts";
import { connectRaw } from "../../support/raw_websocket.ts";

/** Long enough that a hundred of them take several frames, which arrive together. */
const TOPICS = Array.from({ length: 300 }, (_, i) => `${i}.${"t".repeat(1000)}`);

/** What makes a hub close a link while more frames of the link have arrived, and the code that the link must see. */
const CASES: Readonly<Record<string, [code: number, options: (close: () => void) => object]>> = {
  "credentials that are refused at once": [4401, () => ({ authenticate: () => false })],
  "an authenticate that throws": [4401, () => ({
    authenticate: () => {
      throw new Error("no");
    },
  })],
  "too many topics": [1008, () => ({ maxTopicsPerConnection: 10 })],
  "a spoke that the program closes from inside of authorize": [4403, (close) => ({
    authorize: () => {
      close();
      return true;
    },
  })],
};

for (const [server, serve] of Object.entries({ Deno: serveHub, "npm:ws": serveNodeHub })) {
  for (const [what, [code, options]] of Object.entries(CASES)) {
    Deno.test(`${server}: a link sees the code of ${what}, although frames of the link follow`, async () => {
      const spokes: SpokeEventTarget[] = [];
      await using served = await serve(
        options(() => void spokes[0]?.close({ code: 4403, reason: "banned" })),
      );
      const { addConnection } = served.hub;
      served.hub.addConnection = (socket, ...rest) => {
        const spoke = addConnection.call(served.hub, socket, ...rest);
        spokes.push(spoke);
        return spoke;
      };
      const codes: unknown[] = [];
      const link = createWebSocketClientEventTarget(() => new WebSocket(served.url), {
        onError() {},
        // A code that is lost is one that a link retries.
        shouldReconnect: ({ code }) => codes.push(code) === 0,
      });
      for (const topic of TOPICS) link.listen(topic, undefined, { onEvent() {} });
      await link.closed;
      assertEquals(codes, [code]);
    });
  }
}

Deno.test("Deno: a peer that never stops sending is closed all the same, and soon", async () => {
  await using served = serveHub({ authenticate: () => false });
  using peer = await connectRaw(served.port);
  const frames = JSON.stringify({ type: "__hello", id: "", payload: { version: 1 } });
  let isOver = false;
  const flooding = (async () => {
    while (!isOver) await peer.sendText(frames).catch(() => isOver = true);
  })();
  await eventually(() => served.hub.connectionCount === 0);
  await eventually(() => served.sockets[0]?.readyState !== 1);
  assert(served.faults.length > 0);
  isOver = true;
  await flooding;
});
