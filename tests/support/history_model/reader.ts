import type { PlannedFrom, PlannedTopic } from "./plan.ts";

/** An event that was published: its number is its payload. */
export interface Published {
  readonly number: number;
  readonly type: string;
  readonly id: string;
  /** The hub that it was published on; a hub that is started again is another one. */
  readonly epoch: number;
}

/** What one subscription asked for, and what it was told. */
export interface Told {
  readonly link: number;
  readonly topic: PlannedTopic;
  readonly from: PlannedFrom;
  readonly reads: "callback" | "iterator" | "slowly";
  /** The number of the event behind which it begins, if it begins at a position. */
  readonly behind: number | undefined;
  /** The last event that was published before it was asked for. */
  readonly askedAt: number;
  /** The hub that its link was connected to then. */
  readonly askedEpoch: number;
  /** The last event that was published when it was acknowledged, and the hub that did so. */
  ready: { readonly at: number; readonly epoch: number } | undefined;
  /** The last event that was published when its replay had ended. */
  liveAt: number;
  /** The events, each with the number of gaps that were told before. */
  readonly heard: { readonly number: number; readonly gaps: number }[];
  /** The gaps that were told in all. */
  gaps: number;
  /** Whether it has ended, or was refused. */
  isOver: boolean;
  /** The last event and the hub of when its link lost the right to its past, if it was asked for afterwards. */
  readonly revoked: { readonly at: number; readonly epoch: number } | undefined;
  /** Whether its link lost the right to its past since it was asked for. */
  isRevoked: boolean;
  /** Whether the link was granted the past of the topic since, by another beginning than a position. */
  readonly isGrantedAgain: boolean;
}

export function covers({ type, id }: PlannedTopic, event: Pick<Published, "type" | "id">): boolean {
  return event.type === type && (id === undefined || event.id === id);
}

/** How a reader is named in a violation. */
export function describeReader({ link, topic, from, reads, askedAt }: Told): string {
  return `${reads} of ${topic.type}:${topic.id ?? ""} from ${
    JSON.stringify(from)
  } on link ${link}, asked after ${askedAt}`;
}
