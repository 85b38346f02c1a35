import { describe } from "../describe.ts";
import { isInstance, mark } from "../errors.ts";

/** The error that ends a subscription with `onGap: "error"` when events were forgotten before they were read. */
export class GapError extends Error {
  /** The name of the class. */
  override readonly name = "GapError";
  /** The topic of the subscription. */
  readonly topic: string;

  /**
   * Creates the error.
   *
   * @param topic The topic of the subscription.
   */
  constructor(topic: string) {
    super(`Cannot replay all events of ${describe(topic)}: some were forgotten`);
    this.topic = topic;
    mark(this);
  }

  /** Whether a value is such an error, made by this copy of the library or by another one in the process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this, GapError, "GapError");
  }
}

/**
 * The error for a subscription that asks for the past of a type without a history. It is thrown at the call; over a link, it
 * ends the subscription.
 */
export class NoHistoryError extends Error {
  /** The name of the class. */
  override readonly name = "NoHistoryError";
  /** The topic of the subscription. */
  readonly topic: string;

  /**
   * Creates the error.
   *
   * @param topic The topic of the subscription.
   */
  constructor(topic: string) {
    super(`Cannot replay ${describe(topic)}: no history is declared for its type`);
    this.topic = topic;
    mark(this);
  }

  /** Whether a value is such an error, made by this copy of the library or by another one in the process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this, NoHistoryError, "NoHistoryError");
  }
}
