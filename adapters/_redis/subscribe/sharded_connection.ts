import type { ChannelName } from "../channels.ts";
import type { RedisCluster } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import { Ear, subscribeAt, unsubscribeAt } from "./message_listener.ts";
import { neighborOf, slotOf } from "../slots.ts";
import type { Line, LineEvents } from "./subscriber_connection.ts";

/** One lost shard is told by several events; after so many milliseconds without another one it is asked anew. */
const CALM_MS = 50;

/** What tells of a lost shard, and of slots that have another master; the latter once it is connected to. */
const LOSSES = ["-node", "-subscriber", "subscribersReady"] as const;

/** The connections that a `Cluster` has to all of its shards. It tells of their loss, and chooses others by itself. */
export class ShardedClusterLine implements Line {
  readonly retains = true;
  readonly address = undefined;
  readonly #cluster: RedisCluster;
  readonly #events: LineEvents;
  readonly #ear: Ear;
  readonly #unwatch: () => void;
  #calm: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param cluster The client.
   * @param events Who hears of it.
   */
  constructor(cluster: RedisCluster, events: LineEvents) {
    this.#cluster = cluster;
    this.#events = events;
    this.#ear = new Ear((...args) => events.onMessage(...args));
    this.#ear.attach(cluster);
    for (const event of LOSSES) cluster.on(event, this.#onLoss);
    cluster.on("nodeError", this.#onNodeError);
    this.#unwatch = watchConnection(cluster, events);
  }

  get up(): boolean {
    return this.#cluster.status === "ready" && this.#calm === undefined;
  }

  subscribe(channel: ChannelName): Promise<unknown> {
    return subscribeAt(this.#cluster, channel);
  }

  unsubscribe(channel: ChannelName): Promise<unknown> {
    return unsubscribeAt(this.#cluster, channel);
  }

  barrier(subscribed: Iterable<ChannelName>): Promise<unknown> {
    const shards = new Map<string, string>();
    const masters = this.#cluster.nodes("master").length;
    for (const { name } of subscribed) {
      const slot = slotOf(name);
      const shard = this.#cluster.slots[slot]?.[0] ?? String(slot);
      const neighbor = neighborOf(name);
      if (neighbor !== undefined) shards.set(shard, neighbor);
      if (shards.size >= masters) break;
    }
    // An answer comes after the messages that were sent before, and this command changes nothing. To subscribe again
    // would: ioredis keeps a note of it each time.
    return Promise.all(Array.from(shards.values(), (name) => this.#cluster.sunsubscribe(name)));
  }

  stop(): void {
    clearTimeout(this.#calm);
    this.#unwatch();
    this.#ear.detach();
    for (const event of LOSSES) this.#cluster.off(event, this.#onLoss);
    this.#cluster.off("nodeError", this.#onNodeError);
  }

  /** A server gives up the channels of a slot that goes elsewhere, which ioredis 5 did not ask for. */
  readonly #onNodeError = (error: unknown): void => {
    if (/ Last reply: sunsubscribe,/.test(String(error))) this.#onLoss();
  };

  readonly #onLoss = (): void => {
    if (this.#cluster.status !== "ready") return;
    const wasUp = this.up;
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => {
      this.#calm = undefined;
      if (this.up) this.#events.onUp();
    }, CALM_MS);
    if (wasUp) this.#events.onDown();
  };
}
