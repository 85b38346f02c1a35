import type { PastRequest } from "./reader.ts";

/** The events that a link has missed by a loss of its connection, and whether all of them were there. */
export class Recovery {
  /** From the loss on, until the outcome is reported. */
  isActive = false;
  readonly #onEnd: () => void;
  #requests = new Set<PastRequest>();
  #isWhole = true;

  /** @param onEnd Called when the last replay has ended. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Whether the hub has yet to acknowledge one of the topics. */
  get isWaiting(): boolean {
    for (const { isAnswered } of this.#requests) if (!isAnswered) return true;
    return false;
  }

  /** The requests on a new connection. */
  restart(requests: Iterable<PastRequest>): void {
    this.#requests = new Set(this.isActive ? requests : []);
  }

  /** Events are missing. */
  onLoss(): void {
    this.#isWhole = false;
  }

  delete(request: PastRequest): void {
    if (this.#requests.delete(request) && this.#requests.size === 0) this.#onEnd();
  }

  has(request: PastRequest): boolean {
    return this.#requests.has(request);
  }

  /** Returns whether nothing is missing, once it is known; then `undefined`. */
  takeOutcome(): boolean | undefined {
    if (!this.isActive || this.#requests.size > 0) return undefined;
    const isWhole = this.#isWhole;
    this.isActive = false;
    this.#isWhole = true;
    return isWhole;
  }
}
