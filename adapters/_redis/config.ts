import type { EventChecks, UnknownTypes } from "../../core/defined_events.ts";
import type { EventTargetOptions } from "../../core/types.ts";
import type { RedisClient } from "./client.ts";
import type { PublishStrategy } from "./publish/publish_strategy.ts";
import type { RedisSerializer } from "./serializer.ts";

/** The checked arguments of a `RedisEventTarget`. */
export interface RedisEventTargetConfig extends EventTargetOptions {
  readonly publishClient: RedisClient;
  readonly subscribeClient: RedisClient;
  readonly serializer: RedisSerializer;
  readonly prefix: string;
  readonly sharded: boolean;
  readonly maxBufferedBytes: number;
  readonly publishTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly events: EventChecks | undefined;
  readonly unknownTypes: UnknownTypes;
  readonly keeper?: Keeper;
}

/** Keeps the events of some types. It is called with the state of the publishing connection. */
export interface Keeper {
  /** Adds the history to the way in which events are sent. */
  strategy(base: PublishStrategy): PublishStrategy;
  onUp(): void;
  onDown(): void;
  /** The event target has ended. */
  stop(error: Error): void;
}
