/** docs/writing_an_adapter.md as its readers have it: its files beside the installed package, compiled and run on Node. */

import { fileURLToPath } from "node:url";
import { once } from "node:events";
import { createConnection } from "node:net";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { runProcess } from "../../scripts/lib/process.ts";
import { eventually } from "./eventually.ts";
import { InteractiveProgram } from "./interactive_program.ts";
import type { InstalledPackage } from "./package.ts";
import { pageFiles } from "./page_files.ts";
import { NODE_20 } from "./runtimes.ts";

/** The folder of the files, inside the project of the installed package. */
const FOLDER = "lines";

const FILES = [
  "tsconfig.json",
  "src/line_reader.ts",
  "src/line_wire.ts",
  "src/lines.ts",
  "src/events.ts",
  "src/hub.ts",
  "src/spoke.ts",
  "src/lines.test.ts",
];

const COUNT = 1000;

/** An endless line is as long, in bytes, if nobody ends it. */
const ENDLESS_BYTES = 64 * 1024 * 1024;
const ENDLESS_LINES = 16;
/** What Node itself takes is about 60 MiB. */
const MAX_HUB_BYTES = 200 * 1024 * 1024;

/** Samples: the peak that the system keeps begins with that of the process that started this one. */
const PRINT_MEMORY = `
let peak = 0;
setInterval(() => peak = Math.max(peak, process.memoryUsage.rss()), 10).unref();
process.on("exit", () => console.log("peak", peak));
`;

let folder: string;
let node: readonly string[];

/** Tests the page, where the package is installed beside the compiler and the types. */
export async function testAdapterPage(t: Deno.TestContext, { project }: InstalledPackage): Promise<void> {
  const compiled = await t.step("its files compile as strictly as the compiler can", async () => {
    folder = project.path(FOLDER);
    await Deno.mkdir(`${folder}/src`, { recursive: true });
    const page = await Deno.readTextFile(new URL("../../docs/writing_an_adapter.md", import.meta.url));
    const files = pageFiles(page);
    assertEquals(Object.keys(files), FILES);
    for (const [path, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${path}`, text);
    await Deno.writeTextFile(`${folder}/print_memory.mjs`, PRINT_MEMORY);
    const exports = new URL("../package/programs/wire_exports.ts", import.meta.url);
    await Deno.copyFile(exports, `${folder}/src/wire_exports.ts`);
    await project.run("node", "node_modules/typescript/bin/tsc", "-p", FOLDER);
    const { compilerOptions } = JSON.parse(await Deno.readTextFile(`${folder}/tsconfig.json`));
    assertEquals([compilerOptions.strict, compilerOptions.skipLibCheck], [true, undefined]);
  });
  // The other steps run what it has compiled.
  if (!compiled) return;
  node = await NODE_20.program();

  await t.step("every name of ./wire can be imported from the package", async () => {
    const door = fileURLToPath(new URL("../../adapters/wire.ts", import.meta.url));
    const { nodes } = JSON.parse(await runProcess([Deno.execPath(), "doc", "--json", door]));
    const symbols = Object.values<{ symbols: { name: string }[] }>(nodes).flatMap(({ symbols }) => symbols);
    const program = await Deno.readTextFile(`${folder}/src/wire_exports.ts`);
    const imported = Array.from(program.matchAll(/import (?:type )?\{([^}]*)\}/g), ([, names = ""]) => names);
    const names = imported.flatMap((list) => list.split(",")).map((name) => name.trim()).filter((name) =>
      name
    );
    assertEquals(names.sort(), symbols.map(({ name }) => name).sort());
  });

  await t.step("its own tests pass", async () => {
    const output = await runProcess([...node, "--test", "--test-reporter=tap", "dist/lines.test.js"], {
      cwd: folder,
    });
    assertMatch(output, /^# pass 7$/m);
  });

  await t.step("a hub and a spoke exchange events, also after a restart, and end by themselves", async () => {
    await using hub = startHub();
    const port = await portOf(hub);
    await using spoke = startSpoke(port);
    await spoke.printed(/^subscribed$/);
    await exchange(hub, spoke, "apple");

    assertEquals(await hub.end(), { code: 0, stderr: "" });
    await spoke.printed(/^status: reconnecting$/);
    await spoke.write("waiting 1");
    await using next = startHub(port);
    await spoke.printed(/^status: open, after a gap$/);
    await next.printed(/^sold: waiting 1$/);
    await exchange(next, spoke, "pear");

    assertEquals((await spoke.end()).code, 0);
    assertEquals(await next.end(), { code: 0, stderr: "" });
  });

  await t.step("a hub survives hostile bytes, and its memory is bounded", async () => {
    await using hub = startHub(0, "--import", "./print_memory.mjs");
    const port = await portOf(hub);
    await using spoke = startSpoke(port);
    await spoke.printed(/^subscribed$/);

    await resetConnection(port, hub);
    await eventually(() => assertMatch(hub.stderr, /ECONNRESET/));

    using broken = await connect(port);
    await send(
      broken,
      '{"type":\n[[[]]]\nGET / HTTP/1.1\r\n\r\n{"type":"item.sold","id":"broken","payload":{"count":1}}\n',
    );
    await hub.printed(/^sold: broken 1$/);
    await eventually(() => assertMatch(hub.stderr, /Cannot decode a frame/));

    using invalid = await connect(port);
    await invalid.write(Uint8Array.of(0x22, 0xff, 0xfe, 0x22, 0x0a));
    await ended(invalid);
    await eventually(() => assertMatch(hub.stderr, /a line that is not UTF-8/));

    using torn = await connect(port);
    await send(torn, '{"type":"item.sold","id":"to');
    torn.closeWrite();
    await ended(torn);

    const sent = await Promise.all(Array.from({ length: ENDLESS_LINES }, () => sendEndlessLine(port)));
    for (const bytes of sent) assert(bytes < ENDLESS_BYTES, `${bytes} bytes of an endless line were taken`);
    await eventually(() => assertMatch(hub.stderr, /a line of more than 1048576 bytes/));

    await exchange(hub, spoke, "apple");
    assertEquals((await spoke.end()).code, 0);
    assertEquals((await hub.end()).code, 0);
    const bytes = Number((await hub.printed(/^peak \d+$/)).split(" ").at(-1));
    assert(bytes < MAX_HUB_BYTES, `The hub took ${bytes} bytes`);
  });
}

function startHub(port = 0, ...options: readonly string[]): InteractiveProgram {
  return new InteractiveProgram([...node, ...options, "dist/hub.js", String(port)], folder);
}

function startSpoke(port: number): InteractiveProgram {
  return new InteractiveProgram([...node, "dist/spoke.js", String(port)], folder);
}

async function portOf(hub: InteractiveProgram): Promise<number> {
  const line = await hub.printed(/^listening .*port: \d+/);
  return Number(line.match(/port: (\d+)/)?.[1]);
}

/** Publishes prices at the hub and sales at the spoke. Both must arrive, in order. */
async function exchange(hub: InteractiveProgram, spoke: InteractiveProgram, item: string): Promise<void> {
  const numbers = Array.from({ length: COUNT }, (_, i) => i);
  const input = numbers.map((number) => `${item} ${number}`);
  await Promise.all([hub.write(...input), spoke.write(...input)]);
  await Promise.all([spoke.printed(last("price", item)), hub.printed(last("sold", item))]);
  const printed = ({ lines }: InteractiveProgram): string[] =>
    lines.filter((line) => line.includes(` ${item} `));
  assertEquals(printed(spoke), input.map((line) => `price: ${line}`));
  assertEquals(printed(hub), input.map((line) => `sold: ${line}`));
}

function last(what: string, item: string): RegExp {
  return new RegExp(`^${what}: ${item} ${COUNT - 1}$`);
}

function connect(port: number): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port });
}

async function send(connection: Deno.TcpConn, text: string): Promise<void> {
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
}

/** Waits until the hub has ended a connection, in order or not. */
async function ended(connection: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(1024);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // The hub did not read everything: it was reset.
  }
}

/** Resets a connection that the hub reads from: of one that it has yet to accept, it would see no more than the end. */
async function resetConnection(port: number, hub: InteractiveProgram): Promise<void> {
  const socket = createConnection(port, "127.0.0.1");
  socket.write('{"type":"item.sold","id":"reset","payload":{"count":1}}\n');
  await hub.printed(/^sold: reset 1$/);
  socket.resetAndDestroy();
  await once(socket, "close");
}

/** Sends a line that does not end, until the hub ends the connection. Returns how many bytes were taken. */
async function sendEndlessLine(port: number): Promise<number> {
  using connection = await connect(port);
  const bytes = new Uint8Array(64 * 1024).fill(0x20);
  let sent = 0;
  try {
    while (sent < ENDLESS_BYTES) sent += await connection.write(bytes);
  } catch {
    // The hub has ended the connection.
  }
  return sent;
}
