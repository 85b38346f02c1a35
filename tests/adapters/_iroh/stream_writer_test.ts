import { assert, assertEquals, assertRejects } from "@std/assert";
import type { IrohSendStream } from "../../../adapters/_iroh/iroh_like.ts";
import { StreamWriter } from "../../../adapters/_iroh/stream_writer.ts";

/** A stream that accepts each write on demand, as no real one does. */
class ManualStream implements IrohSendStream {
  readonly writes: number[][] = [];
  readonly calls: string[] = [];
  /** How many writes were begun and not taken. */
  pending = 0;
  /** The most of them at once. */
  most = 0;
  #settle: { take: () => void; refuse: (error: Error) => void } | undefined;

  writeAll(bytes: number[]): Promise<void> {
    this.writes.push(bytes);
    this.most = Math.max(this.most, ++this.pending);
    return new Promise<void>((resolve, reject) => {
      this.#settle = { take: resolve, refuse: reject };
    }).finally(() => this.pending--);
  }

  finish(): Promise<void> {
    this.calls.push("finish");
    return Promise.resolve();
  }

  stopped(): Promise<null> {
    this.calls.push("stopped");
    return Promise.resolve(null);
  }

  /** Takes what was written last, or refuses it, and waits for what that leads to. */
  async settle(error?: Error): Promise<void> {
    if (error === undefined) this.#settle?.take();
    else this.#settle?.refuse(error);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const frameOf = (length: number, byte = 1) => new Uint8Array(length).fill(byte);

Deno.test("a frame is written at once, and frames queued meanwhile are written together", async () => {
  const stream = new ManualStream();
  const writer = new StreamWriter(stream, () => {});
  for (let byte = 1; byte <= 4; byte++) writer.write(frameOf(2, byte));
  assertEquals(stream.writes, [[1, 1]]);
  assertEquals(writer.bufferedBytes, 8);
  await stream.settle();
  assertEquals(stream.writes.slice(1), [[2, 2, 3, 3, 4, 4]]);
  assertEquals(writer.bufferedBytes, 6);
  await stream.settle();
  assertEquals(writer.bufferedBytes, 0);
  writer.write(frameOf(1, 5));
  assertEquals(stream.writes.slice(2), [[5]]);
  await stream.settle();
  assertEquals([stream.most, writer.bufferedBytes], [1, 0]);
});

Deno.test("no write has more than 64 KiB, and all bytes keep their order", async () => {
  const stream = new ManualStream();
  const writer = new StreamWriter(stream, () => {});
  const frames = Array.from({ length: 300 }, (_, i) => frameOf(1 + (i * 7919) % 3000, i % 251));
  frames.push(frameOf(200_000, 7), frameOf(3, 9));
  for (const frame of frames) writer.write(frame);
  const written: number[] = [];
  while (writer.bufferedBytes > 0) {
    const before = writer.bufferedBytes;
    const { length } = stream.writes.at(-1) ?? [];
    await stream.settle();
    assertEquals(writer.bufferedBytes, before - (length ?? 0));
  }
  for (const { length } of stream.writes) assert(length > 0 && length <= 65_536, String(length));
  for (const bytes of stream.writes) written.push(...bytes);
  assertEquals(written, frames.flatMap((frame) => [...frame]));
  assertEquals(stream.most, 1);
});

Deno.test("finish ends the stream after the queue, and waits for the far end", async () => {
  const stream = new ManualStream();
  const writer = new StreamWriter(stream, () => {});
  writer.write(frameOf(1));
  writer.write(frameOf(2));
  let finished = false;
  const finish = writer.finish().then(() => finished = true);
  await stream.settle();
  assertEquals([stream.calls, finished], [[], false]);
  await stream.settle();
  assertEquals(stream.calls, ["finish", "stopped"]);
  assertEquals(await finish, true);
});

Deno.test("a broken stream is reported once, and nothing is kept", async () => {
  const stream = new ManualStream();
  const faults: unknown[] = [];
  const writer = new StreamWriter(stream, (error) => void faults.push(error));
  const error = new Error("stopped");
  writer.write(frameOf(1));
  writer.write(frameOf(1));
  await stream.settle(error);
  writer.write(frameOf(1));
  assertEquals([faults, stream.writes.length], [[error], 1]);
  stream.finish = () => Promise.reject(error);
  await assertRejects(() => writer.finish(), Error, "stopped");
});

Deno.test("the frames of a broken stream are released even if the writer is kept", async () => {
  const before = Deno.memoryUsage().external;
  const writers: StreamWriter[] = [];
  for (let n = 0; n < 300; n++) {
    const stream = new ManualStream();
    stream.writeAll = () => Promise.reject(new Error("stopped"));
    const writer = new StreamWriter(stream, () => {});
    writer.write(new Uint8Array(1_000_000));
    writers.push(writer);
    await Promise.resolve();
  }
  // Garbage that is not collected yet counts too.
  const kept = Deno.memoryUsage().external - before;
  assert(kept < 150_000_000, `${kept} bytes are kept by ${writers.length} writers`);
});

Deno.test("written frames are released although others always wait", async () => {
  const stream = new ManualStream();
  stream.writeAll = () => Promise.resolve();
  const writer = new StreamWriter(stream, () => {});
  const before = Deno.memoryUsage().external;
  for (let n = 0; n < 500; n++) {
    // A view of a thousand bytes on a megabyte.
    writer.write(new Uint8Array(new ArrayBuffer(1_000_000), 0, 1000));
    while (writer.bufferedBytes > 2000) await Promise.resolve();
    assert(writer.bufferedBytes > 0);
  }
  // Garbage that is not collected yet counts too.
  const kept = Deno.memoryUsage().external - before;
  assert(kept < 250_000_000, `${kept} bytes are kept`);
  await writer.finish();
  assertEquals(writer.bufferedBytes, 0);
});
