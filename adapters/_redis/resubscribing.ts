import { optionsOf, type RedisClient } from "./client.ts";

/** How many lines subscribe on each client that would do it by itself. */
const linesOf = new WeakMap<RedisClient, number>();

/**
 * Keeps a client from subscribing by itself after a loss, for as long as anybody needs that.
 *
 * @param client The client.
 * @returns A function that needs it no more; the last one gives the client its own setting back.
 */
export function stopResubscribing(client: RedisClient): () => void {
  const options = optionsOf(client);
  const lines = linesOf.get(client);
  if (lines === undefined && options.autoResubscribe !== true) return () => {};
  linesOf.set(client, (lines ?? 0) + 1);
  options.autoResubscribe = false;
  const restore = (): void => {
    client.off("ready", restore);
    if (linesOf.get(client) !== 0) return;
    linesOf.delete(client);
    options.autoResubscribe = true;
  };
  return () => {
    linesOf.set(client, (linesOf.get(client) ?? 1) - 1);
    // Before it is connected again, the client would subscribe to what was ours.
    if (client.status === "ready") restore();
    else client.on("ready", restore);
  };
}
