/** Two sockets without a network, joined by a line that is slow on a test's clock. */
import type { TestClock } from "./clock.ts";
import { FakeSocket } from "./fake_socket.ts";

/** When a runtime's `bufferedAmount` falls: with each byte, at the end of a message, or of all that was queued together. */
export type Falls = "in parts" | "by message" | "all at once";

/** How long a step of a line takes, in milliseconds. */
const STEP_MS = 20;

/** One direction of a line. */
class Direction {
  bytesPerSecond: number;
  readonly #from: FakeSocket;
  readonly #to: FakeSocket;
  readonly #falls: Falls;
  /** Messages of the socket that the system has not taken entirely, with the bytes that are left of each. */
  readonly #queue: { readonly data: string; left: number; readonly bytes: number }[] = [];
  /** The messages of the queue that are written together. */
  #written = 0;
  #credit = 0;

  constructor(from: FakeSocket, to: FakeSocket, bitsPerSecond: number, falls: Falls) {
    this.#from = from;
    this.#to = to;
    this.#falls = falls;
    this.bytesPerSecond = bitsPerSecond / 8;
    from.holds = true;
    const { send } = from;
    from.send = (data) => {
      const before = from.bufferedAmount;
      send.call(from, data);
      from.sent.length = 0;
      const bytes = from.bufferedAmount - before;
      this.#queue.push({ data, left: bytes, bytes });
    };
  }

  /** Carries what it can in a step. */
  step(): void {
    this.#credit = this.#queue.length === 0 ? 0 : this.#credit + this.bytesPerSecond * STEP_MS / 1000;
    for (let [first] = this.#queue; first !== undefined && this.#credit > 0; [first] = this.#queue) {
      if (this.#written === 0) this.#written = this.#queue.length;
      const part = Math.min(first.left, this.#credit);
      this.#credit -= part;
      first.left -= part;
      if (this.#falls === "in parts") this.#from.leave(part);
      if (first.left > 0) return;
      this.#queue.shift();
      if (this.#falls === "by message") this.#from.leave(first.bytes);
      this.#written--;
      if (this.#falls === "all at once" && this.#written === 0) {
        this.#from.bufferedAmount = this.#queue.reduce((sum, { bytes }) => sum + bytes, 0);
      }
      this.#to.fire("message", { data: first.data });
    }
  }
}

/** A line between two sockets. */
export interface JoinedSockets {
  readonly link: FakeSocket;
  readonly hub: FakeSocket;
  /** Carries nothing more, as a phone without a network does. */
  freeze(): void;
  /** Lets time pass, in which the line carries what it can. */
  pass(ms: number): Promise<void>;
}

/** Joins two sockets by a line. Its latency is nearly zero. */
export function joinSockets(
  clock: TestClock,
  { upBitsPerSecond, downBitsPerSecond, falls }: {
    readonly upBitsPerSecond: number;
    readonly downBitsPerSecond: number;
    readonly falls: Falls;
  },
): JoinedSockets {
  const [link, hub] = [new FakeSocket(), new FakeSocket()];
  const up = new Direction(link, hub, upBitsPerSecond, falls);
  const down = new Direction(hub, link, downBitsPerSecond, falls);
  return {
    link,
    hub,
    freeze() {
      up.bytesPerSecond = down.bytesPerSecond = 0;
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        await clock.pass(STEP_MS);
        up.step();
        down.step();
      }
    },
  };
}
