// How much memory does an idle spoke of a WebSocket hub take, beyond its bare socket?
//
// The first sockets are there before the first look: what V8 compiles for them is not of each socket.
//
// `deno run -A bench/idle_spokes.ts [count]` needs as many file descriptors in each of two processes (`ulimit -n`).

import { lines } from "../scripts/lib/lines.ts";
import { createWebSocketServerEventTarget } from "../mod.ts";
import { denoCommand, startLineProcess } from "./_processes.ts";
import { serve } from "./_serve.ts";

/** The kind of the sockets of a server. */
type Mode = "bare" | "spokes";

/** The memory of a server, in bytes. */
interface Memory {
  readonly heap: number;
  readonly rss: number;
}

const CONNECTING_AT_ONCE = 100;
const FIRST = 1000;
const [role, argument = ""] = Deno.args;

if (role === "server") await serveAs(argument as Mode);
else if (role === "clients") await connect(Number(argument));
else await compare(Number(role ?? 10_000));

/** Measures both kinds of sockets, each in its own server. */
async function compare(count: number): Promise<void> {
  const rows: Record<string, number> = {};
  for (const [mode, name] of [["spokes", "@alkdev/pubsub"], ["bare", "bare sockets"]] as const) {
    const { heap, rss } = await measure(mode, count);
    rows[`bytes of the heap, each of ${count} idle sockets: ${name}`] = Math.round(heap / count);
    rows[`bytes of a hub's process, each of ${count} idle sockets: ${name}`] = Math.round(rss / count);
  }
  console.log(JSON.stringify({ rows }));
}

/** Returns the memory of a server for that many sockets. */
async function measure(mode: Mode, count: number): Promise<Memory> {
  const server = startLineProcess(denoCommand("idle_spokes.ts", "server", mode));
  const clients = startLineProcess(denoCommand("idle_spokes.ts", "clients", await server.next()));
  const look = async (connected: number): Promise<Memory> => {
    clients.tell(connected);
    if (await clients.next() !== "connected") throw new Error("The clients did not connect");
    server.tell("measure");
    const { memory, sockets } = JSON.parse(await server.next());
    if (sockets !== connected) throw new Error(`${sockets} of ${connected} sockets, ${mode}`);
    return memory;
  };
  const before = await look(FIRST);
  const after = await look(FIRST + count);
  await Promise.all([clients.end(), server.end()]);
  return { heap: after.heap - before.heap, rss: after.rss - before.rss };
}

/** Serves sockets, and prints their memory on command. */
async function serveAs(mode: Mode): Promise<void> {
  const sockets = new Set<WebSocket>();
  const hub = createWebSocketServerEventTarget();
  const subscribed = () => mode === "bare" ? sockets.size : hub.topicCount;
  const port = serve((socket) => {
    if (mode === "bare") {
      sockets.add(socket);
      socket.onmessage = ({ data }) => socket.send(data);
    } else hub.addConnection(socket);
  });
  console.log(port);
  for await (const _ of lines(Deno.stdin.readable)) {
    console.log(JSON.stringify({ sockets: subscribed(), memory: await settledMemory() }));
  }
}

async function settledMemory(): Promise<Memory> {
  // The function of V8 under `--expose-gc`. A last-resort collection also gives back reserved memory.
  const { gc } = globalThis as { gc?: (options: { type: "major"; flavor: "last-resort" }) => void };
  if (gc === undefined) throw new Error("Cannot measure: start this with --v8-flags=--expose-gc");
  for (let i = 0; i < 5; i++) {
    // Between two collections, microtasks, finalizers and timers run.
    await new Promise((resolve) => setTimeout(resolve, 50));
    gc({ type: "major", flavor: "last-resort" });
  }
  const { heapUsed, rss } = Deno.memoryUsage();
  return { heap: heapUsed, rss };
}

/** Connects up to the number of sockets of each line. Each says hello, subscribes to a topic of its own, and stays. */
async function connect(port: number): Promise<void> {
  const open = async (i: number): Promise<void> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const answered = new Promise((resolve) => socket.onmessage = resolve);
    const hello = { type: "__hello", id: "", payload: { version: 1, batch: true, maxFrameBytes: 1_048_576 } };
    const subscribe = { type: "__subscribe", id: "1", payload: { topics: [`session.status:proj_${i}`] } };
    socket.send(JSON.stringify([hello, subscribe]));
    await answered;
  };
  let connected = 0;
  for await (const line of lines(Deno.stdin.readable)) {
    const count = Number(line);
    while (connected < count) {
      const some = Math.min(CONNECTING_AT_ONCE, count - connected);
      await Promise.all(Array.from({ length: some }, (_, i) => open(connected + i)));
      connected += some;
    }
    console.log("connected");
  }
}
