/**
 * Schemas: event maps that are checked where events arrive. See
 * [the guide](https://github.com/alkdev/pubsub/blob/main/docs/schemas.md).
 *
 * @module
 */
export { defineEvents } from "./define_events.ts";
export { type } from "./type.ts";
export { InvalidPayloadError, type InvalidPayloadErrorOptions } from "./errors.ts";
export { RejectedError, type RejectedErrorOptions } from "../rejected_error.ts";
export type * from "./standard_schema.ts";
export type { DefinedEvents, PayloadIssue, UnknownTypes } from "../defined_events.ts";
