import { isCluster, type RedisClient } from "../client.ts";
import type { PublishCommand, PublishStrategy } from "../publish/publish_strategy.ts";
import type { Registration } from "./registration.ts";
import type { ScriptSender } from "./script_sender.ts";

/**
 * Sends events of declared types by scripts, which keep and publish them: the order of the history is that of the channel.
 * On a Cluster, the events of each type are at one node, and have an order of their own.
 */
export function keepingStrategy(
  base: PublishStrategy,
  client: RedisClient,
  registration: Registration,
  sender: ScriptSender,
): PublishStrategy {
  const isClustered = isCluster(client);
  return {
    command: base.command,
    get ready() {
      return base.ready && registration.ready;
    },
    maxInFlight: (key) => key === "" ? base.maxInFlight(key) : 1,
    orderingKeyOf: (channel, kept) =>
      isClustered && kept !== undefined ? kept.kind.type : base.orderingKeyOf(channel, kept),
    async send(commands) {
      if (commands.every(isPlain)) return base.send(commands);
      const { refusal } = registration;
      if (refusal === undefined) return sender.send(commands);
      const errors = [...await base.send(commands.filter(isPlain)) ?? []];
      return commands.map((command) => isPlain(command) ? errors.shift() : refusal);
    },
  };
}

function isPlain(command: PublishCommand): boolean {
  return command[3] === undefined;
}
