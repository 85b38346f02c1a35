import type { EventEnvelope } from "../../../core/types.ts";
import type { Via } from "../../../core/via.ts";
import type { IncomingFlush, SessionControl } from "../../_session/parts.ts";
import type { HubBounds } from "../bounds.ts";
import type { Refusal, Refusals, SubscribeRequest } from "./subscribe_request.ts";

/** An event of a spoke, with the hubs that the spoke claims. */
interface EventRequest {
  readonly kind: "event";
  readonly envelope: EventEnvelope;
  readonly via: Via | undefined;
}

/** A message of a spoke that must take effect in the order of arrival. */
export type OrderedRequest =
  | EventRequest
  | Extract<SessionControl, { kind: "flush" | "subscribe" | "unsubscribe" }>;

/** The size of a message that waits. */
export interface Work {
  /** The estimated size, in bytes. */
  readonly bytes: number;
  /** The number of topics that it asks for. */
  readonly topics: number;
}

/** A request that waits for its decision, or for that of an earlier one. */
export interface QueuedRequest extends Work {
  readonly request: OrderedRequest;
  /** The refused topics, once they are decided. */
  refused: Refusals | undefined;
  /** Topics that were revoked while it waited. */
  readonly revoked: Map<string, Refusal>;
}

/** What one spoke has sent and the hub has not finished. A spoke has it only while something waits. */
export class PendingWork {
  /** One spoke's queued requests, in arrival order. */
  readonly queue = new Set<QueuedRequest>();
  /** Whether the head of the queue is being handled. */
  isAdvancing = false;
  /** The subscribe requests that wait for the upstream, and the flushes that wait for those before them, in order. */
  readonly open = new Map<SubscribeRequest | IncomingFlush, Work>();
  /** The subscribe requests among them, by topic. */
  readonly openByTopic = new Map<string, SubscribeRequest[]>();
  count = 0;
  bytes = 0;
  /** The number of topics that are asked for. */
  topics = 0;

  /** Whether a request must queue behind earlier ones. */
  get isQueueing(): boolean {
    return this.queue.size > 0 || this.isAdvancing;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return !this.isQueueing && this.open.size === 0;
  }

  add({ bytes, topics }: Work): void {
    this.count++;
    this.bytes += bytes;
    this.topics += topics;
  }

  remove({ bytes, topics }: Work): void {
    this.count--;
    this.bytes -= bytes;
    this.topics -= topics;
  }
}

/** Whether the pending work of several spokes is within the bounds of one. */
export function isWithin(all: Iterable<PendingWork>, { maxPending, maxBufferedBytes }: HubBounds): boolean {
  let count = 0;
  let bytes = 0;
  for (const pending of all) {
    count += pending.count;
    bytes += pending.bytes;
  }
  return count <= maxPending && bytes <= maxBufferedBytes;
}
