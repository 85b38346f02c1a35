import type { EventTargetStats, HubStats, LinkStats, SpokeEventTarget } from "@alkdev/pubsub";
import { disagreement, imbalances } from "../../support/audit.ts";

/** What has crossed connections, as one of their ends counts it. */
export interface Crossed {
  readonly handedOver: number;
  readonly confirmed: number;
  readonly heard: number;
}

/** The numbers of a link at rest, and what its program knows. */
export interface LinkAccount {
  readonly kind: "link account";
  readonly spoke: string;
  readonly room: string;
  /** The events that its program has published, and those that it has heard. */
  readonly said: number;
  readonly heard: number;
  readonly stats: LinkStats;
  /** What had crossed its connections when each of them began. */
  readonly starts: readonly Crossed[];
}

/** The numbers of a hub at rest. */
export interface HubAccount {
  readonly kind: "hub account";
  readonly stats: HubStats;
  readonly upstream?: EventTargetStats;
  /** The topics that its spokes are subscribed to. */
  readonly topics: readonly string[];
  /** What has crossed each of its connections. */
  readonly connections: readonly (Crossed & { readonly name: string })[];
  /** The spokes whose numbers do not balance. */
  readonly faults: readonly string[];
}

const NOTHING: Crossed = { handedOver: 0, confirmed: 0, heard: 0 };

/** Opens the connections of a link, each with a name that its hub gets, and notes where it begins. */
export class Opener {
  readonly #url: string;
  readonly #spoke: string;
  readonly #starts: Crossed[] = [];
  #link: { stats(): LinkStats } | undefined;

  constructor(url: string, spoke: string) {
    this.#url = url;
    this.#spoke = spoke;
  }

  readonly open = (): WebSocket => {
    this.#starts.push(this.#link === undefined ? NOTHING : crossedOf(this.#link.stats()));
    return new WebSocket(`${this.#url}/?connection=${nameOf(this.#spoke, this.#starts.length)}`);
  };

  /** The link that opens the connections. */
  serve<TLink extends { stats(): LinkStats }>(link: TLink): TLink {
    this.#link = link;
    return link;
  }

  account(known: Pick<LinkAccount, "room" | "said" | "heard">): LinkAccount | undefined {
    if (this.#link === undefined) return undefined;
    const stats = this.#link.stats();
    return { kind: "link account", spoke: this.#spoke, ...known, stats, starts: this.#starts };
  }
}

/** The account of a hub, whose spokes have the names of their connections as their context. */
export function accountOfHub(
  hub: { stats(): HubStats },
  met: readonly SpokeEventTarget[],
  topics: Iterable<string>,
  upstream?: { stats(): EventTargetStats },
): HubAccount {
  return {
    kind: "hub account",
    stats: hub.stats(),
    ...(upstream && { upstream: upstream.stats() }),
    topics: [...topics],
    connections: met.map((spoke) => ({ name: String(spoke.context), ...crossedOf(spoke.stats()) })),
    faults: met.flatMap((spoke) => imbalances(`spoke ${spoke.context}`, spoke.stats())),
  };
}

/** The name of a connection in a URL of it. */
export function connectionIn(url: string): string {
  return new URL(url).searchParams.get("connection") ?? "";
}

/** The numbers of all processes that still run at the end of a run. */
export class Accounts {
  readonly links: LinkAccount[] = [];
  readonly hubs: HubAccount[] = [];

  /** Returns what does not balance at an end, and what two ends do not agree about. */
  audit(): string[] {
    const far = this.#far;
    return [
      ...this.links.flatMap(auditLink),
      ...this.hubs.flatMap(auditHub),
      ...this.links.flatMap((link) => this.#auditConnections(link, far)),
    ];
  }

  /** The connections of which both ends are known. */
  get pairs(): number {
    const far = this.#far;
    return this.links.flatMap(connectionsOf).filter(({ name }) => far.has(name)).length;
  }

  /** The events that links have handed to connections whose hub was killed. */
  get unaccounted(): number {
    const far = this.#far;
    return this.links.flatMap(connectionsOf).reduce(
      (all, { name, handedOver }) => all + (far.has(name) ? 0 : handedOver),
      0,
    );
  }

  /** What has crossed each connection, as its hub counts it. */
  get #far(): ReadonlyMap<string, Crossed> {
    const all = this.hubs.flatMap(({ connections }) => connections);
    return new Map(all.map((each) => [each.name, each]));
  }

  #auditConnections(link: LinkAccount, ends: ReadonlyMap<string, Crossed>): string[] {
    return connectionsOf(link).flatMap((near, i) => {
      const far = ends.get(near.name);
      // Of a hub that was killed.
      if (far === undefined) return [];
      const hasEnded = i + 1 < link.starts.length;
      return [
        ...disagreement(`from ${near.name} to its hub`, near, far.heard, hasEnded),
        ...disagreement(`from the hub to ${near.name}`, far, near.heard, hasEnded),
      ];
    });
  }
}

/** What has crossed each connection of a link. */
function connectionsOf({ spoke, stats, starts }: LinkAccount): (Crossed & { name: string })[] {
  const ends = [...starts.slice(1), crossedOf(stats)];
  return starts.map((start, i) => {
    const end = ends[i] ?? NOTHING;
    return {
      name: nameOf(spoke, i + 1),
      handedOver: end.handedOver - start.handedOver,
      confirmed: end.confirmed - start.confirmed,
      heard: end.heard - start.heard,
    };
  });
}

function auditLink({ spoke, said, heard, stats }: LinkAccount): string[] {
  const name = `link ${spoke}`;
  const faults = imbalances(name, stats);
  if (stats.published.total !== said) {
    faults.push(`${name} has published ${said} events, and counts ${stats.published.total}`);
  }
  if (stats.heard.delivered !== heard) {
    faults.push(`${name} has heard ${heard} events, and counts ${stats.heard.delivered}`);
  }
  return faults;
}

function auditHub({ stats, upstream, connections, faults: own }: HubAccount, index: number): string[] {
  const name = `hub ${index}`;
  const faults = [...own, ...imbalances(name, stats)];
  const compare = (what: string, is: number, be: number): void => {
    if (is !== be) faults.push(`${name}: ${what} are ${is}, not ${be}`);
  };
  const sum = (of: keyof Crossed): number => connections.reduce((all, each) => all + each[of], 0);
  compare("the events that its spokes were sent", stats.subscribers.handedOver, sum("handedOver"));
  compare("the events of its spokes", stats.heard.total, sum("heard"));
  if (upstream === undefined) return faults;
  faults.push(...imbalances(`the upstream of ${name}`, upstream));
  const given = stats.published.handedOver + stats.heard.delivered;
  compare("the events that its upstream was given", upstream.published.total, given);
  return faults;
}

function crossedOf({ published, heard }: EventTargetStats): Crossed {
  return { handedOver: published.handedOver, confirmed: published.confirmed ?? 0, heard: heard.total };
}

function nameOf(spoke: string, connection: number): string {
  return `${spoke}-${connection}`;
}
