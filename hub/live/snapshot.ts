import type { VisitorSpoke } from "../access.ts";
import type { HubRow, Look, SeenHub, Snapshot, SpokeRow, TopicRow } from "./events.ts";
import type { ShownHub } from "./observed.ts";
import { readHub } from "./read_hub.ts";
import type { TopicCounts } from "./topic_counts.ts";

/** The most rows of each table, so that a page is sent a bounded number of bytes a second. */
const MAX_SPOKES = 500;
const MAX_TOPICS = 10_000;

/** The state of the hub at one moment, from which each page is sent what it looks for. */
export interface Survey {
  readonly own: HubRow;
  readonly hubs: readonly SeenHub[];
  /** How many spokes are subscribed to each topic. */
  readonly spokesOf: ReadonlyMap<string, number>;
}

/** Reads the state of the hub, and counts the topics that it finds from now on. */
export function takeSurvey(shown: ShownHub, counts: TopicCounts): Survey {
  const spokesOf = new Map<string, number>();
  for (const { topics } of shown.observed.arrivals.keys()) {
    for (const topic of topics) spokesOf.set(topic, (spokesOf.get(topic) ?? 0) + 1);
  }
  counts.follow(spokesOf);
  return { own: readHub(shown), spokesOf, hubs: shown.neighbours?.read() ?? [] };
}

/** Takes what a page looks for. */
export function takeSnapshot(
  { url, busName: bus, observed }: ShownHub,
  { own, hubs, spokesOf }: Survey,
  counts: TopicCounts,
  look: Look,
  mayWrite: boolean,
): Snapshot {
  const topics: TopicRow[] = [];
  for (const [topic, spokes] of spokesOf) {
    if (topics.length === MAX_TOPICS) break;
    if (isFound(topic, look.topics)) topics.push([topic, spokes, counts.of(topic)]);
  }
  return {
    own,
    hubs,
    url,
    bus,
    mayWrite,
    look,
    spokes: spokeRows(observed.arrivals, look.spokes),
    spokeCount: observed.arrivals.size,
    topics,
    topicCount: spokesOf.size,
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
      subject,
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
