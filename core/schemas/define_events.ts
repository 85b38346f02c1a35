import type { DefinedEvents, EventChecks } from "../defined_events.ts";
import { describe } from "../describe.ts";
import { topicFault } from "../topic.ts";
import { Definitions } from "./definitions.ts";
import type { EventInputs, EventOutputs, EventSchemas, StandardSchema } from "./standard_schema.ts";

/**
 * Defines the events of a program: the schema of the payload of each type. `createPubSub`, hubs and the Redis event target
 * take the result as their option `events`. The types of `publish` and of subscriptions come from the schemas.
 *
 * @example Events that are checked, and one that has a type alone
 * ```ts
 * import { createPubSub } from "@alkdev/pubsub";
 * import { defineEvents, type } from "@alkdev/pubsub/schemas";
 * import { assertEquals } from "@std/assert";
 * import * as v from "valibot";
 *
 * const events = defineEvents({
 *   "session.status": v.object({ state: v.picklist(["idle", "running"]) }),
 *   "log.line": type<string>(),
 * });
 * await using pubsub = createPubSub({ events });
 *
 * const lines = pubsub.subscribe("log.line");
 * pubsub.publish("log.line", "build_1", "ok");
 * const { value } = await lines.next();
 * assertEquals(value?.payload.toUpperCase(), "OK");
 * ```
 *
 * @param schemas A schema of any library that implements Standard Schema 1, or `type<T>()`, by event type.
 * @returns The events, which any number of programs can share.
 * @throws {TypeError} If an event type is invalid, or has no such schema.
 */
export function defineEvents<TSchemas extends EventSchemas>(
  schemas: TSchemas,
): DefinedEvents<EventInputs<TSchemas>, EventOutputs<TSchemas>> {
  // A Map has no members.
  if (Object.prototype.toString.call(schemas) !== "[object Object]") {
    throw new TypeError(`Cannot define events with ${describe(schemas)}: pass an object of schemas`);
  }
  const entries = Object.entries<StandardSchema>(schemas);
  for (const [eventType, schema] of entries) assertDefinition(eventType, schema);
  const definitions: EventChecks = new Definitions(entries);
  // Cast: the types of payloads exist only in the signature.
  return definitions as DefinedEvents<EventInputs<TSchemas>, EventOutputs<TSchemas>>;
}

function assertDefinition(eventType: string, schema: StandardSchema | undefined): void {
  const fault = topicFault(eventType, undefined);
  if (fault !== undefined) throw new TypeError(`Cannot define ${describe(eventType)}: ${fault}`);
  const { version, validate } = schema?.["~standard"] ?? {};
  if (version === 1 && typeof validate === "function") return;
  const advice = "it must be a Standard Schema, version 1";
  throw new TypeError(`Cannot define ${describe(eventType)} with ${describe(schema)}: ${advice}`);
}
