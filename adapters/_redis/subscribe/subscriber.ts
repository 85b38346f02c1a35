import { MAX_TIMER_MS } from "../../../core/arguments.ts";
import { describe } from "../../../core/describe.ts";
import type { ListenerList } from "../../../core/listener_list.ts";
import type { ChannelKind, ChannelName } from "../channels.ts";
import { type ClientBytes, isCluster, isRefusal, type RedisClient } from "../client.ts";
import { Barriers } from "./barriers.ts";
import { type Channel, type ChannelObserver, ChannelTable } from "./channel_table.ts";
import { ClusterNodeConnection } from "./cluster_connection.ts";
import { CommandWindow } from "./command_window.ts";
import { ShardedConnection } from "./sharded_connection.ts";
import { SingleConnection } from "./single_connection.ts";
import type { SubscriberConnection, SubscriberConnectionHandler } from "./subscriber_connection.ts";

const RETRY_MS = 500;
const SUBSCRIBE = { channel: "subscribe", pattern: "psubscribe", shard: "ssubscribe" } as const;
const UNSUBSCRIBE = { channel: "unsubscribe", pattern: "punsubscribe", shard: "sunsubscribe" } as const;

/**
 * The channels of one client. For each channel it keeps the state that is wanted here apart from the state that the
 * server has acknowledged: whenever they differ and no command is unanswered, it sends one.
 */
export class Subscriber implements SubscriberConnectionHandler {
  readonly #channels: ChannelTable;
  readonly #observers = new Set<ChannelObserver>();
  readonly #onIdle: () => void;
  readonly #connection: SubscriberConnection;
  /** The channels that are not settled, with the functions that end the waits for each. */
  readonly #unsettled = new Map<Channel, (() => void)[]>();
  /** The channels that were wanted when the connection was lost, and that are not back yet. */
  readonly #lostChannels = new Set<Channel>();
  readonly #window = new CommandWindow((channel) => this.#reconcile(channel));
  readonly #barriers = new Barriers();

  /** Calls `onIdle` once there are no observers and no channels any more. */
  constructor(client: RedisClient, sharded: boolean, onIdle: () => void) {
    this.#onIdle = onIdle;
    if (!isCluster(client)) this.#connection = new SingleConnection(client, this);
    else if (sharded) this.#connection = new ShardedConnection(client, this);
    else this.#connection = new ClusterNodeConnection(client, this);
    this.#channels = new ChannelTable(this.#connection.holds);
  }

  /** Whether the connection is up, with all the channels that were lost. */
  get ready(): boolean {
    return this.#connection.client !== undefined && this.#lostChannels.size === 0;
  }

  get address(): string | undefined {
    return this.#connection.address;
  }

  addObserver(observer: ChannelObserver): void {
    this.#observers.add(observer);
  }

  /** Stops notifying an observer, which must have unsubscribed from its channels first. */
  removeObserver(observer: ChannelObserver): void {
    if (this.#observers.delete(observer)) this.#detachIfIdle();
  }

  /** Subscribes to a channel for the listeners of one of the observer's topics. */
  subscribe(observer: ChannelObserver, name: ChannelName, list: ListenerList): void {
    const channel = this.#channels.getOrAdd(name);
    channel.addInterest(observer, list);
    channel.refused = false;
    this.#reconcile(channel);
  }

  unsubscribe(observer: ChannelObserver, name: ChannelName): void {
    const channel = this.#channels.get(name);
    if (channel === undefined || !channel.removeInterest(observer)) return;
    this.#onRestored(channel);
    this.#reconcile(channel);
  }

  isSettled(name: ChannelName): boolean {
    return this.#channels.get(name)?.settled ?? false;
  }

  /** Resolves once the server has answered for everything that the observer subscribed to or unsubscribed from. */
  async whenSettled(observer: ChannelObserver): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const [channel, onSettled] of this.#unsettled) {
      if (!channel.concerns(observer)) continue;
      waits.push(new Promise((resolve) => onSettled.push(resolve)));
    }
    await Promise.all(waits);
  }

  /** Resolves once all messages have arrived that the server sent to this connection before. */
  async barrier(): Promise<void> {
    const { client } = this.#connection;
    if (client === undefined) return;
    await this.#barriers.wait(() => this.#connection.barrier?.(this.#subscribedChannels()) ?? client.ping());
  }

  onUp(): void {
    for (const channel of this.#channels) {
      channel.refused = false;
      this.#reconcile(channel);
    }
    this.#notifyIfReady();
  }

  onDown(): void {
    this.#window.reset();
    for (const channel of this.#channels) {
      if (channel.wanted) this.#lostChannels.add(channel);
      this.#onLost(channel, channel.unanswered > 0 || this.#connection.mayKeepChannels === true);
    }
    this.#barriers.end();
    for (const observer of this.#observers) observer.onDown();
  }

  onRetry(delayMs: number): void {
    for (const observer of this.#observers) observer.onRetry(delayMs);
  }

  onError(error: unknown): void {
    for (const observer of this.#observers) observer.onError(error);
  }

  onEnd(): void {
    this.#barriers.end();
    for (const channel of this.#channels) this.#onLost(channel, false);
    for (const observer of [...this.#observers]) observer.onEnd();
  }

  onMessage(kind: ChannelKind, name: string, channel: string, message: ClientBytes): void {
    const subscribed = this.#channels.get({ kind, name });
    if (subscribed === undefined) return;
    for (const [observer, list] of subscribed.interested()) observer.onMessage(list, channel, message);
  }

  *#subscribedChannels(): Iterable<ChannelName> {
    for (const channel of this.#channels) {
      if (channel.state === "subscribed" && channel.settled) yield channel;
    }
  }

  /** The connection is lost; `mayKeep` is whether the server may have the channel on the next one. */
  #onLost(channel: Channel, mayKeep: boolean): void {
    clearTimeout(channel.command);
    channel.command = undefined;
    channel.state = mayKeep ? "unknown" : "unsubscribed";
    this.#reconcile(channel);
  }

  #reconcile(channel: Channel): void {
    if (channel.command !== undefined) return;
    if (!channel.settled) {
      if (!this.#unsettled.has(channel)) this.#unsettled.set(channel, []);
      const { client } = this.#connection;
      if (client === undefined || !this.#window.admit(channel)) return;
      return void this.#sendCommand(client, channel, channel.wanted);
    }
    this.#window.forget(channel);
    for (const resolve of this.#unsettled.get(channel) ?? []) resolve();
    this.#unsettled.delete(channel);
    if (channel.wanted) return;
    this.#channels.delete(channel);
    this.#detachIfIdle();
  }

  async #sendCommand(client: RedisClient, channel: Channel, subscribe: boolean): Promise<void> {
    const limitMs = (channel.firstObserver?.commandTimeoutMs ?? RETRY_MS) * 2 ** channel.timeouts;
    const command = setTimeout(() => this.#onTimeout(channel, limitMs), Math.min(limitMs, MAX_TIMER_MS));
    channel.command = command;
    if (subscribe) channel.unanswered++;
    const onAnswered = this.#window.open();
    const name = (subscribe ? SUBSCRIBE : UNSUBSCRIBE)[channel.kind];
    let error: unknown;
    try {
      await client[name](channel.name);
    } catch (reason) {
      error = reason;
    }
    if (subscribe) channel.unanswered--;
    onAnswered();
    // An answer on a lost connection, or to a command that timed out, says nothing about the channel now.
    if (channel.command !== command) return;
    clearTimeout(command);
    channel.command = undefined;
    if (error === undefined) this.#onDone(channel, subscribe);
    else if (subscribe && isRefusal(error)) this.#onRefusal(channel, error);
    else {
      channel.command = setTimeout(() => this.#retry(channel), RETRY_MS);
      return this.#notifyFault(channel, error);
    }
    this.#onRestored(channel);
  }

  // State changes come before callbacks, which may unsubscribe from the channel and subscribe to it again.
  #onDone(channel: Channel, subscribed: boolean): void {
    channel.timeouts = 0;
    channel.state = subscribed ? "subscribed" : "unsubscribed";
    this.#reconcile(channel);
    if (!subscribed) return;
    for (const [observer, list] of channel.interested()) observer.onSubscribed(list);
  }

  #onRefusal(channel: Channel, error: Error): void {
    channel.refused = true;
    this.#reconcile(channel);
    for (const [observer, list] of channel.interested()) observer.onRefused(list, channel.kind, error);
  }

  #onTimeout(channel: Channel, limitMs: number): void {
    channel.timeouts++;
    // It may still be subscribed, and must then be unsubscribed even if nobody wants it any more.
    if (channel.unanswered > 0 && channel.state === "unsubscribed") channel.state = "unknown";
    const message = `Redis did not answer a command for the channel ${
      describe(channel.name)
    } in ${limitMs} ms`;
    this.#notifyFault(channel, new DOMException(message, "TimeoutError"));
    this.#retry(channel);
  }

  #retry(channel: Channel): void {
    channel.command = undefined;
    this.#reconcile(channel);
  }

  #notifyFault(channel: Channel, error: unknown): void {
    for (const [observer, list] of channel.interested()) observer.onFault(error, list);
  }

  /** The channel is subscribed again, refused, or not wanted any more. */
  #onRestored(channel: Channel): void {
    if (this.#lostChannels.delete(channel)) this.#notifyIfReady();
  }

  #notifyIfReady(): void {
    if (!this.ready) return;
    for (const observer of this.#observers) observer.onUp();
  }

  #detachIfIdle(): void {
    if (this.#observers.size > 0 || this.#channels.size > 0) return;
    this.#barriers.end();
    this.#connection.detach();
    this.#onIdle();
  }
}
