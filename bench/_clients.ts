// The clients of a hub, in a process of their own.

import { denoCommand, startLineProcess } from "./_processes.ts";
import { Queue } from "./_queue.ts";

/** What a client connects with: the library, socket.io, a bare `WebSocket` (an event a frame, or a burst), or NATS. */
export type Protocol = "pubsub" | "socket.io" | "bare" | "bare, joined" | "nats";

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
  // Nobody handles it: what the clients tell of ends the bench, whatever it waits for.
  void read();
  await connected.promise;
  return {
    onBurst: async () => (await bursts.next()).value ?? [],
    publish: tell,
  };
}
