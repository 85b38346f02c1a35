// The clients of a hub, started by `_clients.ts`: it tells when all have connected, and whenever each of them has had
// the next burst, in order.

import { createWebSocketClientEventTarget } from "../mod.ts";
import type { Protocol, Task, Told } from "./_clients.ts";
import { type Events, ID, type Status, TYPE } from "./_load.ts";
import { connectSocketIo } from "./peers.ts";

/** How many connect at a time. */
const CONNECTING = 50;

const CONNECT = { pubsub: connectPubSub, "socket.io": connectSocket, bare: connectBare } satisfies Record<
  Protocol,
  (port: number, onStatus: (status: Status) => void) => Promise<void>
>;

const { port, protocol, count, burst }: Task = JSON.parse(Deno.args[0] ?? "");
let unfinished = count;
let latencies: number[] = [];

for (let i = 0; i < count; i += CONNECTING) {
  const batch = Array.from({ length: Math.min(CONNECTING, count - i) }, (_, n) => i + n);
  await Promise.all(batch.map((n) => CONNECT[protocol](port, reader(n === count - 1))));
}
tell({ kind: "connected" });
// The process that started this one is gone when its end of the pipe is.
for await (const _ of Deno.stdin.readable);
Deno.exit();

/** Checks that nothing is missing, nothing comes twice and nothing overtakes. */
function reader(timed: boolean): (status: Status) => void {
  let next = 0;
  return ({ n, sentAt }) => {
    if (n !== next) tell({ kind: "error", error: `A client got the event ${n} instead of ${next}` });
    if (timed && sentAt !== undefined) latencies.push(performance.timeOrigin + performance.now() - sentAt);
    if (++next < burst) return;
    next = 0;
    if (--unfinished > 0) return;
    unfinished = count;
    tell({ kind: "burst", latencies });
    latencies = [];
  };
}

async function connectPubSub(port: number, onStatus: (status: Status) => void): Promise<void> {
  const eventTarget = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}`), {
    // How it ends is told below.
    onError() {},
  });
  const ready = Promise.withResolvers<void>();
  eventTarget.listen(TYPE, ID, {
    // The hub sends this type with that payload only.
    onEvent: ({ payload }) => onStatus(payload as Events[typeof TYPE]),
    onReady: ready.resolve,
    onEnd: (error) => tell({ kind: "error", error: String(error) }),
  });
  await ready.promise;
}

async function connectSocket(port: number, onStatus: (status: Status) => void): Promise<void> {
  const socket = connectSocketIo(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  socket.on("event", ({ payload }: { payload: Status }) => onStatus(payload));
  await new Promise<void>((resolve, reject) => {
    socket.on("joined", resolve);
    socket.on("connect_error", reject);
  });
}

async function connectBare(port: number, onStatus: (status: Status) => void): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => {
    // The server says something once it has the socket too.
    socket.onmessage = resolve;
    socket.onerror = reject;
  });
  socket.onmessage = ({ data }) => {
    const frame: { payload: Status } | { payload: Status }[] = JSON.parse(data);
    if (Array.isArray(frame)) { for (const { payload } of frame) onStatus(payload); }
    else onStatus(frame.payload);
  };
}

function tell(told: Told): void {
  console.log(JSON.stringify(told));
}
