import type { ChannelName } from "../channels.ts";
import type { RedisClient } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import { Ear, subscribeAt, unsubscribeAt } from "./message_listener.ts";
import type { Line, LineEvents } from "./subscriber_connection.ts";
import { stopResubscribing } from "../resubscribing.ts";

/**
 * The connection of a `Redis` client. The client must not subscribe by itself after a loss: what the server refuses it
 * then would be an unhandled rejection.
 */
export class SingleLine implements Line {
  readonly retains = false;
  readonly address = undefined;
  readonly #client: RedisClient;
  readonly #ear: Ear;
  readonly #restore: () => void;
  readonly #unwatch: () => void;

  /**
   * @param client The client.
   * @param events Who hears of it.
   */
  constructor(client: RedisClient, events: LineEvents) {
    this.#client = client;
    this.#ear = new Ear((...args) => events.onMessage(...args));
    this.#ear.attach(client);
    this.#restore = stopResubscribing(client);
    this.#unwatch = watchConnection(client, events);
  }

  get up(): boolean {
    return this.#client.status === "ready";
  }

  subscribe(channel: ChannelName): Promise<unknown> {
    return subscribeAt(this.#client, channel);
  }

  unsubscribe(channel: ChannelName): Promise<unknown> {
    return unsubscribeAt(this.#client, channel);
  }

  barrier(): Promise<unknown> {
    return this.#client.ping();
  }

  stop(): void {
    this.#unwatch();
    this.#ear.detach();
    this.#restore();
  }
}
