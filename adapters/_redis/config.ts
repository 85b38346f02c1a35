import type { EventChecks, UnknownTypes } from "../../core/defined_events.ts";
import type { EventTargetOptions } from "../../core/types.ts";
import type { RedisClient } from "./client.ts";
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
}
