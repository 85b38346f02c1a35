// The spokes of live_page_load.ts, as a process of its own: `live_page_clients.ts URL COUNT`. Each is subscribed to one topic
// of all and one of its own. They read bytes, and hardly look at them, so that the hub is what limits the throughput. For
// each line of stdin, the process publishes for so many milliseconds, each burst once all spokes have received the one before,
// and prints how many events they have received, and the time.

import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { lines } from "../../scripts/lib/lines.ts";

const BURST = 32;

/** How many spokes get an event of their own with each burst. */
const OWN = 500;

/** How many connect at the same time. */
const CONNECTING = 50;

const LAST = "the last of a burst";

const [url = "", text = ""] = Deno.args;
const count = Number(text);
const { host, hostname, port } = new URL(url);
const decoder = new TextDecoder("latin1");
let left = 0;
let onAll = (): void => {};

/** A text frame, masked with nothing. */
function frameOf(envelope: object): Uint8Array<ArrayBuffer> {
  const body = new TextEncoder().encode(JSON.stringify(envelope));
  if (body.length > 125) throw new RangeError("The envelope is too long for a short frame");
  return new Uint8Array([0x81, 0x80 + body.length, 0, 0, 0, 0, ...body]);
}

async function connect(i: number): Promise<void> {
  const socket = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET /events HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  await socket.write(new TextEncoder().encode(request));
  const subscribed = Promise.withResolvers<void>();
  void read(socket, subscribed.resolve);
  await socket.write(frameOf({ type: "__hello", id: "", payload: { version: 1, batch: true } }));
  const topics = ["all:", `own:${i}`];
  await socket.write(frameOf({ type: "__subscribe", id: "1", payload: { topics } }));
  await subscribed.promise;
}

async function read(socket: Deno.Conn, onSubscribed: () => void): Promise<void> {
  const buffer = new Uint8Array(32_768);
  for (let length = await socket.read(buffer); length !== null; length = await socket.read(buffer)) {
    const got = decoder.decode(buffer.subarray(0, length));
    if (got.includes(LAST) && --left === 0) onAll();
    if (got.includes('"__subscribed"')) onSubscribed();
    const ref = /"__ping","id":"([^"]*)"/.exec(got)?.[1];
    if (ref !== undefined) await socket.write(frameOf({ type: "__pong", id: ref }));
  }
  console.error("A spoke has ended");
  Deno.exit(1);
}

for (let i = 0; i < count; i += CONNECTING) {
  await Promise.all(Array.from({ length: CONNECTING }, (_, n) => connect(i + n)));
}
const publisher = createWebSocketClientEventTarget(new WebSocket(url));
await publisher.flush();
console.log("connected");

let turn = 0;
for await (const line of lines(Deno.stdin.readable)) {
  const begin = performance.now();
  let deliveries = 0;
  while (performance.now() - begin < Number(line)) {
    left = count;
    const all = new Promise<void>((resolve) => onAll = resolve);
    for (let n = 0; n < OWN; n++) {
      publisher.publish({ type: "own", id: String(turn++ % count), payload: { n } });
    }
    for (let n = 1; n < BURST; n++) {
      publisher.publish({ type: "all", id: "", payload: { n, state: "running" } });
    }
    publisher.publish({ type: "all", id: "", payload: LAST });
    await all;
    deliveries += BURST * count + OWN;
  }
  console.log(JSON.stringify({ deliveries, ms: performance.now() - begin }));
}
Deno.exit();
