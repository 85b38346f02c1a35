import type { ClientBytes, RedisClient, RedisListener } from "../client.ts";
import { startsWith } from "../envelope_template.ts";
import type { SubscriberConnectionHandler } from "./subscriber_connection.ts";

/** Listens to the messages of one client at a time, as bytes, so that the client does not decode them. */
export class MessageListener {
  readonly #listeners: readonly (readonly [event: string, listener: RedisListener])[];
  #client: RedisClient | undefined;

  constructor(handler: Pick<SubscriberConnectionHandler, "onMessage">) {
    const names = new NameDecoder();
    this.#listeners = [
      ["messageBuffer", (channel: ClientBytes, message: ClientBytes) => {
        const name = names.decode(channel);
        handler.onMessage("channel", name, name, message);
      }],
      ["pmessageBuffer", (pattern: unknown, channel: ClientBytes, message: ClientBytes) => {
        handler.onMessage("pattern", String(pattern), names.decode(channel), message);
      }],
      ["smessageBuffer", (channel: ClientBytes, message: ClientBytes) => {
        const name = names.decode(channel);
        handler.onMessage("shard", name, name, message);
      }],
    ];
  }

  /** Listens to this client instead of the previous one. */
  attach(client: RedisClient): void {
    this.detach();
    this.#client = client;
    for (const [event, listener] of this.#listeners) client.on(event, listener);
  }

  detach(): void {
    for (const [event, listener] of this.#listeners) this.#client?.off(event, listener);
    this.#client = undefined;
  }
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
