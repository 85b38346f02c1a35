/** What a {@linkcode ConnectionLostError} tells beside its message. */
export interface ConnectionLostErrorOptions extends ErrorOptions {
  /** The close code that the transport gave, if it has codes. */
  readonly code?: number | undefined;
  /** The reason that the transport gave, if it gave one. */
  readonly reason?: string | undefined;
}

/** The far side ended, or the transport is lost for good. Subscriptions end with it after what they had buffered. */
export class ConnectionLostError extends Error {
  /** The class's own name. */
  override readonly name = "ConnectionLostError";
  /** The close code that the transport gave, if it has codes. */
  readonly code: number | undefined;
  /** The reason that the transport gave, if it gave one. */
  readonly reason: string | undefined;

  /**
   * Creates the error.
   *
   * @param message What was lost.
   * @param options The transport's code and reason, and the cause.
   */
  constructor(message: string, options: ConnectionLostErrorOptions = {}) {
    super(message, options);
    this.code = options.code;
    this.reason = options.reason;
  }
}

/** What a {@linkcode RefusedError} tells beside its message. */
export interface RefusedErrorOptions extends ErrorOptions {
  /** The topic that was refused. */
  readonly topic: string;
  /** Why, in the far end's words. */
  readonly reason: string;
}

/** The far end refused a subscription, or took it back. It ends that subscription alone. */
export class RefusedError extends Error {
  /** The class's own name. */
  override readonly name = "RefusedError";
  /** The topic that was refused. */
  readonly topic: string;
  /** Why, in the far end's words. */
  readonly reason: string;

  /**
   * Creates the error.
   *
   * @param message What was refused.
   * @param options The topic and the reason.
   */
  constructor(message: string, options: RefusedErrorOptions) {
    super(message, options);
    this.topic = options.topic;
    this.reason = options.reason;
  }
}

/** More events arrived than a subscription may buffer. It ends the subscription after what was buffered. */
export class SubscriptionOverflowError extends Error {
  /** The class's own name. */
  override readonly name = "SubscriptionOverflowError";
  /** How many events the subscription could buffer. */
  readonly capacity: number;

  /**
   * Creates the error.
   *
   * @param capacity How many events the subscription could buffer.
   */
  constructor(capacity: number) {
    super(`Cannot buffer more than ${capacity} events: the subscription is not read fast enough`);
    this.capacity = capacity;
  }
}
