// How fast can a server take in thousands of clients that come at once: connection, hello, subscription, acknowledgement?
//
// `deno run -A bench/connect_storm.ts [clients]` needs as many file descriptors in each of two processes (`ulimit -n`). All
// clients are in one process, and each kind has a new server in each round. The clients of the library and of the bare
// sockets are the same sockets with other frames, so that their rows differ by the server alone.

import process from "node:process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createWebSocketServerEventTarget } from "../mod.ts";
import { lines } from "../scripts/lib/lines.ts";
import { StopClock } from "../scripts/lib/stop_clock.ts";
import { connectSocketIo, SocketIoServer } from "./peers.ts";
import { denoCommand, startLineProcess } from "./_processes.ts";
import { serve } from "./_serve.ts";

/** The kinds of servers. */
const KINDS = ["@alkdev/pubsub", "socket.io", "bare sockets"] as const;
type Kind = typeof KINDS[number];

/** The state of a server, after its clients have come. */
interface Taken {
  readonly subscribed: number;
  /** Processor time, in microseconds. */
  readonly cpu: number;
  /** The longest time in which the event loop did nothing else, in milliseconds. */
  readonly longestStop: number;
  readonly rss: number;
}

const ROUNDS = 3;
/** The number of connections that a client's machine opens at the same time. */
const CONNECTING = 256;
/** The interval in which a server looks at its clock. */
const TICK_MS = 2;
const HELLO = { type: "__hello", id: "", payload: { version: 1, batch: true, maxFrameBytes: 1_048_576 } };
const topicOf = (i: number): string => `session.status:proj_${i}`;

/** Runs the kinds in turns, and prints the median of each row. */
async function compare(clients: number): Promise<void> {
  const taken: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of KINDS) {
      for (const [what, value] of Object.entries(await storm(kind, clients))) {
        (taken[`${what}: ${kind}`] ??= []).push(value);
      }
    }
  }
  const rows = Object.fromEntries(
    Object.entries(taken).map((
      [row, values],
    ) => [row, values.sort((a, b) => a - b)[values.length >> 1] ?? NaN]),
  );
  console.log(JSON.stringify({ rows }));
}

async function storm(kind: Kind, clients: number): Promise<Record<string, number>> {
  const server = startLineProcess(denoCommand("connect_storm.ts", "server", kind));
  const { port, ...before }: Taken & { port: number } = JSON.parse(await server.next());
  const comers = startLineProcess(
    denoCommand("connect_storm.ts", "clients", kind, String(port), String(clients)),
  );
  const ms = Number(await comers.next());
  server.tell("measure");
  const after: Taken = JSON.parse(await server.next());
  if (after.subscribed !== clients) throw new Error(`${kind}: ${after.subscribed} of ${clients} clients`);
  await Promise.all([comers.end(), server.end()]);
  return {
    [`one of ${clients} clients that come at once`]: ms * 1e6 / clients,
    [`processor time of a server, one of ${clients} clients that come at once`]: (after.cpu - before.cpu) *
      1e3 / clients,
    [`longest stop of the event loop while ${clients} clients come`]: after.longestStop * 1e6,
    [`bytes of a server's process, each of ${clients} clients that came at once`]: (after.rss - before.rss) /
      clients,
  };
}

async function serveAs(kind: Kind): Promise<void> {
  const { port, subscribed } = await SERVERS[kind]();
  const clock = new StopClock(TICK_MS);
  const tell = (): void => {
    const { user, system } = process.cpuUsage();
    const { rss } = Deno.memoryUsage();
    const taken: Taken = { subscribed: subscribed(), cpu: user + system, longestStop: clock.take(), rss };
    console.log(JSON.stringify({ port, ...taken }));
  };
  // Modules are loaded, and the first interval is over.
  await new Promise((resolve) => setTimeout(resolve, 100));
  clock.take();
  tell();
  for await (const _ of lines(Deno.stdin.readable)) tell();
}

const SERVERS = {
  "@alkdev/pubsub"() {
    const hub = createWebSocketServerEventTarget();
    return { port: serve((socket) => hub.addConnection(socket)), subscribed: () => hub.topicCount };
  },
  "bare sockets"() {
    const topics = new Map<string, Set<WebSocket>>();
    const port = serve((socket) => {
      socket.onmessage = ({ data }) => {
        const [, { id, payload }] = JSON.parse(data);
        for (const topic of payload.topics) {
          const sockets = topics.get(topic);
          if (sockets === undefined) topics.set(topic, new Set([socket]));
          else sockets.add(socket);
        }
        socket.send(JSON.stringify({ type: "__subscribed", id, payload: { topics: payload.topics } }));
      };
    });
    return { port, subscribed: () => topics.size };
  },
  async "socket.io"() {
    const server = createServer();
    const io = new SocketIoServer(server, { transports: ["websocket"] });
    const rooms = new Set<string>();
    io.on("connection", (socket) => {
      socket.on("subscribe", (topic: string) => {
        socket.join(topic);
        rooms.add(topic);
        socket.emit("joined");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // A server that listens on TCP has an address of this shape.
    return { port: (server.address() as AddressInfo).port, subscribed: () => rooms.size };
  },
} satisfies Record<Kind, unknown>;

/** Connects, and prints how many milliseconds it took until the last client had its answer. */
async function connectAll(kind: Kind, port: number, clients: number): Promise<void> {
  const connect = kind === "socket.io" ? connectBySocketIo : connectSocket;
  let next = 0;
  const start = performance.now();
  await Promise.all(Array.from({ length: CONNECTING }, async () => {
    while (next < clients) await connect(port, next++);
  }));
  console.log(performance.now() - start);
  for await (const _ of lines(Deno.stdin.readable));
}

async function connectSocket(port: number, i: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const answered = new Promise<void>((resolve) => {
    socket.onmessage = ({ data }) => {
      if (data.includes("__subscribed")) resolve();
    };
  });
  socket.send(JSON.stringify([HELLO, {
    type: "__subscribe",
    id: "1",
    payload: { topics: [topicOf(i)] },
  }]));
  await answered;
}

async function connectBySocketIo(port: number, i: number): Promise<void> {
  const socket = connectSocketIo(`http://127.0.0.1:${port}`, { transports: ["websocket"], forceNew: true });
  await new Promise<void>((resolve, reject) => {
    socket.on("connect", () => socket.emit("subscribe", topicOf(i)));
    socket.on("connect_error", reject);
    socket.on("joined", resolve);
  });
}

const [role = "5000", kind = "bare sockets", port = "", count = ""] = Deno.args;
if (role === "server") await serveAs(kind as Kind);
else if (role === "clients") await connectAll(kind as Kind, Number(port), Number(count));
else await compare(Number(role));
