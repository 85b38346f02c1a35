import type { ChannelKind, ChannelName } from "../channels.ts";
import { type ClientBytes, listenTo, type RedisClient, type RedisListener } from "../client.ts";
import type { ConnectionObserver } from "../connection_watcher.ts";
import { startsWith } from "../envelope_template.ts";
import type { ChannelHolds } from "./channel_holds.ts";

/** The connection that channels are subscribed on, or several that lose and restore their channels together. */
export interface SubscriberConnection {
  /** The client that takes the commands, or `undefined` while none can be sent. */
  readonly client: RedisClient | undefined;
  /** The channels that are wanted on the connection, also by other copies of the library that use it. */
  readonly holds: ChannelHolds;
  /** Whether some channels may survive a loss, as when one of several servers is lost. */
  readonly mayKeepChannels?: boolean;
  /** The address of the node of a Cluster that the only connection leads to. */
  readonly address?: string | undefined;
  /**
   * Settles, if only with a refusal, after the messages that the server sent before on the connections of these
   * channels. Must not change anything at the server: after a loss, the client may send the command again. Without
   * this method, a `PING` of the client does the same.
   */
  barrier?(subscribed: Iterable<ChannelName>): Promise<unknown>;
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

/** Passes on the messages of a client until the returned function is called. They are bytes: the client does not decode them. */
export function listenToMessages(client: RedisClient, handler: SubscriberConnectionHandler): () => void {
  const names = new NameDecoder();
  function listenerOf(kind: "channel" | "shard"): RedisListener {
    return (channel: ClientBytes, message: ClientBytes) => {
      const name = names.decode(channel);
      handler.onMessage(kind, name, name, message);
    };
  }
  return listenTo(client, {
    messageBuffer: listenerOf("channel"),
    smessageBuffer: listenerOf("shard"),
    pmessageBuffer: (pattern: unknown, channel: ClientBytes, message: ClientBytes) => {
      handler.onMessage("pattern", String(pattern), names.decode(channel), message);
    },
  });
}

/** Decodes names of channels. The last one is cached: names often repeat, and comparing bytes costs a fraction of decoding them. */
export class NameDecoder {
  #bytes: ClientBytes | undefined;
  #name = "";

  decode(bytes: ClientBytes): string {
    if (bytes.length !== this.#bytes?.length || !startsWith(bytes, this.#bytes)) {
      this.#name = String(bytes);
      this.#bytes = bytes;
    }
    return this.#name;
  }
}
