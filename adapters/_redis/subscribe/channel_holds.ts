import { shared } from "../../../core/shared.ts";
import type { ChannelName } from "../channels.ts";
import type { RedisClient } from "../client.ts";

/** How many copies of the library want each channel on one connection. The last one to leave a channel unsubscribes. */
export type ChannelHolds = Map<string, number>;

const holdsByClient = /* @__PURE__ */ shared(
  "redis-channels.1",
  () => new WeakMap<RedisClient, ChannelHolds>(),
);

/** The holds on a connection that belongs to the program. */
export function holdsOn(client: RedisClient): ChannelHolds {
  const holds = holdsByClient.get(client) ?? new Map();
  holdsByClient.set(client, holds);
  return holds;
}

export function hold(holds: ChannelHolds, channel: ChannelName): void {
  const key = keyOf(channel);
  holds.set(key, (holds.get(key) ?? 0) + 1);
}

export function release(holds: ChannelHolds, channel: ChannelName): void {
  const key = keyOf(channel);
  const count = (holds.get(key) ?? 0) - 1;
  if (count > 0) holds.set(key, count);
  else holds.delete(key);
}

export function isHeld(holds: ChannelHolds, channel: ChannelName): boolean {
  return holds.has(keyOf(channel));
}

function keyOf({ kind, name }: ChannelName): string {
  return `${kind}:${name}`;
}
