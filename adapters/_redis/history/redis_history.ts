import type { BaseEventTarget } from "../../../core/base_event_target.ts";
import type { ReplaySource } from "../../../core/history/replay.ts";
import { SourcePast } from "../../../core/history/source_past.ts";
import type { TargetHistory } from "../../../core/history_of.ts";
import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPageBounds,
  Position,
} from "../../../core/history_source.ts";
import type { Topic } from "../../../core/topic.ts";
import type { Page } from "./pages.ts";
import type { RedisLog } from "./redis_log.ts";

/** The history of one event target, and how subscriptions use it. */
export class RedisHistory extends SourcePast implements TargetHistory {
  protected readonly events: ReplaySource;
  protected readonly target: BaseEventTarget;
  readonly settle: () => Promise<void>;
  readonly #log: RedisLog;

  /**
   * `settle` resolves when all live events that were published before have been delivered. `report` is called for each page
   * that cannot be read.
   */
  constructor(
    log: RedisLog,
    target: BaseEventTarget,
    settle: () => Promise<void>,
    report: (error: unknown, topic: Topic) => void,
  ) {
    super();
    this.settle = settle;
    this.#log = log;
    this.target = target;
    this.events = {
      read: (topic, after, bounds) => log.read(topic, after, bounds),
      isAfter: (position, other) => log.isAfter(position, other),
      report,
    };
  }

  declares(type: string): boolean {
    return this.#log.declares(type);
  }

  head(topic: Topic): Promise<Position> {
    return this.#log.head(topic);
  }

  read(topic: Topic, after: HistoryFrom | HistoryCursor, bounds: HistoryPageBounds): Promise<Page> {
    return this.#log.read(topic, after, bounds);
  }

  isAfter(position: Position, other: Position): boolean {
    return this.#log.isAfter(position, other);
  }
}
