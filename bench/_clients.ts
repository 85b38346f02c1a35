// The clients of a hub, in a process of their own.

import { Queue } from "./_queue.ts";

/** What a client connects with: the library, socket.io, or a bare `WebSocket`, an event a frame or a burst. */
export type Protocol = "pubsub" | "socket.io" | "bare" | "bare, joined";

/** What the process is told, by its one argument. */
export interface Task {
  /** Where the hub is. */
  readonly port: number;
  /** How to connect. */
  readonly protocol: Protocol;
  /** How many clients there are. */
  readonly count: number;
  /** How many events each of them gets at a time, numbered from 0. */
  readonly burst: number;
}

/** What the clients are told to publish, a line each. */
export interface Order {
  /** How many bursts each client publishes, each in a turn of its own. */
  readonly bursts: number;
  /** How many events a burst has. Client `i` of a burst of `m` numbers them from `i * m`. */
  readonly burst: number;
}

/** What the process tells, a line each. */
export type Told =
  | { readonly kind: "connected" }
  /** Every client has had all of a burst, in order. */
  | { readonly kind: "burst"; readonly latencies: readonly number[] }
  | { readonly kind: "error"; readonly error: string };

/** The clients of a hub. */
export interface Clients {
  /** Resolves when every client has had the next burst, with the latencies in milliseconds of the events that one had. */
  onBurst(): Promise<readonly number[]>;
  /** Makes every client publish. */
  publish(order: Order): void;
}

/**
 * Starts clients, and waits until all of them are connected and subscribed.
 *
 * @param task Where, how, and how many.
 * @returns The clients, which end with this process.
 */
export async function startClients(task: Task): Promise<Clients> {
  const script = new URL("_client_process.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", script, JSON.stringify(task)],
    // It ends when this end of the pipe does.
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  process.unref();
  const writer = process.stdin.getWriter();
  const connected = Promise.withResolvers<void>();
  const bursts = new Queue<readonly number[]>();
  const read = async (): Promise<never> => {
    for await (const line of linesOf(process.stdout)) {
      const told: Told = JSON.parse(line);
      if (told.kind === "connected") connected.resolve();
      else if (told.kind === "burst") bursts.push(told.latencies);
      else throw new Error(`${task.protocol}: ${told.error}`);
    }
    throw new Error(`${task.protocol}: the clients are gone`);
  };
  // Nobody handles it: what the clients tell of ends the bench, whatever it waits for.
  void read();
  await connected.promise;
  return {
    onBurst: async () => (await bursts.next()).value ?? [],
    publish: (order) => void writer.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`)),
  };
}

/**
 * The lines of a stream of bytes.
 *
 * @param bytes The stream.
 * @returns Its lines, without their ends.
 */
export async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
