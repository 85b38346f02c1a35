import type { ChannelKind, ChannelName } from "../channels.ts";
import type { ClientBytes, RedisClient } from "../client.ts";
import type { ConnectionObserver } from "../connection_watcher.ts";

/** The connection that channels are subscribed on, or several that lose and restore their channels together. */
export interface SubscriberConnection {
  /** The client that takes the commands. Throws while there is none. */
  readonly client: RedisClient;
  /** Whether commands can be sent now. */
  readonly up: boolean;
  /** Whether some channels may survive a loss, as when one of several servers is lost. */
  readonly mayKeepChannels: boolean;
  /** The address of the node of a Cluster that the only connection leads to. */
  readonly address: string | undefined;
  /**
   * Settles, if only with a refusal, after the messages that the server sent before on the connections of these
   * channels. Must not change anything at the server: after a loss, the client may send the command again.
   */
  barrier(subscribed: Iterable<ChannelName>): Promise<unknown>;
  /** Removes everything that was added to the client. */
  detach(): void;
}

/**
 * The callbacks of a {@linkcode SubscriberConnection}. After `onUp` every channel must be subscribed again; after
 * `onDown` no subscription can be relied on. None is called before the constructor has returned.
 */
export interface SubscriberConnectionHandler extends ConnectionObserver {
  /** A message arrived through the subscription to `name`. */
  onMessage(kind: ChannelKind, name: string, channel: string, message: ClientBytes): void;
}

/** Sends the command that subscribes to a channel. */
export function subscribeOn(client: RedisClient, { kind, name }: ChannelName): Promise<unknown> {
  if (kind === "channel") return client.subscribe(name);
  return kind === "pattern" ? client.psubscribe(name) : client.ssubscribe(name);
}

/** Sends the command that unsubscribes from a channel. */
export function unsubscribeOn(client: RedisClient, { kind, name }: ChannelName): Promise<unknown> {
  if (kind === "channel") return client.unsubscribe(name);
  return kind === "pattern" ? client.punsubscribe(name) : client.sunsubscribe(name);
}
