/** A slow line: a TCP relay on loopback that carries a set number of bits a second, and lets the kernel hide little. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connectWithSmallBuffers, shrinkListener, shrinkSendBuffer } from "./socket_buffers.ts";

/** What a line carries in a second, per direction; without a figure, as much as it can. */
export interface LineSpeed {
  /** From the client to the server. */
  readonly upBitsPerSecond?: number;
  /** From the server to the client. */
  readonly downBitsPerSecond?: number;
}

/** A line to a port of this machine. */
export interface SlowLine extends AsyncDisposable {
  /** The line's own port. */
  readonly port: number;
  /** The bytes that left the line so far, on all its connections. */
  readonly carried: { readonly up: number; readonly down: number };
  /** Reads nothing any more: the kernel acknowledges until its buffers are full. */
  freeze(): void;
  /** Continues where it froze. */
  thaw(): void;
  /** Ends all connections at once, without a word of the protocol above. */
  cut(): void;
}

/** The pieces that a line carries, in seconds: small enough for a steady flow. */
const PIECE_SECONDS = 0.02;
const READ_BYTES = 16_384;

/** Opens a line. Linux alone: the sizes of socket buffers are set by number. */
export async function openSlowLine(
  target: number,
  { upBitsPerSecond = Infinity, downBitsPerSecond = Infinity }: LineSpeed = {},
): Promise<SlowLine> {
  const sockets = new Set<Socket>();
  const carried = { up: 0, down: 0 };
  const carrying = new Set<Promise<void>>();
  let cutting = new AbortController();
  let thawed: PromiseWithResolvers<void> | undefined;

  async function carry(from: Socket, to: Socket, way: keyof typeof carried, bits: number): Promise<void> {
    const { signal } = cutting;
    const bytesPerMs = bits / 8000;
    const piece = Math.max(1, Math.min(READ_BYTES, Math.floor(bytesPerMs * 1000 * PIECE_SECONDS)));
    let due = 0;
    try {
      for await (const chunk of from) {
        for (let at = 0; at < chunk.length; at += piece) {
          const bytes = chunk.subarray(at, at + piece);
          due = Math.max(due, performance.now()) + bytes.length / bytesPerMs;
          const early = due - performance.now();
          if (early >= 1) await delay(early, undefined, { signal });
          await thawed?.promise;
          if (!to.write(bytes)) await once(to, "drain", { signal });
          carried[way] += bytes.length;
        }
      }
      to.end();
    } catch {
      from.destroy();
      to.destroy();
    }
  }

  const server = createServer({ allowHalfOpen: true, highWaterMark: READ_BYTES }, (near) => {
    const far = connectWithSmallBuffers(target);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    if (near.remotePort !== undefined) shrinkSendBuffer(near.remotePort, port);
    // The server has accepted the connection by the time that it answers.
    far.once("readable", () => far.localPort !== undefined && shrinkSendBuffer(target, far.localPort));
    for (
      const carried of [carry(near, far, "up", upBitsPerSecond), carry(far, near, "down", downBitsPerSecond)]
    ) {
      carrying.add(carried);
      void carried.then(() => carrying.delete(carried));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as AddressInfo;
  shrinkListener(port);

  const thaw = (): void => {
    thawed?.resolve();
    thawed = undefined;
  };
  const cut = (): void => {
    thaw();
    cutting.abort();
    cutting = new AbortController();
    for (const socket of sockets) socket.destroy();
  };
  return {
    port,
    carried,
    freeze: () => void (thawed ??= Promise.withResolvers()),
    thaw,
    cut,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      cut();
      await Promise.all([closed, ...carrying]);
    },
  };
}
