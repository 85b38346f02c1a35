// Prints what `bufferedAmount` of real sockets shows while large and many messages leave them over a slow line, as a table.
// docs/architecture/decisions/044-what-buffered-amount-shows.md has the results.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-types="../support/ws.d.ts"
import { WebSocket as WsWebSocket, WebSocketServer } from "ws";
import { startProcess } from "../../scripts/lib/process.ts";
import { findChromium, openPage } from "../support/chromium.ts";
import type { BufferedAmount, Load } from "../support/programs/buffered_amount_probe.ts";
import { bundle, NODE_20, NODE_22 } from "../support/runtimes.ts";
import { openSlowLine } from "../support/slow_line.ts";

const BITS_PER_SECOND = 8_000_000;
const LIMIT = { timeoutMs: 60_000 };
// JSON has no infinity.
const UNBOUNDED = 1e9;
const LOADS: readonly Load[] = [
  { count: 1, bytes: 8_000_000, window: UNBOUNDED },
  { count: 122, bytes: 65_536, window: UNBOUNDED },
  { count: 122, bytes: 65_536, window: 4 * 65_536 },
];
const DENO = { program: () => Promise.resolve([Deno.execPath(), "run", "-A"]) };

type Commands = () => Promise<readonly string[]>;

await using bundled = await bundle("buffered_amount_end.ts");
await using page = await bundle("buffered_amount_page.ts");

const ends: readonly (readonly [name: string, run: (load: Load) => Promise<BufferedAmount>])[] = [
  ["client, Deno", (load) => client(DENO.program, "native", false, load)],
  ["client, Chromium", (load) => chromium(false, load)],
  ["client, Chromium, deflate", (load) => chromium(true, load)],
  ["client, Node 22", (load) => client(NODE_22.program, "native", false, load)],
  ["client, Node 22, deflate", (load) => client(NODE_22.program, "native", true, load)],
  ["client, ws on Node 20", (load) => client(NODE_20.program, "ws", false, load)],
  ["client, ws on Node 20, deflate", (load) => client(NODE_20.program, "ws", true, load)],
  ["client, ws on Node 22", (load) => client(NODE_22.program, "ws", false, load)],
  ["client, ws on Node 22, deflate", (load) => client(NODE_22.program, "ws", true, load)],
  ["server, Deno", (load) => server(DENO.program, "native", false, load)],
  ["server, ws on Node 20", (load) => server(NODE_20.program, "ws", false, load)],
  ["server, ws on Node 20, deflate", (load) => server(NODE_20.program, "ws", true, load)],
  ["server, ws on Node 22", (load) => server(NODE_22.program, "ws", false, load)],
  ["server, ws on Node 22, deflate", (load) => server(NODE_22.program, "ws", true, load)],
];

console.log(
  "| Socket | Messages | In the turn / microtask / next turn, kB | First fall | Falls | Largest | Longest without | 0 after | Course, kB |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const [name, run] of ends) {
  for (const load of LOADS) {
    const seen = await run(load).catch((error: unknown) => String(error));
    console.log(typeof seen === "string" ? `| ${name} | ${seen} |` : row(name, load, seen));
  }
}
Deno.exit();

function row(name: string, { count, bytes, window }: Load, seen: BufferedAmount): string {
  const kB = (amount: number): number => Math.round(amount / 1000);
  const cells = [
    name,
    `${count} × ${kB(bytes)} kB${window < UNBOUNDED ? `, ${kB(window)} kB at a time` : ""}`,
    seen.first.map(kB).join(" / "),
    `${seen.fellAfterMs} ms`,
    seen.falls,
    `${kB(seen.largestFall)} kB`,
    `${seen.stillMs} ms`,
    `${seen.emptyAfterMs} ms`,
    seen.course.join(" "),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Watches a client, in front of a server of this process. */
async function client(
  command: Commands,
  kind: string,
  deflate: boolean,
  load: Load,
): Promise<BufferedAmount> {
  return await behindLine(deflate, async (url) => {
    const args = ["client", kind, deflate ? "deflate" : "plain", JSON.stringify(load), url];
    const { stdout, stderr } = await startProcess([...await command(), bundled.path, ...args], LIMIT).ended;
    return parse(stdout, stderr);
  });
}

async function chromium(deflate: boolean, load: Load): Promise<BufferedAmount> {
  return await behindLine(deflate, async (url) => {
    const query = { url, load: JSON.stringify(load) };
    await using opened = await openPage(await findChromium(), page.path, query);
    // The page posts what the probe returned.
    return await opened.report as BufferedAmount;
  });
}

/** Watches a server, in front of a client of this process. */
async function server(
  command: Commands,
  kind: string,
  deflate: boolean,
  load: Load,
): Promise<BufferedAmount> {
  const args = ["server", kind, deflate ? "deflate" : "plain", JSON.stringify(load)];
  const process = startProcess([...await command(), bundled.path, ...args], LIMIT);
  await using line = await openSlowLine(Number(await process.firstLine), {
    downBitsPerSecond: BITS_PER_SECOND,
  });
  const socket = new WsWebSocket(`ws://127.0.0.1:${line.port}`, { perMessageDeflate: deflate });
  socket.addEventListener("error", () => {});
  const { stdout, stderr } = await process.ended;
  return parse(stdout, stderr);
}

function parse(stdout: string, stderr: string): BufferedAmount {
  const last = stdout.trim().split("\n").at(-1);
  if (!last?.startsWith("{")) throw new Error(stderr);
  return JSON.parse(last);
}

async function behindLine<T>(perMessageDeflate: boolean, use: (url: string) => Promise<T>): Promise<T> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  await using line = await openSlowLine((http.address() as AddressInfo).port, {
    upBitsPerSecond: BITS_PER_SECOND,
  });
  try {
    return await use(`ws://127.0.0.1:${line.port}`);
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    http.close();
  }
}
