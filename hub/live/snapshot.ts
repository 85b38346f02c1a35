import type { Counts, Snapshot, SpokeRow, TopicRow } from "./events.ts";
import type { ShownHub } from "./observed.ts";
import type { TopicCounts } from "./topic_counts.ts";

/** The most rows of each table, so that a page is sent a bounded number of bytes a second. */
const MAX_SPOKES = 500;
const MAX_TOPICS = 10_000;

/** Takes the state of the hub. */
export function takeSnapshot(shown: ShownHub, counts: TopicCounts | undefined): Snapshot {
  const { hub, url, version, busName, observed } = shown;
  const { startedAt, slow, refused, unauthenticated, gaps } = observed;
  const spokesOf = new Map<string, number>();
  const spokes: SpokeRow[] = [];
  let waitingBytes = 0;
  for (const [{ topics, context }, { since, connection }] of observed.arrivals) {
    const waiting = connection.bufferedAmount;
    waitingBytes += waiting;
    for (const topic of topics) spokesOf.set(topic, (spokesOf.get(topic) ?? 0) + 1);
    const kind = "ping" in connection ? "WebSocket" : "stream";
    spokes.push({ subject: context.subject ?? "", kind, since, topics: topics.size, waiting });
  }
  spokes.sort((a, b) => b.waiting - a.waiting || a.since - b.since);
  return {
    at: Date.now(),
    startedAt,
    version,
    url,
    bus: busName,
    isReady: hub.accepts() && hub.status.degraded !== true,
    counts: {
      ...numbersOf(hub.stats()),
      ...(counts !== undefined && { "bus.events": counts.events }),
      "spokes.waitingBytes": waitingBytes,
      "spokes.slow": slow,
      "requests.refused": refused,
      "requests.unauthenticated": unauthenticated,
      "bus.gaps": gaps,
    },
    spokes: spokes.slice(0, MAX_SPOKES),
    spokeCount: spokes.length,
    topics: topicRows(spokesOf, counts),
    topicCount: spokesOf.size,
  };
}

function topicRows(spokesOf: ReadonlyMap<string, number>, counts: TopicCounts | undefined): TopicRow[] {
  const rows: TopicRow[] = [];
  for (const [topic, spokes] of spokesOf) {
    if (rows.length === MAX_TOPICS) break;
    rows.push([topic, spokes, counts?.of(topic) ?? null]);
  }
  return rows;
}

/** The numbers of an object and of those in it, by their paths. */
function numbersOf(value: object, path = ""): Counts {
  const found: Record<string, number> = {};
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === "number") found[path + name] = member;
    else if (typeof member === "object" && member !== null) {
      Object.assign(found, numbersOf(member, `${path}${name}.`));
    }
  }
  return found;
}
