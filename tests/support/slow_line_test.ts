import { assert, assertEquals } from "@std/assert";
import { eventually } from "./eventually.ts";
import { openSlowLine } from "./slow_line.ts";

const QUIET_MS = 1000;

/** The two ends of a line, whose line comes last. */
async function open(bitsPerSecond?: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const line = await openSlowLine(
    listener.addr.port,
    bitsPerSecond === undefined ? {} : { upBitsPerSecond: bitsPerSecond, downBitsPerSecond: bitsPerSecond },
  );
  const client = await Deno.connect({ hostname: "127.0.0.1", port: line.port });
  const server = await listener.accept();
  listener.close();
  const [fromClient, fromServer] = [countBytes(client), countBytes(server)];
  return {
    line,
    client,
    server,
    received: { up: fromServer, down: fromClient },
    async [Symbol.asyncDispose]() {
      await line[Symbol.asyncDispose]();
      await Promise.all([fromClient.ended, fromServer.ended]);
    },
  };
}

/** Reads a connection to its end. */
function countBytes(connection: Deno.Conn) {
  const count = { bytes: 0, ended: Promise.resolve() };
  const read = async (): Promise<void> => {
    try {
      for await (const chunk of connection.readable) count.bytes += chunk.length;
    } catch {
      // The line was cut.
    }
  };
  count.ended = read();
  return count;
}

/** Writes until nothing more is taken for a while, or as many bytes as given, and returns how many were taken. */
async function write(connection: Deno.Conn, limit = Infinity): Promise<number> {
  const chunk = new Uint8Array(1000);
  let taken = 0;
  while (taken < limit) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const quiet = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), QUIET_MS);
    });
    const written = await Promise.race([connection.write(chunk).catch(() => undefined), quiet]);
    clearTimeout(timer);
    if (written === undefined) break;
    taken += written;
  }
  return taken;
}

for (const way of ["up", "down"] as const) {
  const sender = way === "up" ? "client" : "server";

  Deno.test(`a slow line carries as many bits a second ${way} as it says`, async () => {
    await using opened = await open(4_000_000);
    const start = performance.now();
    const writing = write(opened[sender], 600_000);
    await eventually(() => opened.received[way].bytes > 400_000);
    const rate = opened.received[way].bytes * 8 / ((performance.now() - start) / 1000);
    // A busy machine carries less.
    assert(rate > 500_000 && rate < 4_500_000, `${rate} bits a second`);
    await writing;
  });

  Deno.test(`a frozen line hides less than 160 kB ${way}, and loses nothing when it thaws`, async () => {
    await using opened = await open();
    const before = way === "down" ? await write(opened.server, 1000) : 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
    opened.line.freeze();
    const hidden = await write(opened[sender]);
    assert(hidden < 160_000, `${hidden} bytes`);
    assertEquals(opened.received[way].bytes, before);
    opened.line.thaw();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert(opened.received[way].bytes >= before + hidden);
    assertEquals(opened.line.carried[way], opened.received[way].bytes);
  });
}

Deno.test("a line that is cut ends both ends", async () => {
  await using opened = await open(1_000_000);
  opened.line.freeze();
  opened.line.cut();
  await Promise.all([opened.received.up.ended, opened.received.down.ended]);
});
