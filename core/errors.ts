/** Holds the name of the class of an error, so that `instanceof` holds for errors of other copies of the library too. */
const CLASS_NAME = /* @__PURE__ */ Symbol.for("@alkdev/pubsub/errors.2");

/** Options of a {@linkcode ConnectionLostError}. */
export interface ConnectionLostErrorOptions extends ErrorOptions {
  /** The transport's close code, if it has codes. */
  readonly code?: number | undefined;
  /** The transport's close reason, if it gave one. */
  readonly reason?: string | undefined;
}

/** The error with which subscriptions end, after their buffered events, when the connection has ended for good. */
export class ConnectionLostError extends Error {
  /** The name of the class. */
  override readonly name = "ConnectionLostError";
  /** The transport's close code, if it has codes. */
  readonly code: number | undefined;
  /** The transport's close reason, if it gave one. */
  readonly reason: string | undefined;

  /**
   * Creates the error.
   *
   * @param message The message.
   * @param options The transport's close code and reason, and the cause.
   */
  constructor(message: string, options: ConnectionLostErrorOptions = {}) {
    super(message, options);
    this.code = options.code;
    this.reason = options.reason;
    mark(this);
  }

  /** Whether a value is such an error, made by this copy of the library or by another one in the process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this, ConnectionLostError, "ConnectionLostError");
  }
}

/** Options of a {@linkcode RefusedError}. */
export interface RefusedErrorOptions extends ErrorOptions {
  /** The refused topic. */
  readonly topic: string;
  /** The far end's reason. */
  readonly reason: string;
}

/** The error that ends a subscription which the far end has refused or revoked. Other subscriptions continue. */
export class RefusedError extends Error {
  /** The name of the class. */
  override readonly name = "RefusedError";
  /** The refused topic. */
  readonly topic: string;
  /** The far end's reason. */
  readonly reason: string;

  /**
   * Creates the error.
   *
   * @param message The message.
   * @param options The topic and the reason.
   */
  constructor(message: string, options: RefusedErrorOptions) {
    super(message, options);
    this.topic = options.topic;
    this.reason = options.reason;
    mark(this);
  }

  /** Whether a value is such an error, made by this copy of the library or by another one in the process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this, RefusedError, "RefusedError");
  }
}

/** The error that ends a subscription, after its buffered events, when the buffer has overflowed. */
export class SubscriptionOverflowError extends Error {
  /** The name of the class. */
  override readonly name = "SubscriptionOverflowError";
  /** The capacity of the buffer, in events. */
  readonly capacity: number;

  /**
   * Creates the error.
   *
   * @param capacity The capacity of the buffer, in events.
   */
  constructor(capacity: number) {
    super(`Cannot buffer more than ${capacity} events: read faster, or raise the capacity`);
    this.capacity = capacity;
    mark(this);
  }

  /** Whether a value is such an error, made by this copy of the library or by another one in the process. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(value, this, SubscriptionOverflowError, "SubscriptionOverflowError");
  }
}

/** Hidden: neither printed nor compared. */
export function mark(error: Error): void {
  Object.defineProperty(error, CLASS_NAME, { value: error.name });
}

/** Whether a value is an instance of the class `asked`: of `own` or of a subclass, or of another copy by its name. */
export function isInstance(value: unknown, asked: unknown, own: unknown, name: string): boolean {
  if (Function.prototype[Symbol.hasInstance].call(asked, value)) return true;
  // A subclass inherits the method, and has the instances of its own only.
  return asked === own && Object(value)[CLASS_NAME] === name;
}
