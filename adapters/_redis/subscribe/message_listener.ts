import type { ClientBytes } from "../bytes.ts";
import type { ChannelKind, ChannelName } from "../channels.ts";
import type { RedisClient, RedisListener } from "../client.ts";
import { NameReader } from "../name_reader.ts";

type OnMessage = (kind: ChannelKind, name: string, channel: string, message: ClientBytes) => void;

/** Hears the messages of one client at a time, as bytes: the client reads nothing then that is not needed. */
export class Ear {
  readonly #listeners: readonly (readonly [event: string, listener: RedisListener])[];
  #client: RedisClient | undefined;

  /** @param onMessage Hears each message. */
  constructor(onMessage: OnMessage) {
    const names = new NameReader();
    this.#listeners = [
      ["messageBuffer", (channel: ClientBytes, message: ClientBytes) => {
        const name = names.read(channel);
        onMessage("channel", name, name, message);
      }],
      ["pmessageBuffer", (pattern: unknown, channel: ClientBytes, message: ClientBytes) => {
        onMessage("pattern", String(pattern), names.read(channel), message);
      }],
      ["smessageBuffer", (channel: ClientBytes, message: ClientBytes) => {
        const name = names.read(channel);
        onMessage("shard", name, name, message);
      }],
    ];
  }

  /** Hears this client, and no other. */
  attach(client: RedisClient): void {
    this.detach();
    this.#client = client;
    for (const [event, listener] of this.#listeners) client.on(event, listener);
  }

  /** Hears nobody. */
  detach(): void {
    for (const [event, listener] of this.#listeners) this.#client?.off(event, listener);
    this.#client = undefined;
  }
}

/** Sends the command that subscribes to a channel. */
export function subscribeAt(client: RedisClient, { kind, name }: ChannelName): Promise<unknown> {
  if (kind === "channel") return client.subscribe(name);
  return kind === "pattern" ? client.psubscribe(name) : client.ssubscribe(name);
}

/** Sends the command that unsubscribes from a channel. */
export function unsubscribeAt(client: RedisClient, { kind, name }: ChannelName): Promise<unknown> {
  if (kind === "channel") return client.unsubscribe(name);
  return kind === "pattern" ? client.punsubscribe(name) : client.sunsubscribe(name);
}
