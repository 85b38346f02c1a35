import { describe } from "../../../core/describe.ts";
import type { Place } from "./place.ts";

/** The types of which some program publishes events that the history does not have. */
export class MixedTypes {
  /** The epoch of another history that such events were of last, by type. */
  readonly #epochs = new Map<string, number | undefined>();

  has(type: string): boolean {
    return this.#epochs.has(type);
  }

  /** Whether an event is of another history. */
  isStrange(type: string, { epoch }: Place): boolean {
    return this.#epochs.get(type) === epoch;
  }

  /** Notes a type of which an event has no position. Returns the error to report, the first time. */
  add(type: string): Error | undefined {
    if (this.#epochs.has(type)) return undefined;
    this.#epochs.set(type, undefined);
    return new Error(
      `A program publishes ${describe(type)} without declaring its history: such events are not ` +
        "kept, and a loss of the connection is a gap",
    );
  }

  /** Notes a type of which an event has a position that is not in the history. Returns the error to report, the first time. */
  addStrange(type: string, epoch: number | undefined): Error | undefined {
    const isKnown = this.#epochs.has(type);
    this.#epochs.set(type, epoch);
    if (isKnown) return undefined;
    return new Error(
      `A program publishes ${
        describe(type)
      } with the positions of another history, such as that of another ` +
        "database: its events are not kept in this one, and a loss of the connection is a gap",
    );
  }
}
