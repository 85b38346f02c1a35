import { keepable } from "../../core/describe.ts";
import { EVERY_TOPIC, MAX_TOPIC_BYTES, topicOf } from "../../core/topic.ts";
import { TopicMap } from "../../core/topic_map.ts";
import type { Explanation, ExplanationCause } from "./explanation.ts";
import type { RefusalCause } from "./hub_counters.ts";
import type { PendingWork } from "./incoming/pending_work.ts";

/** The most refusals of a spoke that are remembered. */
const MAX_REFUSALS = 16;

/** Why a topic was refused, and by whom. */
interface Refused {
  readonly reason: string;
  readonly by: RefusalCause;
}

/** The last refusals of a spoke, and the last gap that was reported to it. */
export class SpokeMemory {
  readonly #refused = new TopicMap<Refused>();
  /** The time of the last gap, by `Date.now()`. */
  gapAt: number | undefined;

  /** Notes refusals: the last ones, as copies, since a topic may be a slice of a frame. No event has an invalid topic. */
  refuse(refusals: readonly (readonly [topic: string, refusal: Refused])[]): void {
    for (const [topic, { reason, by }] of refusals.slice(-MAX_REFUSALS)) {
      if (by === "invalid") continue;
      this.#refused.delete(topic);
      this.#refused.set(keepable(topic, MAX_TOPIC_BYTES), { reason: keepable(reason), by });
      const [oldest = ""] = this.#refused.keys();
      if (this.#refused.size > MAX_REFUSALS) this.#refused.delete(oldest);
    }
  }

  grant(topic: string): void {
    this.#refused.delete(topic);
  }

  refusalOf(topic: string): Refused | undefined {
    return this.#refused.get(topic);
  }
}

/** A spoke, as far as it can be explained. */
interface ExplainedSpoke {
  readonly attached: boolean;
  readonly isSlow: boolean;
  readonly takesEvents: boolean;
  readonly subscribed: Pick<ReadonlySet<string>, "has">;
  readonly pending: PendingWork | undefined;
  readonly memory: SpokeMemory | undefined;
  readonly waiting: number;
  readonly bufferedBytes: number;
  readonly wantsEcho: boolean;
  readonly status: { readonly state: string };
}

/** The upstream of a hub, as far as it decides which events come. */
interface ExplainedUpstream {
  readonly up: boolean;
  isAcknowledged(topic: string): boolean;
}

/** Says why a spoke would or would not get an event that is published now. */
export function explain(
  spoke: ExplainedSpoke,
  { type, id }: { readonly type: string; readonly id: string },
  upstream: ExplainedUpstream | undefined,
): Explanation {
  const covering = [topicOf(type, id), type, EVERY_TOPIC];
  const subscribed = covering.filter((topic) => spoke.subscribed.has(topic));
  const pending = covering.filter((topic) => spoke.pending?.asksFor(topic));
  const refused = covering.flatMap((topic) => {
    const refusal = spoke.memory?.refusalOf(topic);
    return refusal === undefined ? [] : [{ topic, ...refusal }];
  });
  const acknowledged = upstream && subscribed.filter((topic) => upstream.isAcknowledged(topic));
  const cause = causeOf(spoke, { subscribed, pending, refused: refused.length, upstream, acknowledged });
  const { waiting, bufferedBytes, wantsEcho: echo, memory } = spoke;
  return {
    receives: cause === undefined,
    ...(cause !== undefined && { cause }),
    subscribed,
    pending,
    refused,
    ...(upstream !== undefined && acknowledged && { upstream: { up: upstream.up, acknowledged } }),
    waiting,
    bufferedBytes,
    echo,
    ...(memory?.gapAt !== undefined && { lastGapAt: memory.gapAt }),
  };
}

function causeOf(spoke: ExplainedSpoke, { subscribed, pending, refused, upstream, acknowledged }: {
  readonly subscribed: readonly string[];
  readonly pending: readonly string[];
  readonly refused: number;
  readonly upstream: ExplainedUpstream | undefined;
  readonly acknowledged: readonly string[] | undefined;
}): ExplanationCause | undefined {
  if (!spoke.attached) return "ended";
  if (spoke.isSlow) return "slow";
  if (!spoke.takesEvents) return "closing";
  if (subscribed.length === 0) {
    if (pending.length > 0) return "pending";
    if (refused > 0) return "refused";
    return spoke.status.state === "open" ? "unsubscribed" : "connecting";
  }
  if (upstream?.up === false) return "upstream-away";
  return acknowledged?.length === 0 ? "upstream-pending" : undefined;
}
