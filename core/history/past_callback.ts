import type { Position } from "../history_source.ts";
import { callSafely } from "../report.ts";
import type { EnvelopeListener, EventEnvelope } from "../types.ts";
import type { Replayed } from "./past_state.ts";

/** A callback of `on` that begins in the past. */
export class PastCallback {
  /** Of the last event, or where the callback began. `undefined` until that is known. */
  position: Position | undefined;
  stopped = false;
  readonly #listener: EnvelopeListener;
  readonly #report: (error: unknown) => void;
  #gaps = 0;
  #whole = true;
  #settle = (_result: Replayed): void => {};

  /**
   * @param handle Gets the properties `position`, `gaps` and `replayed`.
   * @param report Reports an error of the listener.
   */
  constructor(listener: EnvelopeListener, handle: object, report: (error: unknown) => void) {
    this.#listener = listener;
    this.#report = report;
    Object.defineProperties(handle, {
      position: { get: () => this.position },
      gaps: { get: () => this.#gaps },
      replayed: { value: new Promise<Replayed>((resolve) => this.#settle = resolve) },
    });
  }

  /** Calls the listener with a live event. The dispatcher reports its error. */
  hear(event: EventEnvelope): unknown {
    if (event.at !== undefined) this.position = event.at;
    return this.#listener.onEvent(event);
  }

  hearPast(event: EventEnvelope): void {
    if (!this.stopped) callSafely(() => this.hear(event), this.#report);
  }

  onReady(): void {
    callSafely(() => this.#listener.onReady?.(), this.#report);
  }

  onGap(): void {
    if (this.stopped) return;
    this.#gaps++;
    callSafely(() => this.#listener.onGap?.(), this.#report);
  }

  /** Events of the past were lost. */
  onLoss(): void {
    this.#whole = false;
    this.onGap();
  }

  onEnd(error: Error | undefined): unknown {
    this.stop();
    return this.#listener.onEnd?.(error);
  }

  /** No event of the past is to come. */
  settle(whole = true): void {
    this.#settle({ whole: whole && this.#whole });
  }

  stop(): void {
    this.stopped = true;
    this.settle(false);
  }
}
