import type { Via } from "../../../core/via.ts";
import { isOwn } from "../history/recipient.ts";
import type { Spoke } from "../spoke.ts";

/** Finds the spoke that an event came from among those that get it. Events come in runs of one spoke, so the last is cached. */
export class Origin {
  #spokes: readonly Spoke[] = [];
  #hop: string | undefined;
  #own: Spoke | undefined;
  #others: readonly Spoke[] | undefined;

  /** The spoke that sent an event, if it is one of these. */
  among(spokes: readonly Spoke[], via: Via): Spoke | undefined {
    const hop = via.at(-1);
    if (spokes !== this.#spokes || hop !== this.#hop) {
      this.#spokes = spokes;
      this.#hop = hop;
      this.#own = spokes.find((spoke) => isOwn(via, spoke));
      this.#others = undefined;
    }
    return this.#own;
  }

  /** The spokes that were asked about last without the one that was found: one list as long as these stay the same. */
  get others(): readonly Spoke[] {
    return this.#others ??= this.#spokes.filter((spoke) => spoke !== this.#own);
  }
}
