import type { KeptType } from "./kept_type.ts";
import { entryOfState, type LogEntry, readState } from "./log_entry.ts";
import type { LogReader, ReadBounds } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";
import { idOrFirst, type Place, placeOfEntry } from "./place.ts";

/** The latest events of some ids, of a type that has only these. */
export interface States {
  readonly state: LogState;
  readonly entries: readonly LogEntry[];
  /** Whether each of the ids has its event. */
  readonly whole: boolean;
  /** The last place that was looked at. */
  readonly last: Place | undefined;
  /** Whether there is nothing after it. */
  readonly ended: boolean;
}

/** Reads so many states after a place, or fewer with so many bytes. */
export async function readStates(
  reader: LogReader,
  kind: KeptType,
  after: Place | undefined,
  { count, bytes }: ReadBounds,
): Promise<States> {
  const { state, rest } = await reader.run(kind, "states", idOrFirst(after), count, bytes);
  const [pointers = [], values = []]: readonly unknown[][] = rest.map((part) => Array.from(Object(part)));
  const entries = pointers.flatMap((pointer, i) => {
    const [entryId, [, id]] = Object(pointer);
    const place = placeOfEntry(String(entryId));
    const value = readState(values[i]);
    return value?.n === place.n ? [entryOfState(kind.type, String(id), place, value)] : [];
  });
  const pointer = Object(pointers.at(-1))[0];
  const last = pointer === undefined ? undefined : placeOfEntry(String(pointer));
  return {
    state,
    entries,
    whole: entries.length === pointers.length,
    last,
    ended: rest[2] === 1 || last === undefined || last.n >= state.n,
  };
}
