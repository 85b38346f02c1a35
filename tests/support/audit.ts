import type { EventTargetStats, SpokeEventTarget } from "@alkdev/pubsub";

/** Returns what does not balance in the numbers of a target at rest. */
export function imbalances(name: string, { published, heard, types }: EventTargetStats): string[] {
  const faults: string[] = [];
  const compare = (what: string, is: number, be: number): void => {
    if (is !== be) faults.push(`${name}: ${what} are ${is}, not ${be}`);
  };
  const left = published.handedOver + (published.waiting ?? 0) + sumOf(published.dropped);
  compare("the events that were published", published.total, left);
  compare(
    "the events that were heard",
    heard.total,
    heard.delivered + (heard.waiting ?? 0) + sumOf(heard.dropped),
  );
  const { confirmed = 0 } = published;
  if (confirmed > published.handedOver) faults.push(`${name}: more events are confirmed than handed over`);
  if (types === undefined) return faults;
  const all = Object.values(types);
  compare(
    "the published events by type",
    all.reduce((sum, type) => sum + type.published, 0),
    published.total - published.dropped.closed,
  );
  compare("the heard events by type", all.reduce((sum, type) => sum + type.heard, 0), heard.total);
  return faults;
}

/** The sum of some counters. */
export function sumOf(counters: Readonly<Record<string, number>>): number {
  return Object.values(counters).reduce((sum, count) => sum + count, 0);
}

/** Returns what does not agree between a sender and a receiver of events, whose connection has ended or not. */
export function disagreement(
  name: string,
  { handedOver, confirmed = 0 }: Pick<EventTargetStats["published"], "handedOver" | "confirmed">,
  heard: number,
  hasEnded: boolean,
): string[] {
  if (!hasEnded) {
    return heard === handedOver ? [] : [`${name}: ${handedOver} events were sent, and ${heard} heard`];
  }
  if (confirmed <= heard && heard <= handedOver) return [];
  return [`${name}: ${heard} events were heard, of which ${confirmed} were confirmed and ${handedOver} sent`];
}

/**
 * Returns what does not agree in the numbers of a link and of its spokes, over all its connections: an end has heard at least
 * what the other end knows to have arrived, and at most what was sent.
 */
export function auditLink(
  name: string,
  link: EventTargetStats,
  spokes: readonly SpokeEventTarget[],
): string[] {
  const stats = spokes.map((spoke) => spoke.stats());
  const faults = [link, ...stats].flatMap((each) => imbalances(name, each));
  const sum = (countOf: (each: EventTargetStats) => number): number =>
    stats.reduce((all, each) => all + countOf(each), 0);
  const sent = {
    handedOver: sum(({ published }) => published.handedOver),
    confirmed: sum(({ published }) => published.confirmed ?? 0),
  };
  faults.push(...disagreement(`from the hub to ${name}`, sent, link.heard.total, true));
  // What waited of a connection that has ended is heard once more by the next one.
  const heard = sum(({ heard }) => heard.total - (heard.dropped.left ?? 0));
  faults.push(...disagreement(`from ${name} to the hub`, link.published, heard, true));
  return faults;
}
