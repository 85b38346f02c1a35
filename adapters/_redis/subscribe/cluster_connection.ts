import type { ChannelName } from "../channels.ts";
import { addressOf, type OwnConnection, type RedisCluster } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import { Ear, subscribeAt, unsubscribeAt } from "./message_listener.ts";
import type { Line, LineEvents } from "./subscriber_connection.ts";

const RETRY_MS = 100;

/**
 * A connection of our own to one node of a `Cluster`, which hears what is published on any of them. The one that the
 * `Cluster` has for that purpose changes without telling anybody.
 */
export class ClusterLine implements Line {
  readonly retains = false;
  readonly #cluster: RedisCluster;
  readonly #events: LineEvents;
  readonly #ear: Ear;
  readonly #unwatch: () => void;
  #connection: OwnConnection | undefined;
  #address: string | undefined;
  #up = false;
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param cluster The client.
   * @param events Who hears of it.
   */
  constructor(cluster: RedisCluster, events: LineEvents) {
    this.#cluster = cluster;
    this.#events = events;
    this.#ear = new Ear((...args) => events.onMessage(...args));
    this.#unwatch = watchConnection(cluster, {
      onUp: () => this.#connect(),
      onDown() {},
      onRetry: (delayMs) => events.onRetry(delayMs),
      onError: (error) => events.onError(error),
      onEnd: () => {
        this.#up = false;
        events.onEnd();
      },
    });
    if (cluster.status === "ready") this.#connect();
  }

  get up(): boolean {
    return this.#up && this.#connection?.status === "ready";
  }

  get address(): string | undefined {
    return this.#address;
  }

  subscribe(channel: ChannelName): Promise<unknown> {
    return subscribeAt(this.#own, channel);
  }

  unsubscribe(channel: ChannelName): Promise<unknown> {
    return unsubscribeAt(this.#own, channel);
  }

  barrier(): Promise<unknown> {
    return this.#own.ping();
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#unwatch();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#ear.detach();
    connection?.disconnect();
  }

  get #own(): OwnConnection {
    if (this.#connection === undefined) throw new Error("Cannot subscribe: there is no connection to a node");
    return this.#connection;
  }

  #connect(): void {
    this.#retry = undefined;
    if (this.#connection !== undefined) return;
    const nodes = this.#cluster.nodes("master");
    // After a loss, the node behind the one that was lost: that may take long to be found dead again.
    const same = nodes.findIndex((node) => addressOf(node) === this.#address);
    const start = same < 0 ? Math.floor(Math.random() * nodes.length) : same;
    const node = nodes[(start + Math.min(this.#attempts, 1)) % nodes.length];
    if (node === undefined) return this.#connectLater();
    this.#address = addressOf(node);
    const connection = node.duplicate({ retryStrategy: null });
    this.#connection = connection;
    this.#ear.attach(connection);
    connection.on("error", (error: unknown) => this.#events.onError(error));
    connection.on("ready", () => {
      if (this.#connection !== connection || connection.status !== "ready") return;
      this.#attempts = 0;
      this.#up = true;
      this.#events.onUp();
    });
    connection.on("end", () => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#ear.detach();
      if (this.#up) this.#events.onDown();
      this.#up = false;
      this.#connectLater();
    });
    // What keeps it from connecting is told by its events.
    connection.connect().catch(() => undefined);
  }

  #connectLater(): void {
    if (this.#retry !== undefined) return;
    const delayMs = this.#attempts++ === 0 ? 0 : RETRY_MS;
    this.#events.onRetry(delayMs);
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  }
}
