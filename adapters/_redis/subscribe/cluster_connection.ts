import { addressOf, type RedisCluster, type RedisNode } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import type { ChannelHolds } from "./channel_holds.ts";
import {
  listenToMessages,
  type SubscriberConnection,
  type SubscriberConnectionHandler,
} from "./subscriber_connection.ts";

const RETRY_MS = 100;

/**
 * A connection of its own to one node of a `Cluster`, which receives what is published at any node. The connection that
 * the `Cluster` itself keeps for subscriptions changes without an event.
 */
export class ClusterNodeConnection implements SubscriberConnection {
  readonly holds: ChannelHolds = new Map();
  address: string | undefined;
  readonly #cluster: RedisCluster;
  readonly #handler: SubscriberConnectionHandler;
  readonly #unwatch: () => void;
  #client: RedisNode | undefined;
  #unlisten = (): void => {};
  #up = false;
  #attempts = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(cluster: RedisCluster, handler: SubscriberConnectionHandler) {
    this.#cluster = cluster;
    this.#handler = handler;
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

  get client(): RedisNode | undefined {
    return this.#up && this.#client?.status === "ready" ? this.#client : undefined;
  }

  detach(): void {
    clearTimeout(this.#retry);
    this.#unwatch();
    const client = this.#client;
    this.#forgetClient();
    client?.disconnect();
  }

  #connect(): void {
    this.#retry = undefined;
    if (this.#client !== undefined) return;
    const nodes = this.#cluster.nodes("master");
    // After a loss, the node behind the lost one: the Cluster may list a dead node for a long time.
    const previous = nodes.findIndex((node) => addressOf(node) === this.address);
    const start = previous < 0 ? Math.floor(Math.random() * nodes.length) : previous;
    const node = nodes[(start + Math.min(this.#attempts, 1)) % nodes.length];
    if (node === undefined) return this.#connectLater();
    this.address = addressOf(node);
    const client = node.duplicate({ retryStrategy: null });
    this.#client = client;
    this.#unlisten = listenToMessages(client, this.#handler);
    client.on("error", (error: unknown) => this.#handler.onError(error));
    client.on("ready", () => {
      if (this.#client !== client || client.status !== "ready") return;
      this.#attempts = 0;
      this.#up = true;
      this.#handler.onUp();
    });
    client.on("end", () => {
      if (this.#client !== client) return;
      this.#forgetClient();
      if (this.#up) this.#handler.onDown();
      this.#up = false;
      this.#connectLater();
    });
    // The listener of "error" reports why.
    client.connect().catch(() => undefined);
  }

  #forgetClient(): void {
    this.#client = undefined;
    this.#unlisten();
  }

  #connectLater(): void {
    if (this.#retry !== undefined) return;
    const delayMs = this.#attempts++ === 0 ? 0 : RETRY_MS;
    this.#handler.onRetry(delayMs);
    this.#retry = setTimeout(() => this.#connect(), delayMs);
  }
}
