/** The types of ioredis that the program needs: those of its own package change the types of Deno. */
import type { RedisClient } from "@alkdev/pubsub/event-target-redis";

export interface RedisOptions {
  readonly lazyConnect?: boolean;
  readonly autoResendUnfulfilledCommands?: boolean;
}

export interface Redis extends RedisClient {
  duplicate(options: RedisOptions): Redis;
  disconnect(): void;
  hset(key: string, field: string, value: string): Promise<unknown>;
  hgetall(key: string): Promise<Record<string, string>>;
  hdel(key: string, field: string): Promise<unknown>;
}

export const Redis: new (url: string, options: RedisOptions) => Redis;
