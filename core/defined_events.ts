import type { ErrorHandler, EventEnvelope, PubSubEventTarget } from "./types.ts";

/** The rule for events of a type that has no schema: they are refused, or passed on unchecked. */
export type UnknownTypes = "reject" | "pass";

/**
 * An event map that exists at run time: what `defineEvents` of
 * [`@alkdev/pubsub/schemas`](https://github.com/alkdev/pubsub/blob/main/docs/schemas.md) returns. It is the option `events`
 * of `createPubSub`, of hubs and of the Redis event target.
 */
export interface DefinedEvents<TInput = object, TOutput = object> {
  /** The event types, in the order of their definition. */
  readonly eventTypes: readonly string[];
  /** The payloads before and after their schemas, for the compiler alone. */
  readonly "~types"?: { readonly input: TInput; readonly output: TOutput } | undefined;
}

/** A part of a payload that its schema did not accept. */
export interface PayloadIssue {
  /** The fault, in the words of the schema. It ends where it would quote the payload. */
  readonly message: string;
  /** The keys and indices that lead to the part. Absent for the whole payload. */
  readonly path?: readonly (string | number)[];
}

/** The refusal of an event by its schema. What it says is made when it is asked for, since most of it never is. */
export interface PayloadFault {
  /** The reason, for the publisher. */
  readonly reason: string;
  /** The issues, for the publisher. */
  readonly issues: readonly PayloadIssue[];
  /** The reason with its first issue. */
  readonly explanation: string;
  toError(): Error;
}

/** The part of a configuration that {@linkcode EventChecks} uses. */
export interface CheckOptions {
  readonly onError?: ErrorHandler;
  readonly validate?: "subscribe" | "both";
  readonly unknownTypes?: UnknownTypes;
}

/** How this library uses defined events. Their module has the code, so that programs without schemas do not load it. */
export interface EventChecks extends DefinedEvents {
  /**
   * Returns the fault of an event, if it has one. For an asynchronous schema, returns what finds it later: a promise that
   * never rejects, and keeps no event.
   */
  faultOf(
    envelope: EventEnvelope,
    unknownTypes: UnknownTypes,
  ): PayloadFault | undefined | Promise<FindFault>;
  /** The fault of an event whose schema cannot be awaited here, if it has one. */
  faultAtOnce(envelope: EventEnvelope, unknownTypes: UnknownTypes): PayloadFault | undefined;
  /** Returns what publishes on a target and listens to it for one `PubSub`, whose listeners get the output of the schemas. */
  over(target: PubSubEventTarget, options: CheckOptions): PubSubEventTarget;
}

/** Finds the fault of the event that an asynchronous schema has checked. */
export type FindFault = (envelope: EventEnvelope) => PayloadFault | undefined;
