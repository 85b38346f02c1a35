import type { ListenerList } from "../../../core/listener_list.ts";
import { MAX_TIMER_MS } from "../../../core/arguments.ts";
import type { ClientBytes } from "../bytes.ts";
import { type Channel, ChannelTable, isSettled } from "./channel_table.ts";
import type { ChannelKind, ChannelName } from "../channels.ts";
import { isCluster, type RedisClient } from "../client.ts";
import type { Line, LineEvents } from "./subscriber_connection.ts";
import { isRefusal } from "../errors.ts";
import type { SubscriberUser } from "../subscriber_user.ts";
import { Waits } from "./pending_set.ts";
import { ClusterLine } from "./cluster_connection.ts";
import { ShardedClusterLine } from "./sharded_connection.ts";
import { SingleLine } from "./single_connection.ts";

const RETRY_MS = 500;

/**
 * The channels of one client, for all event targets that share it. What is wanted and what the server has
 * acknowledged are kept apart: whenever they differ and no command is on its way, one is sent.
 */
export class Subscriber implements LineEvents {
  readonly #channels = new ChannelTable<SubscriberUser>();
  readonly #users = new Set<SubscriberUser>();
  readonly #onIdle: () => void;
  readonly #line: Line;
  /** What is not at the server as it is wanted. */
  readonly #unsettled = new Set<Channel<SubscriberUser>>();
  readonly #waits = new Waits<Channel<SubscriberUser>>();
  /** What was wanted when the connection was lost, and has not been acknowledged since. */
  readonly #owed = new Set<Channel<SubscriberUser>>();
  readonly #barriers = new Waits<symbol>();

  /**
   * @param client The client.
   * @param sharded Whether its channels are sharded.
   * @param onIdle Called once nobody uses it and nothing is subscribed to any more.
   */
  constructor(client: RedisClient, sharded: boolean, onIdle: () => void) {
    this.#onIdle = onIdle;
    this.#line = createLine(client, sharded, this);
  }

  /** Whether the connection is there, and all that it lost too. */
  get ready(): boolean {
    return this.#line.up && this.#owed.size === 0;
  }

  /** Where the connection leads, where there are several places. */
  get address(): string | undefined {
    return this.#line.address;
  }

  /** Starts to tell a user of the connection. */
  join(user: SubscriberUser): void {
    this.#users.add(user);
  }

  /** Stops to tell it. What it wanted, it has to have unwanted before. */
  leave(user: SubscriberUser): void {
    if (this.#users.delete(user)) this.#stopIfIdle();
  }

  /** A user wants a channel for the listeners of a topic. */
  want(user: SubscriberUser, name: ChannelName, list: ListenerList): void {
    const channel = this.#channels.open(name);
    channel.users.set(user, { user, list });
    channel.refused = false;
    this.#reconcile(channel);
  }

  /** A user does not want a channel any more. */
  unwant(user: SubscriberUser, { kind, name }: ChannelName): void {
    const channel = this.#channels.get(kind, name);
    if (channel === undefined || !channel.users.delete(user) || channel.users.size > 0) return;
    channel.lastUser = user;
    this.#restored(channel);
    this.#reconcile(channel);
  }

  /** Whether the server has answered for a channel as it is wanted now. */
  isSettled({ kind, name }: ChannelName): boolean {
    const channel = this.#channels.get(kind, name);
    return channel !== undefined && isSettled(channel);
  }

  /** Resolves once the server has answered for everything that a user wants, or does not want any more, by now. */
  settled(user: SubscriberUser): Promise<void> {
    const own = [...this.#unsettled].filter(({ users, lastUser }) => users.has(user) || lastUser === user);
    return this.#waits.wait(own);
  }

  /** Resolves once all messages are here that the server had sent to this connection before. */
  async barrier(): Promise<void> {
    if (!this.#line.up) return;
    const barrier = Symbol();
    const done = (): void => this.#barriers.settle(barrier);
    this.#line.barrier(this.#subscribed()).then(done, done);
    // Some clients never answer after a loss, and what the connection carried is gone then.
    await this.#barriers.wait([barrier]);
  }

  onUp(): void {
    for (const channel of this.#channels) {
      channel.refused = false;
      this.#reconcile(channel);
    }
    this.#tellIfReady();
  }

  onDown(): void {
    for (const channel of this.#channels) {
      if (channel.users.size > 0) this.#owed.add(channel);
      this.#loseChannel(channel, channel.unanswered > 0 || this.#line.retains);
    }
    this.#barriers.letGo();
    for (const user of this.#users) user.onDown();
  }

  onRetry(delayMs: number): void {
    for (const user of this.#users) user.onRetry(delayMs);
  }

  onError(error: unknown): void {
    for (const user of this.#users) user.onError(error);
  }

  onEnd(): void {
    for (const channel of this.#channels) this.#loseChannel(channel, false);
    for (const user of [...this.#users]) user.onEnd();
  }

  onMessage(kind: ChannelKind, name: string, channel: string, message: ClientBytes): void {
    const users = this.#channels.get(kind, name)?.users;
    if (users === undefined) return;
    // As they are now: who gives the channel up and wants it again meanwhile would come again, and again.
    for (const { user, list } of [...users.values()]) user.onMessage(list, channel, message);
  }

  *#subscribed(): Iterable<ChannelName> {
    for (const channel of this.#channels) if (channel.subscribed && isSettled(channel)) yield channel;
  }

  /** The connection is gone; `doubtful` says whether the server may have the channel on the next one. */
  #loseChannel(channel: Channel<SubscriberUser>, doubtful: boolean): void {
    clearTimeout(channel.command);
    channel.command = undefined;
    channel.subscribed = false;
    channel.doubtful = doubtful;
    this.#reconcile(channel);
  }

  #reconcile(channel: Channel<SubscriberUser>): void {
    if (channel.command !== undefined) return;
    const wanted = channel.users.size > 0;
    if (isSettled(channel)) {
      this.#unsettled.delete(channel);
      if (!wanted) this.#channels.delete(channel);
      this.#waits.settle(channel);
      if (!wanted) this.#stopIfIdle();
      return;
    }
    this.#unsettled.add(channel);
    if (this.#line.up) void this.#command(channel, wanted);
  }

  async #command(channel: Channel<SubscriberUser>, subscribe: boolean): Promise<void> {
    const user = channel.users.keys().next().value ?? channel.lastUser;
    const limitMs = (user?.commandTimeoutMs ?? RETRY_MS) * 2 ** channel.timeouts;
    const command = setTimeout(() => this.#onTimeout(channel, limitMs), Math.min(limitMs, MAX_TIMER_MS));
    channel.command = command;
    if (subscribe) channel.unanswered++;
    let fault: { readonly error: unknown } | undefined;
    try {
      await (subscribe ? this.#line.subscribe(channel) : this.#line.unsubscribe(channel));
    } catch (error) {
      fault = { error };
    }
    if (subscribe) channel.unanswered--;
    // What was sent on another connection, or was given up, says nothing any more.
    if (channel.command !== command) return;
    clearTimeout(command);
    channel.command = undefined;
    if (fault === undefined) this.#onDone(channel, subscribe);
    else if (subscribe && isRefusal(fault.error)) this.#onRefusal(channel, fault.error);
    else {
      channel.command = setTimeout(() => this.#again(channel), RETRY_MS);
      return this.#tellFault(channel, fault.error);
    }
    this.#restored(channel);
  }

  // Nobody is told before all is done here: who hears of a channel may give it up, and want another one by its name.

  #onDone(channel: Channel<SubscriberUser>, subscribed: boolean): void {
    channel.timeouts = 0;
    channel.doubtful = false;
    channel.subscribed = subscribed;
    this.#reconcile(channel);
    if (subscribed) { for (const { user, list } of [...channel.users.values()]) user.onSubscribed(list); }
  }

  #onRefusal(channel: Channel<SubscriberUser>, error: Error): void {
    channel.refused = true;
    this.#reconcile(channel);
    for (const { user, list } of [...channel.users.values()]) user.onRefused(list, channel.kind, error);
  }

  #onTimeout(channel: Channel<SubscriberUser>, limitMs: number): void {
    channel.timeouts++;
    const message = `The server did not answer for the channel "${channel.name}" in ${limitMs} ms`;
    this.#tellFault(channel, new DOMException(message, "TimeoutError"));
    this.#again(channel);
  }

  #again(channel: Channel<SubscriberUser>): void {
    channel.command = undefined;
    this.#reconcile(channel);
  }

  #tellFault(channel: Channel<SubscriberUser>, error: unknown): void {
    for (const { user, list } of [...channel.users.values()]) user.onFault(error, list);
  }

  #restored(channel: Channel<SubscriberUser>): void {
    if (this.#owed.delete(channel)) this.#tellIfReady();
  }

  #tellIfReady(): void {
    if (this.ready) { for (const user of this.#users) user.onUp(); }
  }

  #stopIfIdle(): void {
    if (this.#users.size > 0 || this.#channels.size > 0) return;
    this.#line.stop();
    this.#onIdle();
  }
}

/**
 * Makes the line of a client that subscribes.
 *
 * @param client The client.
 * @param sharded Whether channels are sharded.
 * @param events Who hears of it.
 * @returns The line.
 */
function createLine(client: RedisClient, sharded: boolean, events: LineEvents): Line {
  if (!isCluster(client)) return new SingleLine(client, events);
  return sharded ? new ShardedClusterLine(client, events) : new ClusterLine(client, events);
}
