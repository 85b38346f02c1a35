import { describe } from "../../../core/describe.ts";
import type { ListenerList } from "../../../core/listener_list.ts";
import type { Place } from "./place.ts";

/** The most epochs of other histories that are remembered, by type. */
const MAX_EPOCHS = 100;

/** The types of which some program publishes events that the history does not have. */
export class MixedTypes {
  /** The epochs of other histories that such events are of, by type. */
  readonly #epochs = new Map<string, Set<number>>();
  readonly #report: (error: Error, list: ListenerList) => void;

  /** @param report Reports a type, the first time. */
  constructor(report: (error: Error, list: ListenerList) => void) {
    this.#report = report;
  }

  has(type: string): boolean {
    return this.#epochs.has(type);
  }

  /** Whether an event is of another history. */
  isStrange(type: string, { epoch }: Place): boolean {
    return this.#epochs.get(type)?.has(epoch) === true;
  }

  /** Notes the type of an event without a position. */
  add(list: ListenerList): void {
    this.#note(list, "without declaring its history: such events are not kept");
  }

  /** Notes the type of an event whose position is not in the history: of another epoch, or beyond its end. */
  addStrange(list: ListenerList, epoch: number | undefined): void {
    const epochs = this.#note(
      list,
      "with the positions of another history, such as that of another database: its events are not kept in this one",
    );
    if (epochs.size >= MAX_EPOCHS) epochs.clear();
    if (epoch !== undefined) epochs.add(epoch);
  }

  #note(list: ListenerList, how: string): Set<number> {
    const { type } = list;
    const known = this.#epochs.get(type);
    if (known !== undefined) return known;
    const epochs = new Set<number>();
    this.#epochs.set(type, epochs);
    const what = `A program publishes ${describe(type)} ${how}, and a loss of the connection is a gap`;
    this.#report(new Error(what), list);
    return epochs;
  }
}
