import { addressOf, type OwnedClient, type RedisCluster } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import { MessageListener } from "./message_listener.ts";
import type { SubscriberConnection, SubscriberConnectionHandler } from "./subscriber_connection.ts";

const RETRY_MS = 100;

/**
 * A connection of its own to one node of a `Cluster`, which receives what is published at any node. The connection that
 * the `Cluster` itself keeps for subscriptions changes without an event.
 */
export class ClusterNodeConnection implements SubscriberConnection {
  readonly mayKeepChannels = false;
  readonly #cluster: RedisCluster;
  readonly #handler: SubscriberConnectionHandler;
  readonly #messages: MessageListener;
  readonly #unwatch: () => void;
  #client: OwnedClient | undefined;
  #address: string | undefined;
  #up = false;
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(cluster: RedisCluster, handler: SubscriberConnectionHandler) {
    this.#cluster = cluster;
    this.#handler = handler;
    this.#messages = new MessageListener(handler);
    this.#unwatch = watchConnection(cluster, {
      onUp: () => this.#connect(),
      onDown() {},
      onRetry: (delayMs) => handler.onRetry(delayMs),
      onError: (error) => handler.onError(error),
      onEnd: () => {
        this.#up = false;
        handler.onEnd();
      },
    });
    if (cluster.status === "ready") this.#connect();
  }

  get client(): OwnedClient {
    if (this.#client === undefined) throw new Error("Cannot subscribe: there is no connection to a node");
    return this.#client;
  }

  get up(): boolean {
    return this.#up && this.#client?.status === "ready";
  }

  get address(): string | undefined {
    return this.#address;
  }

  barrier(): Promise<unknown> {
    return this.client.ping();
  }

  detach(): void {
    clearTimeout(this.#retry);
    this.#unwatch();
    const client = this.#client;
    this.#client = undefined;
    this.#messages.detach();
    client?.disconnect();
  }

  #connect(): void {
    this.#retry = undefined;
    if (this.#client !== undefined) return;
    const nodes = this.#cluster.nodes("master");
    // After a loss, the node behind the lost one: the Cluster may list a dead node for a long time.
    const previous = nodes.findIndex((node) => addressOf(node) === this.#address);
    const start = previous < 0 ? Math.floor(Math.random() * nodes.length) : previous;
    const node = nodes[(start + Math.min(this.#attempts, 1)) % nodes.length];
    if (node === undefined) return this.#connectLater();
    this.#address = addressOf(node);
    const client = node.duplicate({ retryStrategy: null });
    this.#client = client;
    this.#messages.attach(client);
    client.on("error", (error: unknown) => this.#handler.onError(error));
    client.on("ready", () => {
      if (this.#client !== client || client.status !== "ready") return;
      this.#attempts = 0;
      this.#up = true;
      this.#handler.onUp();
    });
    client.on("end", () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#messages.detach();
      if (this.#up) this.#handler.onDown();
      this.#up = false;
      this.#connectLater();
    });
    // The listener of "error" reports why.
    client.connect().catch(() => undefined);
  }

  #connectLater(): void {
    if (this.#retry !== undefined) return;
    const delayMs = this.#attempts++ === 0 ? 0 : RETRY_MS;
    this.#handler.onRetry(delayMs);
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  }
}
