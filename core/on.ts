import { onAbort } from "./abort.ts";
import { assertSignal } from "./arguments.ts";
import { type Past, pastOf } from "./history_of.ts";
import type { HistoryFrom, Position } from "./history_source.ts";
import { assertSubscribable, type Topic } from "./topic.ts";
import type { EnvelopeListener, EventEnvelope, PubSubEventTarget } from "./types.ts";

/** Ends a callback of `on`, at once. `using` does the same. */
export interface StopListening extends Disposable {
  /** Ends the callback. Further calls have no effect. */
  (): void;
  /**
   * The position of the last event, or of the place where the callback began. `undefined` until the far end has acknowledged
   * the topic, and absent for a type without a history.
   */
  readonly position?: Position | undefined;
  /** The number of times that events may have been missed. Absent for a type without a history. */
  readonly gaps?: number;
  /** Resolves when the callback is live, or has ended. Absent for a type without a history. */
  readonly replayed?: Promise<{ readonly whole: boolean }>;
}

/** Options of a callback of `on`. */
export interface OnOptions extends Pick<EnvelopeListener, "onReady" | "onGap" | "onEnd"> {
  /** Ends the callback when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Where the callback begins, as for {@linkcode PubSub.subscribe}. Events of the past come from a microtask.
   *
   * @default "now"
   */
  readonly from?: HistoryFrom | undefined;
}

/** Calls a callback with the events of a topic. `open` contains its listener until it ends. */
export function listenWith(
  target: PubSubEventTarget,
  { type, id }: Topic,
  callback: EnvelopeListener["onEvent"],
  options: OnOptions,
  order: PublishOrder,
  open: Set<EnvelopeListener>,
): StopListening {
  const { signal } = options;
  assertSignal(signal);
  assertSubscribable({ type, id });
  const source: Pick<Past, "listen"> = pastOf(target, { type, id }, options) ?? target;
  let forgetSignal: (() => void) | undefined;
  let unlisten: (() => void) | undefined;
  const stop = (): void => {
    if (!open.delete(listener)) return;
    forgetSignal?.();
    unlisten?.();
  };
  const listener: EnvelopeListener = {
    ...options,
    onEvent: (envelope) => order.call(envelope, () => open.has(listener) && callback(envelope)),
    onEnd(error) {
      stop();
      return options.onEnd?.(error);
    },
  };
  if (!signal?.aborted) {
    open.add(listener);
    forgetSignal = signal && onAbort(signal, stop);
    unlisten = source.listen(type, id, listener, options, stop);
    // The target, or the callback, may have ended it in listen().
    if (!open.has(listener)) unlisten();
  } else if (source !== target) Object.assign(stop, { gaps: 0, replayed: Promise.resolve({ whole: false }) });
  return Object.assign(stop, { [Symbol.dispose]: stop });
}

/**
 * Calls callbacks in publish order, over all topics. An event that is published during a callback waits for a microtask,
 * since the event before it may have further callbacks.
 */
export class PublishOrder {
  #last: EventEnvelope | undefined;
  #running = false;
  #waiting = 0;

  call(envelope: EventEnvelope, callback: () => unknown): unknown {
    if (!this.#running && (this.#waiting === 0 || envelope === this.#last)) {
      this.#last = envelope;
      this.#running = true;
      try {
        return callback();
      } finally {
        this.#running = false;
      }
    }
    this.#waiting++;
    // The dispatcher reports a rejection as it reports an error that is thrown.
    return Promise.resolve().then(() => {
      this.#waiting--;
      this.#last = envelope;
      return this.call(envelope, callback);
    });
  }
}
