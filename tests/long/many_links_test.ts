import { assert } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";

const COUNT = 2000;

/** The longest delay of the first attempt after a loss, and of any, in milliseconds. */
const DELAY_MS = 500;
const MAX_DELAY_MS = 2000;

/** How long the server is away, in milliseconds. */
const AWAY_MS = 500;

/** How much longer links may take than bare sockets. */
const FACTOR = 1.3;

/** How long the event loop of the hub may be blocked, in milliseconds. */
const BLOCKED_MS = 50;

const PROGRAM = fileURLToPath(new URL("../support/programs/many_links_server.ts", import.meta.url));

/** Clients of a server, and how many of them are connected. */
interface Clients {
  open(url: string): void;
  up(): number;
  close(): Promise<unknown>;
}

function links(): Clients {
  const all: ReturnType<typeof createWebSocketClientEventTarget>[] = [];
  return {
    open(url) {
      const link = createWebSocketClientEventTarget(() => new WebSocket(url), {
        reconnectDelayMs: DELAY_MS,
        maxReconnectDelayMs: MAX_DELAY_MS,
        onError() {},
      });
      link.listen("news", String(all.push(link)), { onEvent() {} });
    },
    up: () => all.filter(({ status }) => status.state === "open").length,
    close: () => Promise.all(all.map((link) => link.close({ discard: true }))),
  };
}

/** Sockets that connect again with the delays of a link, and are up once they got an answer. */
function bareSockets(): Clients {
  const current = new Set<WebSocket>();
  const timers = new Set<ReturnType<typeof setTimeout>>();
  let ended = false;
  let up = 0;
  function open(url: string, attempt = 0): void {
    const socket = new WebSocket(url);
    let isUp = false;
    current.add(socket);
    socket.onopen = () => socket.send("x".repeat(200));
    socket.onmessage = () => {
      if (!isUp) up++;
      isUp = true;
    };
    socket.onclose = () => {
      current.delete(socket);
      if (isUp) up--;
      if (ended) return;
      const next = isUp ? 0 : attempt + 1;
      const delayMs = Math.random() * Math.min(DELAY_MS * 2 ** next, MAX_DELAY_MS);
      const timer = setTimeout(() => {
        timers.delete(timer);
        open(url, next);
      }, delayMs);
      timers.add(timer);
    };
  }
  return {
    open,
    up: () => up,
    async close() {
      ended = true;
      for (const timer of timers) clearTimeout(timer);
      for (const socket of current) socket.close();
      await eventually(() => current.size === 0, { timeoutMs: 30_000 });
    },
  };
}

async function startServer(kind: string, port: number): Promise<Deno.ChildProcess> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", PROGRAM, kind, String(port)],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  for await (const _ of child.stdout) break;
  return child;
}

/** How long it takes until all clients are back after their server has restarted, and how long it was blocked meanwhile. */
async function restart(kind: string, clients: Clients): Promise<{ backMs: number; blockedMs: number }> {
  const port = freePort();
  const url = `ws://127.0.0.1:${port}`;
  const waiting = { timeoutMs: 60_000 };
  const first = await startServer(kind, port);
  for (let i = 0; i < COUNT; i++) clients.open(url);
  await eventually(() => clients.up() === COUNT, waiting);
  first.kill("SIGKILL");
  await first.status;
  await eventually(() => clients.up() === 0, waiting);
  await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
  const second = await startServer(kind, port);
  const since = performance.now();
  await eventually(() => clients.up() === COUNT, waiting);
  const backMs = performance.now() - since;
  const { longestMs } = await (await fetch(url.replace("ws", "http"))).json() as { longestMs: number };
  await clients.close();
  second.kill("SIGKILL");
  await second.status;
  return { backMs, blockedMs: longestMs };
}

Deno.test(`${COUNT} links whose hub restarts are back as soon as as many bare sockets, and do not block the hub`, async () => {
  const bare = await restart("bare", bareSockets());
  const hub = await restart("hub", links());
  assert(hub.backMs <= FACTOR * bare.backMs, `${hub.backMs} ms, bare sockets ${bare.backMs} ms`);
  // A machine that does other work delays the bare server as well.
  assert(hub.blockedMs <= Math.max(BLOCKED_MS, bare.blockedMs), `blocked for ${hub.blockedMs} ms`);
});
