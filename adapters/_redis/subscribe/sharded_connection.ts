import { type ChannelName, slotOf, unusedNameInSlotOf } from "../channels.ts";
import type { RedisCluster } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import { MessageListener } from "./message_listener.ts";
import type { SubscriberConnection, SubscriberConnectionHandler } from "./subscriber_connection.ts";

/** One lost shard causes several events. This long after the last one, the channels are subscribed again. */
const LOSS_DEBOUNCE_MS = 50;

/** The events of a lost shard, and of slots that have moved to another master, once that is connected. */
const LOSS_EVENTS = ["-node", "-subscriber", "subscribersReady"] as const;

/** The connections of a `Cluster` to all its shards. The `Cluster` reports their loss and replaces them itself. */
export class ShardedConnection implements SubscriberConnection {
  readonly client: RedisCluster;
  readonly mayKeepChannels = true;
  readonly address = undefined;
  readonly #handler: SubscriberConnectionHandler;
  readonly #messages: MessageListener;
  readonly #unwatch: () => void;
  /** Set from a loss until the channels are subscribed again. */
  #debounce: ReturnType<typeof setTimeout> | undefined;

  constructor(cluster: RedisCluster, handler: SubscriberConnectionHandler) {
    this.client = cluster;
    this.#handler = handler;
    this.#messages = new MessageListener(handler);
    this.#messages.attach(cluster);
    for (const event of LOSS_EVENTS) cluster.on(event, this.#onLoss);
    cluster.on("nodeError", this.#onNodeError);
    this.#unwatch = watchConnection(cluster, handler);
  }

  get up(): boolean {
    return this.client.status === "ready" && this.#debounce === undefined;
  }

  barrier(subscribed: Iterable<ChannelName>): Promise<unknown> {
    const nameByShard = new Map<string, string>();
    const shards = this.client.nodes("master").length;
    for (const { name } of subscribed) {
      const slot = slotOf(name);
      const unused = unusedNameInSlotOf(name);
      if (unused !== undefined) nameByShard.set(this.client.slots[slot]?.[0] ?? String(slot), unused);
      if (nameByShard.size >= shards) break;
    }
    // Changes nothing at the server. To subscribe to a channel again would not either, but ioredis records it each time.
    return Promise.all(Array.from(nameByShard.values(), (name) => this.client.sunsubscribe(name)));
  }

  detach(): void {
    clearTimeout(this.#debounce);
    this.#unwatch();
    this.#messages.detach();
    for (const event of LOSS_EVENTS) this.client.off(event, this.#onLoss);
    this.client.off("nodeError", this.#onNodeError);
  }

  /** A server unsubscribes the channels of a slot that moves away, in a reply that ioredis 5 does not expect. */
  readonly #onNodeError = (error: unknown): void => {
    if (/ Last reply: sunsubscribe,/.test(String(error))) this.#onLoss();
  };

  readonly #onLoss = (): void => {
    if (this.client.status !== "ready") return;
    const wasUp = this.up;
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => {
      this.#debounce = undefined;
      if (this.up) this.#handler.onUp();
    }, LOSS_DEBOUNCE_MS);
    if (wasUp) this.#handler.onDown();
  };
}
