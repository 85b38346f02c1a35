import type { ListenerList } from "../../../core/listener_list.ts";
import type { ChannelKind, ChannelName } from "../channels.ts";

/** That a user wants a channel for the listeners of one of its topics. */
export interface Interest<TUser> {
  readonly user: TUser;
  readonly list: ListenerList;
}

/** A channel as it is wanted here, and as it is at the server. */
export interface Channel<TUser> extends ChannelName {
  /** Who wants it, and for whom. */
  readonly users: Map<TUser, Interest<TUser>>;
  /** Who wanted it last, once nobody does. */
  lastUser: TUser | undefined;
  /** What the server has acknowledged last. */
  subscribed: boolean;
  /** The server may have it all the same: the client sends again, after a loss, what was not answered before. */
  doubtful: boolean;
  /** The server will not have it. */
  refused: boolean;
  /** The one command that is on its way, or waits to be sent again, by the timer that gives it up, or sends it again. */
  command: ReturnType<typeof setTimeout> | undefined;
  /** How many subscriptions the client has not answered; those of lost connections included, which it may send again. */
  unanswered: number;
  /** How often in a row a command was not answered in time. */
  timeouts: number;
}

/**
 * Whether a channel is at the server as it is wanted here.
 *
 * @param channel The channel.
 * @returns Whether the server has answered for it, and nothing has changed since.
 */
export function isSettled<TUser>(channel: Channel<TUser>): boolean {
  if (channel.command !== undefined) return false;
  const wanted = channel.users.size > 0;
  return (wanted && channel.refused) || (wanted === channel.subscribed && !channel.doubtful);
}

/** The channels of one client, by kind and name. */
export class ChannelTable<TUser> {
  readonly #byKind: Record<ChannelKind, Map<string, Channel<TUser>>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };

  /** How many there are. */
  get size(): number {
    const { channel, pattern, shard } = this.#byKind;
    return channel.size + pattern.size + shard.size;
  }

  /** All of them; one may be deleted while they are gone through. */
  *[Symbol.iterator](): IterableIterator<Channel<TUser>> {
    for (const channels of Object.values(this.#byKind)) yield* channels.values();
  }

  /**
   * Looks one up.
   *
   * @param kind Its kind.
   * @param name Its name.
   * @returns It, if it is there.
   */
  get(kind: ChannelKind, name: string): Channel<TUser> | undefined {
    return this.#byKind[kind].get(name);
  }

  /**
   * Looks one up, or makes one that nobody wants yet.
   *
   * @param name Which one.
   * @returns It.
   */
  open({ kind, name }: ChannelName): Channel<TUser> {
    let channel = this.#byKind[kind].get(name);
    if (channel === undefined) {
      channel = {
        kind,
        name,
        users: new Map(),
        lastUser: undefined,
        subscribed: false,
        doubtful: false,
        refused: false,
        command: undefined,
        unanswered: 0,
        timeouts: 0,
      };
      this.#byKind[kind].set(name, channel);
    }
    return channel;
  }

  /**
   * Forgets one.
   *
   * @param name Which one.
   */
  delete({ kind, name }: ChannelName): void {
    this.#byKind[kind].delete(name);
  }
}
