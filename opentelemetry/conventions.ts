// The names of the semantic conventions for messaging, as of one version: they are not stable. To change the version, compare
// the names here with its pages; `tests/opentelemetry/conventions_test.ts` compares them with its package.

/** The version of the semantic conventions. */
export const CONVENTIONS_VERSION = "1.45.0";

/** The URL at which a backend finds how that version differs from others. */
export const SCHEMA_URL = `https://opentelemetry.io/schemas/${CONVENTIONS_VERSION}`;

/** The attributes of spans. */
export const ATTRIBUTES = {
  system: "messaging.system",
  operationName: "messaging.operation.name",
  operationType: "messaging.operation.type",
  /** The full topic. */
  destination: "messaging.destination.name",
  /** The event type: there are few of them. */
  template: "messaging.destination.template",
  /** The name of an error, on a span that failed. */
  errorType: "error.type",
} as const;

/** An attribute that the conventions do not have: the kind of the event target. */
export const TARGET_ATTRIBUTE = "alkdev.pubsub.target";

/** The value of `messaging.system`. */
export const SYSTEM = "alkdev_pubsub";

/** The operations, with the type and the kind of the spans of each. The kinds are those of `SpanKind`. */
export const OPERATIONS = {
  publish: { type: "send", kind: 3 },
  process: { type: "process", kind: 4 },
} as const;

/** The status of a span that failed, of `SpanStatusCode`. */
export const ERROR_STATUS = 2;
