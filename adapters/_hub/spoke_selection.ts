import { describe } from "../../core/describe.ts";
import { Spoke } from "./spoke.ts";
import type { SpokeSelection } from "./types.ts";

/** The spokes that a program selects, of those of a hub: none, if it selects one that has ended. */
export function selectSpokes<TConnection>(
  spokes: ReadonlyMap<TConnection, Spoke<TConnection>>,
  selection: SpokeSelection,
): readonly Spoke<TConnection>[] {
  if (typeof selection === "function") return [...spokes.values()].filter((spoke) => selection(spoke));
  if (!(selection instanceof Spoke)) {
    throw new TypeError(`Cannot select ${describe(selection)}: it is neither a spoke nor a function`);
  }
  const spoke = spokes.get(selection.connection);
  return spoke === selection ? [spoke] : [];
}
