import type { HubRow } from "./events.ts";

/** The numbers of a hub beside others: those of its row. */
const OF_A_ROW = [
  "connections.current",
  "subscribers.topics",
  "heard.total",
  "published.total",
  "subscribers.handedOver",
  "heard.bytes",
  "subscribers.bytes",
  "subscribers.bufferedBytes",
  "subscribers.gaps",
  "spokes.slow",
];

const REFUSED = /^(subscribers\.refused|heard\.dropped)\.(invalid|authorize|error|upstream|refused)$/;

/** A row with the numbers that hubs show side by side. */
export function shortened(row: HubRow): HubRow {
  const counts = Object.entries(row.counts).filter(([name]) => OF_A_ROW.includes(name) || REFUSED.test(name));
  return { ...row, counts: Object.fromEntries(counts) };
}

/** Many times as long as a row is, in characters: all rows are sent to each page at once. */
const MAX_ROW_LENGTH = 5_000;

/** Reads a row that another hub has written in the field of its id. Returns `undefined` for anything else. */
export function parseHubRow(text: string, field: string): HubRow | undefined {
  if (text.length > MAX_ROW_LENGTH) return undefined;
  try {
    const { id, name, version, startedAt, at, isReady, counts }: Partial<HubRow> = JSON.parse(text);
    const isRow = id === field && typeof counts === "object" &&
      [id, name, version].every((member) => typeof member === "string" && member.length < 300) &&
      // A number of JSON can be infinite here, such as 1e999.
      [startedAt, at, ...Object.values(counts)].every(Number.isFinite);
    // Cast: all members were checked.
    return isRow
      ? { id, name, version, startedAt, at, isReady: isReady === true, counts } as HubRow
      : undefined;
  } catch {
    return undefined;
  }
}
