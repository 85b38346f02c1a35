import { onAbort } from "./abort.ts";
import { MAX_TIMER_MS } from "./arguments.ts";
import { domException } from "./platform.ts";

interface PendingFlush {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The flushes of one connection that the far end has not answered. */
export class PendingFlushes {
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, PendingFlush>();
  #lastRef = 0;

  /** @param timeoutMs How long the far end may take, in milliseconds. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Starts a flush: `ask` sends the request, whose reference the answer must carry. The promise always settles: with the
   * answer, at the time-out, or when the signal aborts.
   */
  start(ask: (ref: string) => void, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const ref = ++this.#lastRef;
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
        pending.reject(domException(message, "TimeoutError"));
      }, this.#timeoutMs);
      const forgetSignal = signal && onAbort(signal, () => pending.reject(signal.reason));
      this.#pending.set(ref, pending);
      ask(String(ref));
    });
  }

  /** The references of the requests that are not answered, the oldest first. */
  get refs(): Iterable<string> {
    return Array.from(this.#pending.keys(), String);
  }

  /** Resolves the flush that an answer is for. Returns whether it was still pending. */
  answer(ref: string): boolean {
    const pending = this.#pending.get(Number(ref));
    pending?.resolve();
    return pending !== undefined;
  }

  /** Rejects a flush, if it is still pending. */
  reject(ref: string, error: Error): void {
    this.#pending.get(Number(ref))?.reject(error);
  }

  /** Rejects all pending flushes. */
  rejectAll(error: Error): void {
    for (const { reject } of [...this.#pending.values()]) reject(error);
  }
}
