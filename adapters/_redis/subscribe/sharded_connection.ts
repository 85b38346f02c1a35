import { type ChannelName, slotOf, unusedNameInSlotOf } from "../channels.ts";
import { listenTo, type RedisCluster } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import { type ChannelHolds, holdsOn } from "./channel_holds.ts";
import {
  listenToMessages,
  type SubscriberConnection,
  type SubscriberConnectionHandler,
} from "./subscriber_connection.ts";

/** One lost shard causes several events. This long after the last one, the channels are subscribed again. */
const LOSS_DEBOUNCE_MS = 50;

/** The connections of a `Cluster` to all its shards. The `Cluster` reports their loss and replaces them itself. */
export class ShardedConnection implements SubscriberConnection {
  readonly mayKeepChannels = true;
  readonly holds: ChannelHolds;
  readonly #cluster: RedisCluster;
  readonly #handler: SubscriberConnectionHandler;
  readonly #undo: readonly (() => void)[];
  /** Set from a loss until the channels are subscribed again. */
  #debounce: ReturnType<typeof setTimeout> | undefined;

  constructor(cluster: RedisCluster, handler: SubscriberConnectionHandler) {
    this.#cluster = cluster;
    this.holds = holdsOn(cluster);
    this.#handler = handler;
    const lossListeners = {
      "-node": this.#onLoss,
      "-subscriber": this.#onLoss,
      // Emitted after slots have moved to another master, once that is connected.
      subscribersReady: this.#onLoss,
      // A server unsubscribes the channels of a slot that moves away, in a reply that ioredis 5 does not expect.
      nodeError: (error: unknown) => {
        if (/ Last reply: sunsubscribe,/.test(String(error))) this.#onLoss();
      },
    };
    this.#undo = [
      listenToMessages(cluster, handler),
      listenTo(cluster, lossListeners),
      watchConnection(cluster, handler),
    ];
  }

  get client(): RedisCluster | undefined {
    return this.#cluster.status === "ready" && this.#debounce === undefined ? this.#cluster : undefined;
  }

  barrier(subscribed: Iterable<ChannelName>): Promise<unknown> {
    const nameByShard = new Map<string, string>();
    const shards = this.#cluster.nodes("master").length;
    for (const { name } of subscribed) {
      const slot = slotOf(name);
      const unused = unusedNameInSlotOf(name);
      if (unused !== undefined) nameByShard.set(this.#cluster.slots[slot]?.[0] ?? String(slot), unused);
      if (nameByShard.size >= shards) break;
    }
    // Changes nothing at the server. To subscribe to a channel again would not either, but ioredis records it each time.
    return Promise.all(Array.from(nameByShard.values(), (name) => this.#cluster.sunsubscribe(name)));
  }

  detach(): void {
    clearTimeout(this.#debounce);
    for (const undo of this.#undo) undo();
  }

  readonly #onLoss = (): void => {
    if (this.#cluster.status !== "ready") return;
    const wasUp = this.client !== undefined;
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => {
      this.#debounce = undefined;
      if (this.client !== undefined) this.#handler.onUp();
    }, LOSS_DEBOUNCE_MS);
    if (wasUp) this.#handler.onDown();
  };
}
