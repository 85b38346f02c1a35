import type { VisitorSpoke } from "../access.ts";
import type { Look, Rows, SpokeRow } from "./events.ts";
import type { ShownHub } from "./observed.ts";
import type { TopicCounts } from "./topic_counts.ts";

/** The most rows of each table, so that a page is sent a bounded number of bytes a second. */
const MAX_SPOKES = 500;
const MAX_TOPICS = 10_000;

/** The most bytes of the rows of topics. With the spokes, they stay below the 1 MiB of a frame. */
const MAX_TOPIC_BYTES = 750_000;

/** The longest subject that is shown, in characters: one of a token can have thousands. */
const MAX_SUBJECT_LENGTH = 64;

/** Takes the rows of what a page looks for. */
export function takeRows({ observed: { arrivals } }: ShownHub, counts: TopicCounts, look: Look): Rows {
  return {
    at: Date.now(),
    look,
    spokes: spokeRows(arrivals, look.spokes),
    spokeCount: arrivals.size,
    topics: counts.rows(look.topics, MAX_TOPICS, MAX_TOPIC_BYTES),
    topicCount: counts.size,
  };
}

/** Rows of spokes, those first for which most waits. */
function spokeRows(arrivals: ShownHub["observed"]["arrivals"], text: string): SpokeRow[] {
  const slow: SpokeRow[] = [];
  const others: SpokeRow[] = [];
  for (const [spoke, { number, since, connection }] of arrivals) {
    const isSlow = connection.bufferedAmount > 0;
    if (!isSlow && others.length === MAX_SPOKES) continue;
    const { subject = "", address } = spoke.context;
    if (!isFound(`${subject} ${address}`, text)) continue;
    const kind = "ping" in connection ? "WebSocket" : "stream";
    const waiting = isSlow ? waitingFor(spoke) : 0;
    (isSlow ? slow : others).push({
      number,
      subject: subject.slice(0, MAX_SUBJECT_LENGTH),
      address,
      kind,
      since,
      topics: spoke.topics.size,
      waiting,
    });
  }
  return [...slow.sort((a, b) => b.waiting - a.waiting), ...others].slice(0, MAX_SPOKES);
}

function waitingFor(spoke: VisitorSpoke): number {
  return spoke.stats().published.bufferedBytes ?? 0;
}

function isFound(name: string, text: string): boolean {
  return text === "" || name.toLowerCase().includes(text);
}
