import { TopicMap } from "../../../core/topic_map.ts";
import type { EventEnvelope } from "../../../core/types.ts";
import { memoryBytes } from "../../../core/value_size.ts";
import type { Via } from "../../../core/via.ts";
import type { IncomingFlush, SessionControl } from "../../_session/parts.ts";
import type { HubBounds } from "../bounds.ts";
import type { EventRefusal, SubscribeRequest } from "./subscribe_request.ts";

/** An event of a spoke, with the hubs that the spoke claims. */
interface EventRequest {
  readonly kind: "event";
  readonly envelope: EventEnvelope;
  readonly via: Via | undefined;
}

/** A message of a spoke that must take effect in the order of arrival. */
export type OrderedRequest =
  | EventRequest
  | SubscribeRequest
  | Extract<SessionControl, { kind: "flush" | "unsubscribe" }>;

/** The size of a message that waits. */
export interface Work {
  /** The estimated size, in bytes. */
  readonly bytes: number;
  /** The number of topics that it asks for. */
  readonly topics: number;
}

/** A request that waits for its decision, or for that of an earlier one. */
export interface QueuedRequest extends Work {
  /** Absent once the request is forgotten: a promise of `authorize` can keep this object for ever. */
  request: OrderedRequest | undefined;
  isDecided: boolean;
  /** The refusal of an event. */
  refusal: EventRefusal | undefined;
}

/** The work that one spoke has sent and the hub has not finished. A spoke has it only while something waits. */
export class PendingWork {
  /** One spoke's queued requests, in arrival order. */
  readonly queue = new Set<QueuedRequest>();
  /** Whether the head of the queue is being handled. */
  isAdvancing = false;
  /** Whether the queue waits for the turns of other connections. Its spoke is not read meanwhile. */
  isYielding = false;
  /** The subscribe requests that wait for the upstream, and the flushes that wait for those before them, in order. */
  readonly open = new Map<SubscribeRequest | IncomingFlush, Work>();
  count = 0;
  bytes = 0;
  /** The number of topics that are asked for. */
  topics = 0;
  /** The subscribe requests that wait, queued or open, by each topic that they may still be granted; in arrival order. */
  readonly #byTopic = new TopicMap<Set<SubscribeRequest>>();

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

  /** Forgets a request that is queued. */
  removeQueued(queued: QueuedRequest): void {
    if (!this.queue.delete(queued)) return;
    this.remove(queued);
    queued.request = undefined;
  }

  /** Forgets what is queued, but for the events. */
  forgetAllButEvents(): void {
    for (const queued of this.queue) {
      const { request } = queued;
      if (request?.kind === "event") continue;
      if (request?.kind === "subscribe") {
        this.settle(request);
        request.forget();
      }
      this.removeQueued(queued);
    }
  }

  /** The topics that a request may still be granted. */
  topicsAsked(): string[] {
    return [...this.#byTopic.keys()];
  }

  /** Whether a request that is not answered asks for a topic, also if it will be refused. */
  asksFor(topic: string): boolean {
    const requests = [...Array.from(this.queue, ({ request }) => request), ...this.open.keys()];
    return requests.some((request) => request?.kind === "subscribe" && request.has(topic));
  }

  /** Notes that a request waits, unless that is noted already. */
  await(request: SubscribeRequest): void {
    request.isAwaited = true;
    for (const { name: topic } of request.accepted()) {
      const requests = this.#byTopic.get(topic);
      if (requests === undefined) this.#byTopic.set(topic, new Set([request]));
      else requests.add(request);
    }
  }

  /** Notes that a request waits no more. */
  settle(request: SubscribeRequest): void {
    if (!request.isAwaited) return;
    request.isAwaited = false;
    for (const { name } of request.topics) this.#remove(name, request);
  }

  /** Removes and returns the first requests that may be granted a topic, for as long as a condition holds. */
  take(topic: string, isAffected: (request: SubscribeRequest) => boolean): SubscribeRequest[] {
    const taken: SubscribeRequest[] = [];
    for (const request of this.#byTopic.get(topic) ?? []) {
      if (!isAffected(request)) break;
      this.#remove(topic, request);
      taken.push(request);
    }
    return taken;
  }

  #remove(topic: string, request: SubscribeRequest): void {
    const requests = this.#byTopic.get(topic);
    if (requests?.delete(request) && requests.size === 0) this.#byTopic.delete(topic);
  }
}

/** Whether pending work is within the bounds of one spoke. */
export function isWithin(
  { count, bytes }: Pick<PendingWork, "count" | "bytes">,
  { maxPending, maxBufferedBytes }: HubBounds,
): boolean {
  return count <= maxPending && bytes <= maxBufferedBytes;
}

/** The memory that a request takes while it waits, in bytes. */
export function bytesOf(request: OrderedRequest): number {
  switch (request.kind) {
    case "event":
      return memoryBytes(request.envelope);
    case "subscribe":
      return memoryBytes([request.ref, ...Array.from(request.topics, ({ name }) => name)]);
    case "unsubscribe":
      return memoryBytes([request.ref, request.topics]);
    case "flush":
      return memoryBytes(request.ref);
  }
}
