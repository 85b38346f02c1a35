import { MAX_TIMER_MS } from "../../core/arguments.ts";
import type { RedisClient, RedisListener } from "./client.ts";

/** How much later than announced a client may try to connect, in milliseconds. */
const GRACE_MS = 500;

/** Who follows the connection of a client. */
export interface ConnectionWatcher {
  /** Commands can be sent now; never told twice in a row. */
  onUp(): void;
  /** They cannot any more; told only after {@linkcode ConnectionWatcher.onUp}, or if it was up at the start. */
  onDown(): void;
  /** The client tries again in so many milliseconds. */
  onRetry(delayMs: number): void;
  /** Something failed; what follows from it is told by itself. */
  onError(error: unknown): void;
  /** The client has given up, or was closed by the program. */
  onEnd(): void;
}

/** The connection of one client, listened to once however many watch it. */
class Connection {
  readonly #client: RedisClient;
  readonly #watchers = new Set<ConnectionWatcher>();
  #up = false;
  /** Whether it waits to connect again. */
  #waits = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  watch(watcher: ConnectionWatcher): () => void {
    if (this.#watchers.size === 0) this.#start();
    this.#watchers.add(watcher);
    return () => {
      if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#stop();
    };
  }

  #start(): void {
    this.#up = this.#client.status === "ready";
    for (const [event, listener] of this.#listeners) this.#client.on(event, listener);
    if (this.#client.status === "wait") this.#client.connect().catch((error) => this.#tellError(error));
  }

  #stop(): void {
    clearTimeout(this.#retry);
    for (const [event, listener] of this.#listeners) this.#client.off(event, listener);
  }

  #tellError(error: unknown): void {
    for (const watcher of this.#watchers) watcher.onError(error);
  }

  #tellEnd(): void {
    for (const watcher of this.#watchers) watcher.onEnd();
  }

  /** A `Redis` that the program ends while it waits to connect again tells nobody: it just does not try. */
  #expectAttempt(delayMs: number): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#client.status === "reconnecting") this.#tellEnd();
    }, Math.min(delayMs + GRACE_MS, MAX_TIMER_MS));
  }

  readonly #listeners: readonly [event: string, listener: RedisListener][] = [
    ["ready", () => {
      // It is told a tick later, by when the status may be another one.
      if (this.#up || this.#client.status !== "ready") return;
      this.#up = true;
      for (const watcher of this.#watchers) watcher.onUp();
    }],
    ["close", () => {
      if (!this.#up) return;
      this.#up = false;
      for (const watcher of this.#watchers) watcher.onDown();
    }],
    ["reconnecting", (delayMs?: number) => {
      this.#waits = true;
      // A `Cluster` does not say it.
      if (delayMs !== undefined) this.#expectAttempt(delayMs);
      for (const watcher of this.#watchers) watcher.onRetry(delayMs ?? 0);
    }],
    ["connecting", () => {
      this.#waits = false;
    }],
    // A `Cluster` that is ended while it waits says no more than this.
    ["disconnecting", () => {
      if (this.#waits) this.#tellEnd();
    }],
    ["error", (error: unknown) => this.#tellError(error)],
    ["end", () => this.#tellEnd()],
  ];
}

const connections = new WeakMap<RedisClient, Connection>();

/**
 * Follows the connection of a client, and connects one that waits for its first command.
 *
 * @param client The client, which gets one listener for each event however many watch it.
 * @param watcher Who hears of it.
 * @returns A function that stops.
 */
export function watchConnection(client: RedisClient, watcher: ConnectionWatcher): () => void {
  let connection = connections.get(client);
  if (connection === undefined) connections.set(client, connection = new Connection(client));
  return connection.watch(watcher);
}
