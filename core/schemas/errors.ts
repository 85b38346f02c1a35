import type { PayloadIssue } from "../defined_events.ts";
import { isInstance, mark } from "../errors.ts";

/** Options of an {@linkcode InvalidPayloadError}. */
export interface InvalidPayloadErrorOptions extends ErrorOptions {
  /** The topic of the event. */
  readonly topic: string;
  /** The parts that the schema did not accept. */
  readonly issues: readonly PayloadIssue[];
}

/**
 * The error for an event whose payload its schema refuses, or whose type has no schema. `publish` throws it with the option
 * `validate: "both"`. For an event that arrives, it is reported (`decode`), and the event is dropped.
 */
export class InvalidPayloadError extends TypeError {
  /** The name of the class. */
  override readonly name = "InvalidPayloadError";
  /** The topic of the event. */
  readonly topic: string;
  /**
   * The parts that the schema did not accept: the first issues, of at most 512 bytes as JSON, without values of the payload. Empty if
   * the schema threw an error, which is the `cause`, or gave no issues.
   */
  readonly issues: readonly PayloadIssue[];

  /**
   * Creates the error.
   *
   * @param message The message.
   * @param options The topic, the issues and the cause.
   */
  constructor(message: string, { topic, issues, ...options }: InvalidPayloadErrorOptions) {
    super(message, options);
    this.topic = topic;
    this.issues = issues;
    mark(this);
  }

  /** Whether a value is such an error, made by this copy of the library or by another one in the process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this, InvalidPayloadError, "InvalidPayloadError");
  }
}
