import type { StandardSchema } from "./standard_schema.ts";

/** Accepts every payload. */
export const UNCHECKED: StandardSchema = {
  "~standard": { version: 1, vendor: "@alkdev/pubsub", validate: (value) => ({ value }) },
};

/**
 * The type of a payload without a schema. The payload is not checked, and costs what it costs without `defineEvents`.
 *
 * @example Some types with a schema, and one without
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 * import { defineEvents, type } from "@alkdev/pubsub/schemas";
 *
 * const events = defineEvents({ "job.done": type<{ ok: boolean }>(), "clock.tick": type<void>() });
 * await using pubsub = createPubSub({ events });
 * pubsub.publish("clock.tick", "");
 * ```
 *
 * @typeParam T The payload.
 * @returns A schema that accepts every value.
 */
export function type<T>(): StandardSchema<T> {
  // Cast: it accepts every value, of any type.
  return UNCHECKED as StandardSchema<T>;
}
