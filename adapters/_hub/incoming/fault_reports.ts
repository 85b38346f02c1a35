import type { BaseEventTarget } from "../../../core/base_event_target.ts";
import type { ErrorStage } from "../../../core/types.ts";

/** The faults of one stage that are reported one by one in a frame. */
const MAX_APART = 16;

/** The faults of one stage in one frame. */
interface Faults {
  count: number;
  /** The last one. */
  toError: () => Error;
  topic: string | undefined;
}

/**
 * Reports what one spoke does wrong: the first faults of a frame one by one, and all others of the frame as one. An error
 * costs more than the event that it is about, and a frame can have tens of thousands of them.
 */
export class FaultReports {
  readonly #reporter: Pick<BaseEventTarget, "report">;
  readonly #faults = new Map<ErrorStage, Faults>();

  constructor(reporter: Pick<BaseEventTarget, "report">) {
    this.#reporter = reporter;
  }

  report(stage: ErrorStage, toError: () => Error, topic?: string): void {
    if (this.#faults.size === 0) queueMicrotask(() => this.flush());
    const faults = this.#faults.get(stage) ?? { count: 0, toError, topic };
    this.#faults.set(stage, faults);
    faults.count++;
    faults.toError = toError;
    faults.topic = topic;
    if (faults.count <= MAX_APART) this.#reporter.report(stage, toError(), topic);
  }

  /** The frame has been read; or the turn ends, for faults that were found later. */
  flush(): void {
    if (this.#faults.size === 0) return;
    const all = [...this.#faults];
    this.#faults.clear();
    for (const [stage, { count, toError, topic }] of all) {
      const more = count - MAX_APART;
      if (more <= 0) continue;
      const error = toError();
      if (more > 1) error.message += ` (and ${more - 1} more faults of this spoke at once)`;
      this.#reporter.report(stage, error, topic);
    }
  }
}
