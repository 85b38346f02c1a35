import type { BaseEventTarget } from "../../../core/base_event_target.ts";
import type { ErrorStage } from "../../../core/types.ts";

/** The faults of one stage in one frame, after the first. */
interface Repeated {
  count: number;
  toError: () => Error;
  topic: string | undefined;
}

/**
 * Reports what one spoke does wrong: the first fault of a frame at once, and all others of the frame as one. An error
 * costs more than the event that it is about, and a frame can have tens of thousands of them.
 */
export class FaultReports {
  readonly #reporter: Pick<BaseEventTarget, "report">;
  readonly #repeated = new Map<ErrorStage, Repeated | undefined>();

  constructor(reporter: Pick<BaseEventTarget, "report">) {
    this.#reporter = reporter;
  }

  report(stage: ErrorStage, toError: () => Error, topic?: string): void {
    const repeated = this.#repeated.get(stage);
    if (repeated !== undefined) {
      repeated.count++;
      repeated.toError = toError;
      repeated.topic = topic;
    } else if (this.#repeated.has(stage)) {
      this.#repeated.set(stage, { count: 1, toError, topic });
    } else {
      if (this.#repeated.size === 0) queueMicrotask(() => this.flush());
      this.#repeated.set(stage, undefined);
      this.#reporter.report(stage, toError(), topic);
    }
  }

  /** The frame has been read; or the turn ends, for faults that were found later. */
  flush(): void {
    const all = [...this.#repeated];
    this.#repeated.clear();
    for (const [stage, repeated] of all) {
      if (repeated === undefined) continue;
      const { count, toError, topic } = repeated;
      const error = toError();
      if (count > 1) error.message += ` (and ${count - 1} more faults of this spoke at once)`;
      this.#reporter.report(stage, error, topic);
    }
  }
}
