/// <reference lib="deno.worker" />
// A worker with the clients of one row of hub_fanout.ts: it is told where to connect and how, and tells when all have
// connected, and whenever each of them has had the next burst, in order.

import { createWebSocketClientEventTarget } from "../mod.ts";
import { BURST, type Events, ID, type Status, TYPE } from "./_load.ts";
import { connectSocketIo } from "./peers.ts";

/** How a client connects and reads: with the library, with socket.io, or with a bare `WebSocket`. */
export type Protocol = "pubsub" | "socket.io" | "bare";

/** What a worker is told. */
export interface Clients {
  /** Where the server is. */
  readonly port: number;
  /** How to connect. */
  readonly protocol: Protocol;
  /** How many clients there are. */
  readonly count: number;
}

/** What a worker tells. */
export type ClientsReport = "connected" | "burst" | { readonly error: string };

const CONNECT = { pubsub: connectPubSub, "socket.io": connectSocket, bare: connectBare } satisfies Record<
  Protocol,
  (port: number, onStatus: (status: Status) => void) => Promise<void>
>;

self.onmessage = async ({ data }: MessageEvent<Clients>): Promise<void> => {
  const { port, protocol, count } = data;
  let unfinished = count;
  const onBurst = (): void => {
    if (--unfinished > 0) return;
    unfinished = count;
    tell("burst");
  };
  for (let i = 0; i < count; i++) await CONNECT[protocol](port, reader(onBurst));
  tell("connected");
};

/** Checks that nothing is missing, nothing comes twice and nothing overtakes. */
function reader(onBurst: () => void): (status: Status) => void {
  let next = 0;
  return ({ n }) => {
    if (n !== next) tell({ error: `A client got the event ${n} instead of ${next}` });
    if (++next < BURST.length) return;
    next = 0;
    onBurst();
  };
}

async function connectPubSub(port: number, onStatus: (status: Status) => void): Promise<void> {
  const eventTarget = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}`));
  const ready = Promise.withResolvers<void>();
  eventTarget.listen(TYPE, ID, {
    // The hub sends this type with that payload only.
    onEvent: ({ payload }) => onStatus(payload as Events[typeof TYPE]),
    onReady: ready.resolve,
    onEnd: (error) => tell({ error: String(error) }),
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

function tell(report: ClientsReport): void {
  self.postMessage(report);
}
