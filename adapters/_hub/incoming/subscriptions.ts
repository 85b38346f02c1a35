import { splitTopic, type Topic, topicsOverlap } from "../../../core/topic.ts";
import type { IncomingFlush } from "../../_session/parts.ts";
import { cloneBytes } from "../../../core/value_size.ts";
import type { Subscribers } from "../outgoing/subscribers.ts";
import type { Spoke } from "../spoke.ts";
import type { TopicHolder, TopicSource } from "../upstream/upstream.ts";
import { PendingWork, type Work } from "./pending_work.ts";
import { type Refusals, SubscribeRequest } from "./subscribe_request.ts";

const UNSUBSCRIBED = "unsubscribed before it was answered";

/** Subscribes the spokes of a hub, and answers them once the source of topics has decided. */
export class Subscriptions implements TopicHolder {
  readonly #subscribers: Subscribers;
  readonly #source: TopicSource;

  constructor(subscribers: Subscribers, source: TopicSource) {
    this.#subscribers = subscribers;
    this.#source = source;
  }

  /** Subscribes a spoke, and answers it once every topic is acknowledged or refused. */
  subscribe(spoke: Spoke, ref: string, topics: readonly string[], refused: Refusals): void {
    for (const topic of refused.keys()) this.#end(spoke, topic);
    const request = new SubscribeRequest(
      ref,
      topics,
      refused,
      this.#source,
      () => this.#answer(spoke, request),
    );
    const isDecided = request.retain();
    // The source may have called into the program, which may have ended the spoke.
    if (!spoke.attached) request.release();
    else if (isDecided) this.#answer(spoke, request);
    else this.#keep(spoke, request);
  }

  /** Ends subscriptions of a spoke, and refuses topics that are not answered yet. */
  unsubscribe(spoke: Spoke, topics: readonly string[]): void {
    for (const topic of topics) {
      this.#end(spoke, topic);
      refuse(spoke, topic, UNSUBSCRIBED);
    }
  }

  /** Ends and refuses everything that could bring a spoke an event of a topic, or of any, and notifies the spoke. */
  revoke(spoke: Spoke, revoked: Topic | undefined, reason: string): void {
    const isRevoked = (topic: string): boolean =>
      revoked === undefined || topicsOverlap(revoked, splitTopic(topic));
    const ended = [...spoke.topics].filter(isRevoked);
    for (const topic of ended) this.#end(spoke, topic);
    const requested = [...spoke.pending?.openByTopic.keys() ?? []].filter(isRevoked);
    for (const topic of requested) refuse(spoke, topic, reason);
    if (ended.length > 0) spoke.sendRevoked(ended.map((topic) => ({ topic, reason })));
  }

  /** Answers a flush of a spoke once all its earlier requests are answered. */
  flush(spoke: Spoke, flush: IncomingFlush): void {
    const { pending } = spoke;
    if (pending === undefined || pending.open.size === 0) return flush.answer();
    this.#add(spoke, pending, flush, { bytes: cloneBytes(flush.ref), topics: 0 });
  }

  /** Ends all subscriptions of a spoke, and forgets its requests. */
  forget(spoke: Spoke): void {
    for (const topic of [...spoke.topics]) this.#end(spoke, topic);
    const { pending } = spoke;
    if (pending === undefined) return;
    const open = [...pending.open];
    pending.open.clear();
    pending.openByTopic.clear();
    for (const [item, work] of open) {
      pending.remove(work);
      if (item instanceof SubscribeRequest) item.release();
    }
  }

  /** Subscribers are acknowledged before they become subscribers. */
  onAcknowledged(): void {}

  onRefused(topic: string, reason: string): void {
    for (const spoke of [...this.#subscribers.of(splitTopic(topic)) ?? []]) {
      this.#subscribers.delete(spoke, topic);
      spoke.sendRevoked([{ topic, reason }]);
    }
  }

  #end(spoke: Spoke, topic: string): void {
    if (this.#subscribers.delete(spoke, topic)) this.#source.release(topic, this);
  }

  #keep(spoke: Spoke, request: SubscribeRequest): void {
    const pending = spoke.pending ??= new PendingWork();
    const { openByTopic } = pending;
    const topics = request.accepted();
    for (const topic of topics) {
      const requests = openByTopic.get(topic);
      if (requests === undefined) openByTopic.set(topic, [request]);
      else requests.push(request);
    }
    const bytes = cloneBytes([request.ref, request.topics]);
    this.#add(spoke, pending, request, { bytes, topics: topics.size });
  }

  #add(spoke: Spoke, pending: PendingWork, item: SubscribeRequest | IncomingFlush, work: Work): void {
    pending.open.set(item, work);
    spoke.addPending(work);
  }

  /** Subscribes a spoke to the topics that are not refused, and answers it. */
  #answer(spoke: Spoke, request: SubscribeRequest): void {
    const { ref, topics, refused } = request;
    const accepted = topics.filter((topic) => !refused.has(topic));
    // Retained for the subscribers before the request releases them, so that the source does not lose them in between.
    for (const topic of accepted) {
      if (this.#subscribers.add(spoke, topic)) this.#source.retain(topic, this);
    }
    spoke.sendSubscribed(ref, accepted, Array.from(refused, ([topic, reason]) => ({ topic, reason })));
    request.release();
    this.#close(spoke, request);
  }

  /** Forgets an answered request, and answers the flushes that waited for it. */
  #close(spoke: Spoke, request: SubscribeRequest): void {
    const { pending } = spoke;
    const work = pending?.open.get(request);
    if (pending === undefined || work === undefined) return;
    const { open, openByTopic } = pending;
    open.delete(request);
    pending.remove(work);
    for (const topic of new Set(request.topics)) {
      const others = openByTopic.get(topic)?.filter((each) => each !== request) ?? [];
      if (others.length > 0) openByTopic.set(topic, others);
      else openByTopic.delete(topic);
    }
    for (const [item, work] of open) {
      if (item instanceof SubscribeRequest) return;
      try {
        item.answer();
      } finally {
        // Only now: a flush that arrives inside of the answer waits behind it.
        if (open.delete(item)) pending.remove(work);
      }
    }
    if (pending.isIdle) spoke.pending = undefined;
  }
}

/** Refuses a topic in every open request of a spoke. */
function refuse(spoke: Spoke, topic: string, reason: string): void {
  for (const request of [...spoke.pending?.openByTopic.get(topic) ?? []]) {
    request.onRefused(topic, reason);
  }
}
