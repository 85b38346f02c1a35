import { MAX_TIMER_MS } from "../../core/arguments.ts";
import { listenTo, type RedisClient } from "./client.ts";

/** The delay that an announced attempt to connect may have. */
const GRACE_MS = 500;

/** The callbacks of {@linkcode watchConnection}. */
export interface ConnectionObserver {
  /** Commands can be sent now. Never called twice in a row. */
  onUp(): void;
  /** Commands cannot be sent any more. Called only if they could be sent before. */
  onDown(): void;
  /** The client will try to connect again after the delay. */
  onRetry(delayMs: number): void;
  /** An attempt failed. Its consequences have callbacks of their own. */
  onError(error: unknown): void;
  /** The client has given up, or the program has closed it. */
  onEnd(): void;
}

/** Adds one set of listeners to a client, for any number of observers. */
class ConnectionWatcher {
  readonly observers = new Set<ConnectionObserver>();
  readonly #client: RedisClient;
  readonly #unlisten: () => void;
  #up: boolean;
  #reconnecting: boolean;
  #missedAttempt: ReturnType<typeof setTimeout> | undefined;

  constructor(client: RedisClient) {
    this.#client = client;
    this.#up = client.status === "ready";
    this.#reconnecting = client.status === "reconnecting";
    this.#unlisten = listenTo(client, {
      ready: () => {
        // Emitted a tick later, when the status may have changed again.
        if (this.#up || client.status !== "ready") return;
        this.#up = true;
        for (const observer of this.observers) observer.onUp();
      },
      close: () => {
        if (!this.#up) return;
        this.#up = false;
        for (const observer of this.observers) observer.onDown();
      },
      reconnecting: (delayMs?: number) => {
        this.#reconnecting = true;
        // A `Cluster` does not pass the delay.
        if (delayMs !== undefined) this.#expectAttempt(delayMs);
        for (const observer of this.observers) observer.onRetry(delayMs ?? 0);
      },
      connecting: () => {
        this.#reconnecting = false;
        // A later loss sets the status before its event comes, and must not be taken for this attempt.
        clearTimeout(this.#missedAttempt);
      },
      // The only event of a `Cluster` that is disconnected while it waits to reconnect.
      disconnecting: () => {
        if (this.#reconnecting) this.#notifyEnd();
      },
      error: (error: unknown) => this.#notifyError(error),
      end: () => this.#notifyEnd(),
    });
    if (client.status === "wait") client.connect().catch((error) => this.#notifyError(error));
  }

  stop(): void {
    clearTimeout(this.#missedAttempt);
    this.#unlisten();
  }

  #notifyError(error: unknown): void {
    for (const observer of this.observers) observer.onError(error);
  }

  #notifyEnd(): void {
    for (const observer of this.observers) observer.onEnd();
  }

  /** A `Redis` that the program disconnects while it waits to reconnect emits nothing: it only skips the attempt. */
  #expectAttempt(delayMs: number): void {
    clearTimeout(this.#missedAttempt);
    this.#missedAttempt = setTimeout(() => {
      if (this.#client.status === "reconnecting") this.#notifyEnd();
    }, Math.min(delayMs + GRACE_MS, MAX_TIMER_MS));
  }
}

const watchers = new WeakMap<RedisClient, ConnectionWatcher>();

/**
 * Observes the connection of a client until the returned function is called. Connects a client that waits for its first
 * command.
 */
export function watchConnection(client: RedisClient, observer: ConnectionObserver): () => void {
  const watcher = watchers.get(client) ?? new ConnectionWatcher(client);
  watchers.set(client, watcher);
  watcher.observers.add(observer);
  return () => {
    if (!watcher.observers.delete(observer) || watcher.observers.size > 0) return;
    watchers.delete(client);
    watcher.stop();
  };
}
