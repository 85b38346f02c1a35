/** What a hub guarantees of each of its sockets, over real ones of any runtime. */
import { assert, assertEquals } from "@std/assert";
import type { WebSocketServerOptions } from "@alkdev/pubsub";
// @ts-types="./ws.d.ts"
import { WebSocket, type WebSocketServerSettings } from "ws";
import { eventually } from "./eventually.ts";
import type { ServedHub } from "./hubs.ts";
import { openLink } from "./links.ts";

const WINDOW = 256 * 1024;
const FLOOD = 100_000;
/** The frames of four turns of 64 KiB. */
const MAX_STEP = 10_000;
const HELLO = '{"type":"__hello","id":"","payload":{"version":1,"batch":true}}';
const SUBSCRIBE = '{"type":"__subscribe","id":"1","payload":{"topics":["n"]}}';

const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const counted = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

type Serve = (
  options?: WebSocketServerOptions,
  settings?: WebSocketServerSettings,
) => ServedHub | Promise<ServedHub>;

/** A peer by hand, and what it has received. */
interface Peer extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly ids: string[];
  readonly code: Promise<number | undefined>;
}

/** Connects a peer that sends something, and reads. */
async function connect(url: string, { says = [] as readonly string[], autoPong = true } = {}): Promise<Peer> {
  const socket = new WebSocket(url, { perMessageDeflate: false, autoPong });
  const ids: string[] = [];
  socket.addEventListener("message", ({ data }) => {
    for (const { type, id } of [JSON.parse(String(data))].flat()) if (type === "n") ids.push(id);
  });
  socket.addEventListener("error", () => {});
  const closed = new Promise<number | undefined>((resolve) =>
    socket.addEventListener("close", ({ code }) => resolve(code))
  );
  await new Promise<void>((resolve) => socket.addEventListener("open", () => resolve()));
  for (const each of says) socket.send(each);
  return {
    socket,
    ids,
    code: closed,
    async [Symbol.asyncDispose]() {
      socket.terminate();
      await closed;
    },
  };
}

type Own = <T extends AsyncDisposable>(resource: T) => T;

/** A test whose resources are disposed of at its end, the last one first. Node 20 has no `await using`. */
function disposing(test: (own: Own) => Promise<void>): () => Promise<void> {
  return async () => {
    const owned: AsyncDisposable[] = [];
    const own: Own = (resource) => {
      owned.unshift(resource);
      return resource;
    };
    try {
      await test(own);
    } finally {
      for (const each of owned) await each[Symbol.asyncDispose]();
    }
  };
}

/** Publishes events of 20 kB, and returns the most that the first socket held. */
async function publishMany({ hub, sockets }: ServedHub, count: number, from = 0): Promise<number> {
  const payload = "x".repeat(20_000);
  let most = 0;
  for (let i = from; i < from + count; i++) {
    hub.publish({ type: "n", id: `${i}`, payload });
    if (i % 20 === 0) await nextTurn();
    most = Math.max(most, sockets[0]?.bufferedAmount ?? 0);
  }
  return most;
}

/**
 * Tests a hub.
 *
 * @param name The sockets of the hub: its own pings, and permessage-deflate, are those of `npm:ws`.
 */
export function testSocketBounds(name: "Deno" | "ws", serve: Serve, library: "platform" | "ws"): void {
  const ofWs = name === "ws";

  for (const perMessageDeflate of ofWs ? [false, true] : [false]) {
    const how = perMessageDeflate ? ", with permessage-deflate" : "";
    Deno.test(
      `${name}: a quick spoke takes a burst of 5 MB and what follows in later turns${how}`,
      disposing(async (own) => {
        const served = own(await serve({}, { perMessageDeflate }));
        const open = own(openLink(served.url, {}, library));
        const { link } = open;
        let heard = 0;
        for (const type of ["row", "tick"]) link.listen(type, undefined, { onEvent: () => void heard++ });
        await link.flush();
        const row = Array.from({ length: 3000 }, (_, i) => `item${(i * 7919) % 1000}`).join(" ");
        for (let i = 0; i < 250; i++) served.hub.publish({ type: "row", id: "1", payload: row });
        for (let i = 0; i < 20; i++) {
          await nextTurn();
          served.hub.publish({ type: "tick", id: "1", payload: i });
        }
        await eventually(() => assertEquals(heard, 270), { timeoutMs: 10_000 });
        assertEquals([served.log, served.faults, open.faults], [["connection"], [], []]);
      }),
    );
  }

  Deno.test(
    `${name}: what waits for a spoke that reads nothing is in the hub, 256 KiB apart, and leaves in order`,
    disposing(async (own) => {
      const served = own(await serve({ backpressureGraceMs: 60_000 }));
      const peer = own(await connect(served.url, { says: [HELLO, SUBSCRIBE] }));
      await eventually(() => served.spokes[0]?.topics.size === 1);
      peer.socket.pause();
      const most = await publishMany(served, 700);
      assert(most > 0 && most <= WINDOW + 1024, `${most} bytes`);
      peer.socket.resume();
      await eventually(() => assertEquals(peer.ids.length, 700), { timeoutMs: 10_000 });
      assertEquals([peer.ids, served.log], [counted(700), ["connection"]]);
      await Promise.all([served.hub.close(), peer.code]);
    }),
  );

  Deno.test(
    `${name}: a spoke that reads nothing is dropped after its grace time (1013), and others miss nothing`,
    disposing(async (own) => {
      const served = own(await serve({ backpressureGraceMs: 100 }));
      const stalled = own(await connect(served.url, { says: [HELLO, SUBSCRIBE] }));
      const bare = own(await connect(served.url, { says: [SUBSCRIBE] }));
      const good = own(await connect(served.url, { says: [HELLO, SUBSCRIBE] }));
      await eventually(() => served.spokes.filter(({ topics }) => topics.size === 1).length === 3);
      stalled.socket.pause();
      let published = 0;
      while (!served.log.includes("disconnection")) {
        assert(published < 3000, "the spoke was never noticed");
        await publishMany(served, 20, published);
        published += 20;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await eventually(() => assertEquals([bare.ids.length, good.ids.length], [published, published]));
      assertEquals([bare.ids, good.ids], [counted(published), counted(published)]);
      assertEquals(served.log.slice(3), ["backpressure", "disconnection"]);
      assertEquals(served.faults.map(({ context }) => context.stage), ["backpressure"]);
      stalled.socket.resume();
      assertEquals(await stalled.code, 1013);
    }),
  );

  Deno.test(
    `${name}: a spoke that hangs is found within two intervals, ${
      ofWs ? "a bare client, too, by pings of the transport" : "and a bare client is not asked"
    }`,
    disposing(async (own) => {
      const heartbeatMs = 300;
      const served = own(await serve({ heartbeatMs }));
      // It answers what its transport asks, and no more.
      const healthy = own(await connect(served.url));
      const hangs = own(await connect(served.url, { autoPong: false }));
      const spoke = own(await connect(served.url, { says: [HELLO] }));
      const started = performance.now();
      const found = ofWs ? [hangs, spoke] : [spoke];
      await eventually(() => found.every(({ socket }) => socket.readyState === 3));
      assertEquals(await Promise.all(found.map(({ code }) => code)), found.map(() => 4408));
      const elapsed = performance.now() - started;
      assert(elapsed >= 2 * heartbeatMs - 50 && elapsed < 5 * heartbeatMs, `${elapsed} ms`);
      await new Promise((resolve) => setTimeout(resolve, 2 * heartbeatMs));
      assertEquals([healthy.socket.readyState, served.hub.connectionCount], [1, ofWs ? 1 : 2]);
    }),
  );
}

/** Tests that sockets of `npm:ws` take turns. Deno can read one of them for longer: its `node:net` decides. */
export function testTurns(serve: Serve): void {
  Deno.test(
    "a spoke that sends megabytes of small frames lets others have their turns",
    disposing(async (own) => {
      const served = own(await serve({ maxEventsPerSecond: Infinity }));
      const good = own(openLink(served.url, {}, "ws"));
      const flood = own(await connect(served.url));
      let heard = 0;
      served.hub.listen("n", undefined, { onEvent: () => void heard++ });
      await good.link.flush();
      for (let i = 0; i < FLOOD; i++) flood.socket.send('{"type":"n","id":""}');
      const seen: number[] = [];
      while (heard < FLOOD) {
        await good.link.flush();
        seen.push(heard);
      }
      const steps = seen.map((count, i) => count - (seen[i - 1] ?? 0));
      assert(Math.max(...steps) <= MAX_STEP, `${Math.max(...steps)} frames in one go`);
    }),
  );
}
