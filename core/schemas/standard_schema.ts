/**
 * A schema, as [Standard Schema 1](https://standardschema.dev) describes it. Schemas of Zod, Valibot, ArkType and other
 * libraries are such schemas. The specification (MIT, Colin McDonnell and others) has the full types; these are the parts of
 * them that are used here.
 */
export interface StandardSchema<TInput = unknown, TOutput = TInput> {
  /** The schema, for programs that do not know its library. */
  readonly "~standard": {
    /** The version of the specification. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks a value, and returns its output or the issues. It must not change the value. */
    readonly validate: (
      value: unknown,
    ) => StandardSchemaResult<TOutput> | Promise<StandardSchemaResult<TOutput>>;
    /** The types that the schema accepts and returns, for the compiler alone. */
    readonly types?: { readonly input: TInput; readonly output: TOutput } | undefined;
  };
}

/** The result of a {@linkcode StandardSchema}: the output, or the issues. */
export type StandardSchemaResult<TOutput> =
  | { readonly value: TOutput; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] };

/** A part of a value that a {@linkcode StandardSchema} does not accept. */
export interface StandardSchemaIssue {
  /** The fault, for people. */
  readonly message: string;
  /** The keys that lead to the part. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Schemas by event type: the argument of `defineEvents`. */
export interface EventSchemas {
  /** The schema of the payloads of one event type. */
  readonly [eventType: string]: StandardSchema;
}

/** The payloads that `publish` takes, by event type: of schemas, or of what `defineEvents` returned. */
export type EventInputs<TEvents> = EventPayloads<TEvents, "input">;

/** The payloads that subscriptions give, by event type: of schemas, or of what `defineEvents` returned. */
export type EventOutputs<TEvents> = EventPayloads<TEvents, "output">;

/** The payloads of one side, by event type: a map of its own, so that hover texts show them. */
export type EventPayloads<TEvents, TSide extends "input" | "output"> = TEvents extends
  { readonly eventTypes: readonly string[]; readonly "~types"?: infer TTypes }
  ? NonNullable<TTypes> extends { readonly [K in TSide]: infer TPayloads } ? TPayloads : never
  : {
    -readonly [K in keyof TEvents]: TEvents[K] extends
      { readonly "~standard": { readonly types?: infer TTypes } }
      ? NonNullable<TTypes> extends { readonly [K in TSide]: infer TPayload } ? TPayload : never
      : never;
  };
