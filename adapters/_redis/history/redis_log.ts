import type {
  HistoryCursor,
  HistoryFrom,
  HistoryPageBounds,
  HistorySource,
  Position,
} from "../../../core/history_source.ts";
import type { Topic } from "../../../core/topic.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { startOf } from "./cursor.ts";
import { IdPages } from "./id_pages.ts";
import type { KeptType } from "./kept_type.ts";
import { Lineages } from "./lineages.ts";
import type { LogReader } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";
import { headPage, type Page, pageOf } from "./pages.ts";
import { TypePages } from "./type_pages.ts";

/** The histories in Redis. */
export class RedisLog implements HistorySource<EventEnvelope> {
  readonly #kinds: ReadonlyMap<string, KeptType>;
  readonly #reader: LogReader;
  readonly #idPages: IdPages;
  readonly #typePages: TypePages;
  readonly #lineages = new Lineages();
  /** The last state of each type that was read. Its bounds and the size of events change little. */
  readonly #states = new Map<KeptType, LogState>();

  constructor(kinds: ReadonlyMap<string, KeptType>, reader: LogReader) {
    this.#kinds = kinds;
    this.#reader = reader;
    this.#idPages = new IdPages(reader);
    this.#typePages = new TypePages(reader);
  }

  declares(type: string): boolean {
    return this.#kinds.has(type);
  }

  kindOf(type: string): KeptType {
    const kind = this.#kinds.get(type);
    if (kind !== undefined) return kind;
    throw new TypeError(`Cannot use the history of ${JSON.stringify(type)}: the type is not declared`);
  }

  async head({ type }: Topic): Promise<Position> {
    return (await this.#readState(this.kindOf(type))).head;
  }

  isAfter(position: Position, other: Position): boolean {
    return this.#lineages.isAfter(position, other);
  }

  async read(
    { type, id }: Topic,
    after: HistoryFrom | HistoryCursor,
    bounds: HistoryPageBounds,
  ): Promise<Page> {
    const kind = this.kindOf(type);
    if (after === "now") {
      const state = await this.#readState(kind);
      return headPage(kind, id, state, { place: state, latest: false, strict: true, known: 0 }, true);
    }
    let start = startOf(after, kind, id);
    if (start.foreign && start.strict) return headPage(kind, id, await this.#readState(kind), start, false);
    if (id !== undefined) {
      const found = await this.#idPages.read(kind, id, start, bounds);
      this.#note(kind, found.state);
      return pageOf(kind, id, start, found);
    }
    const state = (start.last === undefined ? this.#states.get(kind) : undefined) ??
      await this.#readState(kind);
    if (start.last !== undefined) start = await this.#typePages.startOfLast(kind, state, start, start.last);
    const found = await this.#typePages.read(kind, state, start, bounds);
    this.#note(kind, found.state);
    return pageOf(kind, id, start, found);
  }

  async #readState(kind: KeptType): Promise<LogState> {
    const { state } = await this.#reader.run(kind, "head");
    this.#note(kind, state);
    return state;
  }

  #note(kind: KeptType, state: LogState): void {
    this.#lineages.note(kind, state);
    this.#states.set(kind, state);
  }
}
