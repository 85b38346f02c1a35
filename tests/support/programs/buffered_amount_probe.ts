/** What `bufferedAmount` of a socket shows while messages leave it. */

/** What is measured of a socket. */
export interface Measured {
  readonly bufferedAmount: number;
  send(data: string): void;
}

/** Messages, and how many bytes of them may wait in the socket at a time. */
export interface Load {
  readonly count: number;
  readonly bytes: number;
  readonly window: number;
}

/** What it showed. */
export interface BufferedAmount {
  /** In the turn of `send`, in its microtask, and in the next turn. */
  readonly first: readonly number[];
  /** How many milliseconds after `send` it fell for the first time. */
  readonly fellAfterMs: number;
  /** How often it fell, and the largest fall in bytes. */
  readonly falls: number;
  readonly largestFall: number;
  /** The longest time without a fall. */
  readonly stillMs: number;
  /** When all had left. */
  readonly emptyAfterMs: number;
  /** The amounts ten times on the way, in kB. */
  readonly course: readonly number[];
}

const TURN_MS = 5;

/** Sends messages, as many at a time as fit in a window, and watches until nothing waits any more. */
export async function watchBufferedAmount(
  socket: Measured,
  { count, bytes, window }: Load,
): Promise<BufferedAmount> {
  const messages = Array.from({ length: count }, () => incompressible(bytes));
  const start = performance.now();
  const fill = (): void => {
    while (messages.length > 0 && socket.bufferedAmount + bytes <= window) socket.send(messages.pop() ?? "");
  };
  fill();
  const first = [socket.bufferedAmount];
  await Promise.resolve();
  first.push(socket.bufferedAmount);
  await new Promise((resolve) => setTimeout(resolve));
  first.push(socket.bufferedAmount);
  let last = first[0] ?? 0;
  let fellAfterMs = 0;
  let fallenMs = start;
  let stillMs = 0;
  let falls = 0;
  let largestFall = 0;
  const samples: number[] = [];
  for (;;) {
    const amount = socket.bufferedAmount;
    samples.push(amount);
    if (amount < last) {
      fellAfterMs ||= performance.now() - start;
      stillMs = Math.max(stillMs, performance.now() - fallenMs);
      fallenMs = performance.now();
      falls++;
      largestFall = Math.max(largestFall, last - amount);
    }
    if (amount === 0 && messages.length === 0) break;
    fill();
    last = socket.bufferedAmount;
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
  const course = Array.from(
    { length: 11 },
    (_, i) => samples[Math.round(i * (samples.length - 1) / 10)] ?? 0,
  );
  return {
    first,
    fellAfterMs: Math.round(fellAfterMs),
    falls,
    largestFall,
    stillMs: Math.round(stillMs),
    emptyAfterMs: Math.round(performance.now() - start),
    course: course.map((amount) => Math.round(amount / 1000)),
  };
}

/** Text of which deflate saves a quarter at most. */
function incompressible(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let state = 0x9e3779b9;
  const parts: string[] = [];
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    parts.push(alphabet[state & 63] ?? "");
  }
  return parts.join("");
}
