import { describe } from "../../../core/describe.ts";

/** The types of which some program publishes events that no history has. */
export class MixedTypes {
  readonly #types = new Set<string>();

  has(type: string): boolean {
    return this.#types.has(type);
  }

  /** Notes a type. Returns the error to report, the first time. */
  add(type: string): Error | undefined {
    if (this.#types.has(type)) return undefined;
    this.#types.add(type);
    return new Error(
      `A program publishes ${describe(type)} without declaring its history: such events are not ` +
        "kept, and a loss of the connection is a gap",
    );
  }
}
