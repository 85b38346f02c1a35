import type { ListenerList } from "../../../core/listener_list.ts";
import type { ChannelKind, ChannelName } from "../channels.ts";
import type { ClientBytes } from "../client.ts";
import type { ConnectionObserver } from "../connection_watcher.ts";

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

/** An observer's need of a channel, for the listeners of one of its topics. */
export interface Interest {
  readonly observer: ChannelObserver;
  readonly list: ListenerList;
}

/** A channel as it is wanted here, and as it is at the server. */
export interface Channel extends ChannelName {
  /** Empty if the channel is not wanted. */
  readonly interests: Map<ChannelObserver, Interest>;
  /** The last observer, once the channel is not wanted. */
  lastObserver: ChannelObserver | undefined;
  /** Whether the server's last acknowledgement was of a subscription. */
  subscribed: boolean;
  /** Whether the server may have the channel nevertheless: after a loss, the client sends unanswered commands again. */
  uncertain: boolean;
  refused: boolean;
  /** The timer of the one command that is unanswered, or of its repetition. */
  command: ReturnType<typeof setTimeout> | undefined;
  /** The number of unanswered subscribe commands. Lost connections count: the client may send them again. */
  unanswered: number;
  /** The number of commands in a row that timed out. */
  timeouts: number;
}

/** Whether the server has answered for the channel as it is wanted now. */
export function isSettled(channel: Channel): boolean {
  if (channel.command !== undefined) return false;
  const wanted = channel.interests.size > 0;
  return (wanted && channel.refused) || (wanted === channel.subscribed && !channel.uncertain);
}

/** Copied: an observer that unsubscribes and subscribes again in a callback would be visited again and again. */
export function interestsIn(channel: Channel): Interest[] {
  return [...channel.interests.values()];
}

/** The channels of one client, by kind and name. */
export class ChannelTable {
  readonly #byKind: Record<ChannelKind, Map<string, Channel>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };

  get size(): number {
    const { channel, pattern, shard } = this.#byKind;
    return channel.size + pattern.size + shard.size;
  }

  /** Channels may be deleted during the iteration. */
  *[Symbol.iterator](): IterableIterator<Channel> {
    for (const channels of Object.values(this.#byKind)) yield* channels.values();
  }

  get(kind: ChannelKind, name: string): Channel | undefined {
    return this.#byKind[kind].get(name);
  }

  /** Returns the channel, or adds one that is not wanted yet. */
  getOrAdd({ kind, name }: ChannelName): Channel {
    let channel = this.#byKind[kind].get(name);
    if (channel === undefined) {
      channel = {
        kind,
        name,
        interests: new Map(),
        lastObserver: undefined,
        subscribed: false,
        uncertain: false,
        refused: false,
        command: undefined,
        unanswered: 0,
        timeouts: 0,
      };
      this.#byKind[kind].set(name, channel);
    }
    return channel;
  }

  delete({ kind, name }: ChannelName): void {
    this.#byKind[kind].delete(name);
  }
}
