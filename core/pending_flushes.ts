import { onAbort } from "./abort.ts";
import { MAX_TIMER_MS } from "./arguments.ts";

interface PendingFlush {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The flushes of one connection that the far end has not answered yet. */
export class PendingFlushes {
  readonly #timeoutMs: number;
  readonly #pending = new Map<string, PendingFlush>();
  #lastRef = 0;

  /** @param timeoutMs How long the far end may take, in milliseconds. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Asks the far end.
   *
   * @param ask Sends the question with the reference that the answer will carry.
   * @param signal Gives up once it aborts.
   * @returns A promise that resolves with the answer; it never stays pending.
   */
  start(ask: (ref: string) => void, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const ref = String(++this.#lastRef);
    return new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        forgetSignal?.();
        this.#pending.delete(ref);
      };
      const pending: PendingFlush = {
        resolve: () => (settle(), resolve()),
        reject: (error) => (settle(), reject(error)),
      };
      const timer = this.#timeoutMs > MAX_TIMER_MS ? undefined : setTimeout(() => {
        const message = `The far end did not answer a flush in ${this.#timeoutMs} ms`;
        pending.reject(new DOMException(message, "TimeoutError"));
      }, this.#timeoutMs);
      const forgetSignal = signal && onAbort(signal, () => pending.reject(signal.reason));
      this.#pending.set(ref, pending);
      ask(ref);
    });
  }

  /** The references of the questions that are open, the oldest first. */
  get pending(): Iterable<string> {
    return this.#pending.keys();
  }

  /**
   * Takes an answer; one to a question that is not open is ignored.
   *
   * @param ref The reference that it carries.
   */
  answer(ref: string): void {
    this.#pending.get(ref)?.resolve();
  }

  /**
   * Ends all that is pending.
   *
   * @param error Why.
   */
  rejectAll(error: Error): void {
    for (const { reject } of [...this.#pending.values()]) reject(error);
  }
}
