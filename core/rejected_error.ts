import type { PayloadIssue } from "./defined_events.ts";
import { isInstance, mark } from "./errors.ts";

/** Options of a {@linkcode RejectedError}. */
export interface RejectedErrorOptions extends ErrorOptions {
  /** The topic of the event. */
  readonly topic: string;
  /** The hub's reason. */
  readonly reason: string;
  /** The parts that the schema did not accept. */
  readonly issues?: readonly PayloadIssue[] | undefined;
  /** How many events before it were refused and not reported one by one. */
  readonly more?: number | undefined;
}

/** The error that a link reports (`publish`) for an event which the hub has refused. The event is lost. */
export class RejectedError extends Error {
  /** The name of the class. */
  override readonly name = "RejectedError";
  /** The topic of the event. */
  readonly topic: string;
  /** The hub's reason. */
  readonly reason: string;
  /** The parts that the schema did not accept. Empty where the hub does not say it. */
  readonly issues: readonly PayloadIssue[];
  /** How many events before it were refused and not reported one by one. */
  readonly more: number;

  /**
   * Creates the error.
   *
   * @param message The message.
   * @param options The topic, the reason, the issues, and the number of further events.
   */
  constructor(message: string, options: RejectedErrorOptions) {
    super(message, options);
    this.topic = options.topic;
    this.reason = options.reason;
    this.issues = options.issues ?? [];
    this.more = options.more ?? 0;
    mark(this);
  }

  /** Whether a value is such an error, made by this copy of the library or by another one in the process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this, RejectedError, "RejectedError");
  }
}
