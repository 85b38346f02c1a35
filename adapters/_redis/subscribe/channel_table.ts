import type { ListenerList } from "../../../core/listener_list.ts";
import { mapKey } from "../../../core/map_key.ts";
import type { ChannelKind, ChannelName } from "../channels.ts";
import type { ClientBytes } from "../client.ts";
import type { ConnectionObserver } from "../connection_watcher.ts";
import { type ChannelHolds, hold, isHeld, release } from "./channel_holds.ts";

/**
 * An event target that shares a `Subscriber` with others. Its `onUp` is called once the connection is back with all the
 * channels that were lost; its `onDown`, when the connection is lost, and every channel with it.
 */
export interface ChannelObserver extends ConnectionObserver {
  /** The time that a command may take before it is reported and sent again. */
  readonly commandTimeoutMs: number;
  /** A message arrived on a channel of these listeners. */
  onMessage(list: ListenerList, channel: string, message: ClientBytes): void;
  /** The server has acknowledged a channel of these listeners. */
  onSubscribed(list: ListenerList): void;
  /** The server has refused a channel of these listeners for good. */
  onRefused(list: ListenerList, kind: ChannelKind, error: Error): void;
  /** A command failed and will be sent again. */
  onFault(error: unknown, list: ListenerList): void;
}

/** An observer that wants a channel, and its listeners of the topic. */
export type Interest = readonly [observer: ChannelObserver, list: ListenerList];

/** A channel as it is wanted here, and as it is at the server. */
export class Channel implements ChannelName {
  readonly kind: ChannelKind;
  readonly name: string;
  readonly #interests = new Map<ChannelObserver, Interest>();
  #interested: readonly Interest[] | undefined;
  readonly #holds: ChannelHolds;
  /** The last observer, once the channel is not wanted. */
  #lastObserver: ChannelObserver | undefined;
  /** As the server has acknowledged it. Unknown after some losses: the client sends unanswered commands again. */
  state: "subscribed" | "unsubscribed" | "unknown" = "unsubscribed";
  refused = false;
  /** The timer of the one command that is unanswered, or of its repetition. */
  command: ReturnType<typeof setTimeout> | undefined;
  /** The number of unanswered subscribe commands. Lost connections count: the client may send them again. */
  unanswered = 0;
  /** The number of commands in a row that timed out. */
  timeouts = 0;

  constructor({ kind, name }: ChannelName, holds: ChannelHolds) {
    this.kind = kind;
    this.name = name;
    this.#holds = holds;
  }

  addInterest(observer: ChannelObserver, list: ListenerList): void {
    if (!this.wanted) hold(this.#holds, this);
    this.#interests.set(observer, [observer, list]);
    this.#interested = undefined;
  }

  /** Returns whether the channel is no longer wanted because of it. */
  removeInterest(observer: ChannelObserver): boolean {
    if (!this.#interests.delete(observer)) return false;
    this.#interested = undefined;
    if (this.wanted) return false;
    this.#lastObserver = observer;
    release(this.#holds, this);
    return true;
  }

  /** The observer whose time limit applies to the next command. */
  get firstObserver(): ChannelObserver | undefined {
    return this.#interests.keys().next().value ?? this.#lastObserver;
  }

  /** Whether the observer waits for the server to answer for the channel. */
  concerns(observer: ChannelObserver): boolean {
    return this.#interests.has(observer) || this.#lastObserver === observer;
  }

  get wanted(): boolean {
    return this.#interests.size > 0;
  }

  /** Whether the server has answered for the channel as it is wanted now. */
  get settled(): boolean {
    if (this.command !== undefined) return false;
    if (this.wanted) return this.refused || this.state === "subscribed";
    return this.state === "unsubscribed" || isHeld(this.#holds, this);
  }

  /** Those of this moment: an observer that unsubscribes and subscribes again in a callback is not visited again. */
  interested(): readonly Interest[] {
    return this.#interested ??= [...this.#interests.values()];
  }
}

/** The channels of one client, by kind and name. */
export class ChannelTable {
  readonly #holds: ChannelHolds;
  readonly #byKind: Record<ChannelKind, Map<string | number, Channel>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };

  constructor(holds: ChannelHolds) {
    this.#holds = holds;
  }

  get size(): number {
    const { channel, pattern, shard } = this.#byKind;
    return channel.size + pattern.size + shard.size;
  }

  /** Channels may be deleted during the iteration. */
  *[Symbol.iterator](): IterableIterator<Channel> {
    for (const channels of Object.values(this.#byKind)) yield* channels.values();
  }

  get({ kind, name }: ChannelName): Channel | undefined {
    return this.#byKind[kind].get(mapKey(name));
  }

  /** Returns the channel, or adds one that is not wanted yet. */
  getOrAdd(name: ChannelName): Channel {
    const channel = this.get(name) ?? new Channel(name, this.#holds);
    this.#byKind[name.kind].set(mapKey(name.name), channel);
    return channel;
  }

  delete({ kind, name }: ChannelName): void {
    this.#byKind[kind].delete(mapKey(name));
  }
}
