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

/** Reads a row that another hub has written. Returns `undefined` for anything else. */
export function parseHubRow(text: string): HubRow | undefined {
  try {
    const { id, name, version, startedAt, at, isReady, counts }: Partial<HubRow> = JSON.parse(text);
    const isRow = [id, name, version].every((member) => typeof member === "string" && member.length < 300) &&
      [startedAt, at, ...Object.values(counts ?? [""])].every((member) => typeof member === "number");
    // Cast: all members were checked.
    return isRow
      ? { id, name, version, startedAt, at, isReady: isReady === true, counts } as HubRow
      : undefined;
  } catch {
    return undefined;
  }
}
