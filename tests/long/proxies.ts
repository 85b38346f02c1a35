// Prints what nginx, Caddy and HAProxy, configured as their packages are, do to links: how often they cut an idle one, a burst, the
// headers of an upgrade, a reload, and a reader that stops. docs/production.md has the results. Takes six minutes.

import { setTimeout as delay } from "node:timers/promises";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hubs.ts";
import { connectRaw } from "../support/raw_websocket.ts";
import { type ReverseProxy, startCaddy, startHaproxy, startNginx } from "../support/reverse_proxy.ts";

const IDLE_MS = 300_000;
const STOPPED_MS = 150_000;
const RELOAD_MS = 20_000;
const MANY = 1500;
const BURST = { count: 80, bytes: 65_000 };

type Start = (target: number) => Promise<ReverseProxy>;

const proxies: readonly (readonly [name: string, start: Start])[] = [
  [
    "none",
    (port) =>
      Promise.resolve({ port, pid: 0, reload: async () => {}, [Symbol.asyncDispose]: async () => {} }),
  ],
  ["nginx", startNginx],
  ["Caddy", startCaddy],
  ["HAProxy", startHaproxy],
];

const rows = await Promise.all(proxies.map(async ([name, start]) => {
  const [idle, bare, burst, headers, reload, stopped, many] = await Promise.all([
    losses(start),
    untilCut(start),
    bursts(start),
    upgrade(start),
    reloaded(start),
    stops(start),
    accepted(start),
  ]);
  return [name, idle, bare, burst, reload, stopped, headers, many];
}));

const titles = [
  "Proxy",
  `Losses of a link with defaults in ${IDLE_MS / 60_000} minutes`,
  "An idle bare socket",
  "Burst down, up",
  "Reload",
  "A reader that stops",
  "Headers that the hub gets",
  `Connections at once, of ${MANY}`,
];
for (const [i, title] of titles.entries()) {
  console.log(`\n${title}`);
  if (i > 0) { for (const row of rows) console.log(`  ${row[0]}: ${row[i]}`); }
}
Deno.exit();

/** How often an idle link with defaults is lost. */
async function losses(start: Start): Promise<string> {
  await using served = serveHub();
  await using proxy = await start(served.port);
  const codes: (number | undefined)[] = [];
  const link = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${proxy.port}`), {
    onStatus: ({ state, code }) => void (state === "reconnecting" && codes.push(code)),
    onError() {},
  });
  await delay(IDLE_MS);
  await link.close();
  return `${codes.length}${codes.length > 0 ? ` (${codes})` : ""}`;
}

/** When a socket without a byte is cut. */
async function untilCut(start: Start): Promise<string> {
  await using server = serveBare();
  await using proxy = await start(server.port);
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}`);
  const since = performance.now();
  const cut = new Promise<string>((resolve) => {
    socket.onclose = ({ code }) => resolve(`cut after ${seconds(since)} s, code ${code}`);
  });
  const result = await Promise.race([cut, delay(IDLE_MS - 5000, `open after ${(IDLE_MS - 5000) / 1000} s`)]);
  socket.close();
  return result;
}

/** How long 5 MB take, published in one turn. */
async function bursts(start: Start): Promise<string> {
  await using served = serveHub();
  await using proxy = await start(served.port);
  const link = createWebSocketClientEventTarget(() => new WebSocket(`ws://127.0.0.1:${proxy.port}`), {
    maxBufferedBytes: 16_000_000,
  });
  await link.flush();
  const heard = { down: 0, up: 0 };
  link.addEventListener("down", () => heard.down++);
  served.hub.addEventListener("up", () => heard.up++);
  await link.flush();
  const ends = { down: createPubSub({ eventTarget: served.hub }), up: createPubSub({ eventTarget: link }) };
  const times: string[] = [];
  for (const way of ["down", "up"] as const) {
    const since = performance.now();
    for (let i = 0; i < BURST.count; i++) ends[way].publish(way, "1", "x".repeat(BURST.bytes));
    const arrived = await eventually(() => heard[way] === BURST.count, { timeoutMs: 20_000 }).catch(() =>
      false
    );
    const ms = Math.round(performance.now() - since);
    times.push(arrived ? `${ms} ms` : `${heard[way]} of ${BURST.count}, link ${JSON.stringify(link.status)}`);
  }
  await link.close();
  return times.join(", ");
}

/** The headers that a hub sees of an upgrade that named a host, an origin and a protocol. */
async function upgrade(start: Start): Promise<string> {
  const seen = Promise.withResolvers<Headers>();
  await using server = serveBare((_socket, headers) => seen.resolve(headers));
  await using proxy = await start(server.port);
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/events?token=1`);
  const headers = await seen.promise;
  socket.close();
  const names = [
    "host",
    "connection",
    "upgrade",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-real-ip",
  ];
  return names.map((name) => `${name}: ${headers.get(name) ?? "-"}`).join("; ");
}

/** What a reload does to a link that is open, and to one that comes after. */
async function reloaded(start: Start): Promise<string> {
  await using server = serveBare();
  await using proxy = await start(server.port);
  const open = (): Promise<WebSocket> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}`);
      socket.onopen = () => resolve(socket);
      socket.onclose = ({ code }) => reject(new Error(`refused with ${code}`));
    });
  const socket = await open();
  const since = performance.now();
  const cut = new Promise<string>((resolve) => {
    socket.onclose = ({ code, reason }) =>
      resolve(`closed after ${seconds(since)} s, code ${code} ${reason}`);
  });
  await proxy.reload();
  const later = await open().then(() => "a new link opens at once", String);
  const state = await Promise.race([cut, delay(RELOAD_MS, `open after ${RELOAD_MS / 1000} s`)]);
  return `${state}; ${later}`;
}

/** How much disappears on the way to a reader that reads nothing, and when that ends. */
async function stops(start: Start): Promise<string> {
  const end = Promise.withResolvers<string>();
  const filled = Promise.withResolvers<number>();
  let since = 0;
  await using server = serveBare(async (socket) => {
    socket.onclose = ({ code }) => end.resolve(`cut after ${seconds(since)} s, code ${code}`);
    socket.onerror = () => {};
    const message = "x".repeat(65_536);
    let sent = 0;
    for (let still = 0; still < 20;) {
      if (socket.bufferedAmount === 0) {
        socket.send(message);
        sent += message.length;
        still = 0;
      } else {
        still++;
      }
      await delay(socket.bufferedAmount === 0 ? 0 : 50);
    }
    since = performance.now();
    filled.resolve(sent);
  });
  await using proxy = await start(server.port);
  using _client = await connectRaw(proxy.port);
  const hidden = await filled.promise;
  const state = await Promise.race([end.promise, delay(STOPPED_MS, `open after ${STOPPED_MS / 1000} s`)]);
  return `${(hidden / 1e6).toFixed(1)} MB disappear; ${state}`;
}

/** How many connections there can be at once. */
async function accepted(start: Start): Promise<number> {
  await using server = serveBare();
  await using proxy = await start(server.port);
  const sockets: WebSocket[] = [];
  for (let i = 0; i < MANY; i++) {
    const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}`);
    sockets.push(socket);
    await new Promise((resolve) => socket.onopen = socket.onerror = resolve);
  }
  const open = sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
  for (const socket of sockets) socket.close();
  return open;
}

/** A server of sockets without a hub, which pings nobody. */
function serveBare(use: (socket: WebSocket, headers: Headers) => void = () => {}) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    // Deno forgets those of the request with the upgrade.
    const headers = new Headers(request.headers);
    const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
    socket.onopen = () => use(socket, headers);
    return response;
  });
  // Sockets may be open: an orderly shutdown would wait for them.
  return {
    port: server.addr.port,
    [Symbol.asyncDispose]: () => Promise.race([server.shutdown(), delay(500)]),
  };
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
