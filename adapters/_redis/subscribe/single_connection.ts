import { shared } from "../../../core/shared.ts";
import { optionsOf, type RedisClient } from "../client.ts";
import { watchConnection } from "../connection_watcher.ts";
import { type ChannelHolds, holdsOn } from "./channel_holds.ts";
import {
  listenToMessages,
  type SubscriberConnection,
  type SubscriberConnectionHandler,
} from "./subscriber_connection.ts";

/**
 * The connection of a `Redis` client. The client itself must not subscribe again after a loss: a refusal by the server
 * would be an unhandled rejection.
 */
export class SingleConnection implements SubscriberConnection {
  readonly holds: ChannelHolds;
  readonly #client: RedisClient;
  readonly #undo: readonly (() => void)[];

  constructor(client: RedisClient, handler: SubscriberConnectionHandler) {
    this.#client = client;
    this.holds = holdsOn(client);
    this.#undo = [
      listenToMessages(client, handler),
      disableResubscribe(client),
      watchConnection(client, handler),
    ];
  }

  get client(): RedisClient | undefined {
    return this.#client.status === "ready" ? this.#client : undefined;
  }

  detach(): void {
    for (const undo of this.#undo) undo();
  }
}

/** The number of connections that keep `autoResubscribe` off, for each client that had it on. */
const offCounts = /* @__PURE__ */ shared("redis-resubscribe-off.1", () => new WeakMap<RedisClient, number>());

/** Turns off `autoResubscribe`. The last of the returned functions to be called turns it on again, if it was on. */
function disableResubscribe(client: RedisClient): () => void {
  const options = optionsOf(client);
  const count = offCounts.get(client);
  if (count === undefined && options.autoResubscribe !== true) return () => {};
  offCounts.set(client, (count ?? 0) + 1);
  options.autoResubscribe = false;
  const restore = (): void => {
    client.off("ready", restore);
    if (offCounts.get(client) !== 0) return;
    offCounts.delete(client);
    options.autoResubscribe = true;
  };
  return () => {
    offCounts.set(client, (offCounts.get(client) ?? 1) - 1);
    // Until it is connected again, the client would subscribe to the channels of this connection.
    if (client.status === "ready") restore();
    else client.on("ready", restore);
  };
}
