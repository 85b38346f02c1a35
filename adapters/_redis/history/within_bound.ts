import type { KeptType } from "./kept_type.ts";
import type { LogEntry } from "./log_entry.ts";
import type { LogReader } from "./log_reader.ts";
import type { LogState } from "./log_state.ts";

/** Leaves out the events of ids that have too many after them. */
export async function visibleOf(
  reader: LogReader,
  kind: KeptType,
  { perId }: LogState,
  entries: readonly LogEntry[],
): Promise<LogEntry[]> {
  const ids = [...new Set(entries.map(({ event }) => event.id))];
  if (ids.length === 0) return [];
  const { values } = await reader.values(kind, ids);
  const ordinals = new Map(ids.map((id, i) => [id, Number(String(values[i]).split(":")[1] ?? 0)]));
  return entries.filter(({ event, ordinal }) => ordinal > (ordinals.get(event.id) ?? 0) - perId);
}
