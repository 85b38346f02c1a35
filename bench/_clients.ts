// The clients of a hub, in another process.

import { denoCommand, startLineProcess } from "./_processes.ts";
import { Queue } from "./_queue.ts";

/** The protocol of a client: the library, socket.io, a bare `WebSocket` (an event or a burst a frame), or NATS. */
export type Protocol = "pubsub" | "socket.io" | "bare" | "bare, joined" | "nats";

/** The task of the process, which is its one argument. */
export interface Task {
  /** The URL of the hub. */
  readonly port: number;
  /** How to connect. */
  readonly protocol: Protocol;
  /** The number of clients. */
  readonly count: number;
  /** The number of events of a burst, which are numbered from 0. */
  readonly burst: number;
}

/** A command to publish, as one line. */
export interface Order {
  /** The number of bursts that each client publishes, each in its own turn of the event loop. */
  readonly bursts: number;
  /** The number of events of a burst of `m`. Client `i` numbers them from `i * m`. */
  readonly burst: number;
}

/** A report of the process, as one line. */
export type Told =
  | { readonly kind: "connected" }
  /** Every client has received a whole burst in order. */
  | { readonly kind: "burst"; readonly latencies: readonly number[] }
  | { readonly kind: "error"; readonly error: string };

/** The clients of a hub. */
export interface Clients {
  /** Resolves when every client has received the next burst, with the latencies of one client in milliseconds. */
  onBurst(): Promise<readonly number[]>;
  /** Makes every client publish. */
  publish(order: Order): void;
}

/** Starts clients, and waits until all of them are connected and subscribed. */
export async function startClients(task: Task): Promise<Clients> {
  const { next, tell } = startLineProcess(denoCommand("_client_process.ts", JSON.stringify(task)));
  const connected = Promise.withResolvers<void>();
  const bursts = new Queue<readonly number[]>();
  const read = async (): Promise<never> => {
    for (;;) {
      const told: Told = JSON.parse(await next());
      if (told.kind === "connected") connected.resolve();
      else if (told.kind === "burst") bursts.push(told.latencies);
      else throw new Error(`${task.protocol}: ${told.error}`);
    }
  };
  // Not handled, so that an error of the clients ends the bench.
  void read();
  await connected.promise;
  return {
    onBurst: async () => (await bursts.next()).value ?? [],
    publish: tell,
  };
}
