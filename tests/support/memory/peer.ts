import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connectWithSmallBuffers } from "../socket_buffers.ts";

const STUCK_MS = 1000;

/** A peer that does not read after the upgrade, unless a test asks for it. */
export class WorstPeer {
  readonly #socket: Socket;
  #isStuck = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async connect(port: number): Promise<WorstPeer> {
    const socket = connectWithSmallBuffers(port);
    socket.on("error", () => {});
    socket.write(
      "GET / HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa("sixteen bytes !!")}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    return new WorstPeer(socket);
  }

  /** Sends text messages, as fast as the hub takes them. */
  async send(...texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.#write(...frame(0x81, new TextEncoder().encode(text)));
  }

  /** Sends the beginning of a frame that never ends. */
  async sendPart(announcedBytes: number, bytes: Uint8Array): Promise<void> {
    const [head] = frame(0x81, bytes, announcedBytes);
    await this.#write(head, bytes);
  }

  /** Sends a message in fragments, the last of which never comes. */
  async sendFragments(count: number, bytes: Uint8Array): Promise<void> {
    for (let i = 0; i < count; i++) await this.#write(...frame(i === 0 ? 0x01 : 0x00, bytes));
  }

  /** Reads from now on. */
  read(): void {
    this.#socket.resume();
  }

  /** Ends its half of TCP. */
  endHalf(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #write(...parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      if (this.#isStuck || this.#socket.destroyed || this.#socket.write(part)) continue;
      for (let ms = 0; this.#socket.writableNeedDrain && !this.#socket.destroyed; ms += 5) {
        // A hub that has dropped the peer may take nothing more.
        if (ms > STUCK_MS) this.#isStuck = true;
        if (this.#isStuck) break;
        await delay(5);
      }
    }
  }
}

/** The header of a masked frame, whose mask is zero, and its payload. */
function frame(
  firstByte: number,
  payload: Uint8Array,
  length = payload.length,
): readonly [Uint8Array, Uint8Array] {
  const header = new DataView(new ArrayBuffer(14));
  header.setUint8(0, firstByte);
  header.setUint8(1, 0x80 | 127);
  header.setBigUint64(2, BigInt(length));
  return [new Uint8Array(header.buffer), payload];
}
