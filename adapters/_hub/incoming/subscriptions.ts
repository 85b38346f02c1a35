import { splitTopic, type Topic, topicsOverlap } from "../../../core/topic.ts";
import { TopicMap } from "../../../core/topic_map.ts";
import { TopicSet } from "../../../core/topic_set.ts";
import type { IncomingFlush } from "../../_session/parts.ts";
import { memoryBytes } from "../../../core/value_size.ts";
import type { RefusalCause } from "../hub_counters.ts";
import type { Subscribers } from "../outgoing/subscribers.ts";
import type { RequestPast } from "../history/request_past.ts";
import { SpokeReplays } from "../history/spoke_replays.ts";
import type { HashedTopic } from "../named_topic.ts";
import type { Spoke } from "../spoke.ts";
import type { TopicHolder, TopicSource } from "../upstream/upstream.ts";
import { sendAnswer, sendRevoked } from "./answer.ts";
import { bytesOf, PendingWork, type Work } from "./pending_work.ts";
import { type Refusal, SubscribeRequest } from "./subscribe_request.ts";

const UNSUBSCRIBED: Refusal = {
  reason: "unsubscribed before it was answered",
  by: "unsubscribed",
};

/** Subscribes the spokes of a hub, and answers them once the source of topics has decided. */
export class Subscriptions implements TopicHolder {
  readonly #subscribers: Subscribers;
  readonly #source: TopicSource;
  /** Counts the topics that were refused, by cause. */
  readonly #refused: Record<RefusalCause, number>;
  /** The requests for which the program or the source is being called. */
  readonly entering = new Map<SubscribeRequest, Spoke>();
  /** How many requests have arrived. */
  #requests = 0;

  constructor(subscribers: Subscribers, source: TopicSource, refused: Record<RefusalCause, number>) {
    this.#refused = refused;
    this.#subscribers = subscribers;
    this.#source = source;
  }

  /** A new request of a spoke. */
  request(
    spoke: Spoke,
    ref: string,
    topics: readonly string[],
    past: RequestPast | undefined,
  ): SubscribeRequest {
    const request = new SubscribeRequest(
      ref,
      topics,
      [],
      this.#source,
      () => this.#answer(spoke, request),
    );
    request.order = ++this.#requests;
    request.past = past;
    return request;
  }

  /** Subscribes a spoke, and answers it once every topic is acknowledged or refused. */
  subscribe(spoke: Spoke, request: SubscribeRequest): void {
    this.entering.set(request, spoke);
    const isDecided = request.retain();
    this.entering.delete(request);
    // The source may have called into the program, which may have ended the spoke.
    if (!spoke.attached) {
      request.forget();
      return spoke.dropIdlePending();
    }
    if (isDecided) return this.#answer(spoke, request);
    const pending = spoke.pending ??= new PendingWork();
    pending.await(request);
    this.#add(spoke, pending, request, { bytes: bytesOf(request), topics: request.size });
  }

  /**
   * Ends subscriptions of a spoke, and refuses topics that are not answered yet.
   *
   * @param replay The ref of a request: only its replays end.
   */
  unsubscribe(spoke: Spoke, topics: readonly string[], replay?: string): void {
    if (replay !== undefined) return stopReplays(spoke, replay, topics);
    this.#refuse(spoke, topics, () => UNSUBSCRIBED, ({ isOpen }) => isOpen);
  }

  /** Ends subscriptions that a newer request was refused, and refuses them in the requests before that one. */
  refuseBefore(spoke: Spoke, request: SubscribeRequest): void {
    const { refused } = request;
    if (refused.length === 0) return;
    const refusals = new TopicMap(refused.map(({ name, refusal }) => [name, refusal] as const));
    const refusalOf = (topic: string): Refusal | undefined => refusals.get(topic);
    this.#refuse(spoke, refusals.keys(), refusalOf, ({ order }) => order < request.order);
  }

  /** Ends and refuses everything that could bring a spoke an event of a topic, or of any, and notifies the spoke. */
  revoke(spoke: Spoke, revoked: Topic | undefined, reason: string): void {
    const isRevoked = (topic: string): boolean =>
      revoked === undefined || topicsOverlap(revoked, splitTopic(topic));
    const ended = spoke.subscribed.names.filter(isRevoked);
    for (const [request, owner] of this.entering) {
      if (owner !== spoke) continue;
      for (const { name } of request.accepted()) {
        if (isRevoked(name)) request.refuse(name, { reason, by: "revoked" });
      }
    }
    const asked = spoke.pending?.topicsAsked().filter(isRevoked) ?? [];
    this.#refuse(spoke, new TopicSet([...ended, ...asked]), () => ({ reason, by: "revoked" }), () => true);
    this.#refused.revoked += ended.length;
    spoke.noteRefused(ended.map((topic) => [topic, { reason, by: "revoked" }]));
    if (ended.length > 0) sendRevoked(spoke, ended.map((topic) => ({ topic, reason })));
  }

  /** Answers a flush of a spoke once all its earlier requests are answered. */
  flush(spoke: Spoke, flush: IncomingFlush): void {
    const { pending } = spoke;
    if (pending === undefined || pending.open.size === 0) return flush.answer();
    this.#add(spoke, pending, flush, { bytes: memoryBytes(flush.ref), topics: 0 });
  }

  /** Ends all subscriptions of a spoke, and forgets its requests. */
  forget(spoke: Spoke): void {
    spoke.replays?.clear();
    for (const name of spoke.subscribed.names) {
      const ended = this.#remove(spoke, name);
      if (ended !== undefined) this.#source.release(ended, this);
    }
    const { pending } = spoke;
    if (pending === undefined) return;
    const open = [...pending.open];
    pending.open.clear();
    for (const [item, work] of open) {
      pending.remove(work);
      if (!(item instanceof SubscribeRequest)) continue;
      pending.settle(item);
      item.forget();
    }
  }

  /** Subscribers are acknowledged before they become subscribers. */
  onAcknowledged(): void {}

  onRefused(topic: string, reason: string): void {
    for (const spoke of this.#subscribers.of(splitTopic(topic))?.list ?? []) {
      this.#remove(spoke, topic);
      this.#refused.upstream++;
      spoke.noteRefused([[topic, { reason, by: "upstream" }]]);
      sendRevoked(spoke, [{ topic, reason }]);
    }
  }

  /** Ends a subscription, if there is one. Returns its topic if the spoke was the last subscriber. */
  #remove(spoke: Spoke, name: string): HashedTopic | undefined {
    spoke.replays?.end(name);
    const ended = this.#subscribers.delete(spoke, name);
    return ended?.wasLast ? ended.topic : undefined;
  }

  /**
   * Ends subscriptions to topics, and refuses the topics in the first requests that wait for them. All of it is refused
   * before anything is released or answered: an answer grants every topic that is not refused by then.
   */
  #refuse(
    spoke: Spoke,
    topics: Iterable<string>,
    refusalOf: (topic: string) => Refusal | undefined,
    isAffected: (request: SubscribeRequest) => boolean,
  ): void {
    const taken = new Map<SubscribeRequest, string[]>();
    const released: HashedTopic[] = [];
    for (const topic of topics) {
      const ended = this.#remove(spoke, topic);
      if (ended !== undefined) released.push(ended);
      if (spoke.pending === undefined) continue;
      const refusal = refusalOf(topic);
      if (refusal === undefined) continue;
      for (const request of spoke.pending.take(topic, isAffected)) {
        request.refuse(topic, refusal);
        const refused = taken.get(request);
        if (refused === undefined) taken.set(request, [topic]);
        else refused.push(topic);
      }
    }
    for (const topic of released) this.#source.release(topic, this);
    for (const [request, refused] of taken) if (request.isOpen) request.releaseEach(refused);
    for (const request of taken.keys()) if (request.isDecided) this.#answer(spoke, request);
  }

  #add(spoke: Spoke, pending: PendingWork, item: SubscribeRequest | IncomingFlush, work: Work): void {
    pending.open.set(item, work);
    spoke.addPending(work);
  }

  /** Subscribes a spoke to the topics that are not refused, and answers it. A request that is not open is not answered. */
  #answer(spoke: Spoke, request: SubscribeRequest): void {
    if (!request.isOpen || request.isAnswered || this.entering.has(request)) return;
    request.isAnswered = true;
    this.entering.set(request, spoke);
    for (const topic of request.topics) {
      // A diagnostic may call into the program, which may revoke this topic or a later one.
      if (topic.refusal !== undefined || !spoke.attached) continue;
      if (this.#subscribers.add(spoke, topic)) request.handOver(topic, this);
    }
    const accepted = request.accepted();
    const { memory } = spoke;
    if (memory !== undefined) { for (const { name } of accepted) memory.grant(name); }
    this.entering.delete(request);
    const { refused } = request;
    for (const { refusal: { by } } of refused) this.#refused[by]++;
    spoke.noteRefused(refused.map(({ name, refusal }) => [name, refusal]));
    const names = accepted.map(({ name }) => name);
    sendAnswer(spoke, request, names, refused);
    if (request.past !== undefined) startReplays(spoke, request.past, names);
    spoke.pending?.settle(request);
    // Emptied, too: an error of the program can keep it.
    request.forget();
    this.#close(spoke, request);
  }

  /** Forgets an answered request, and answers the flushes that waited for it. */
  #close(spoke: Spoke, request: SubscribeRequest): void {
    const { pending } = spoke;
    if (pending === undefined) return;
    const { open } = pending;
    const work = open.get(request);
    if (work !== undefined) {
      open.delete(request);
      pending.remove(work);
      for (const [item, work] of open) {
        if (item instanceof SubscribeRequest) break;
        try {
          item.answer();
        } finally {
          // Only now: a flush that arrives inside of the answer waits behind it.
          if (open.delete(item)) pending.remove(work);
        }
      }
    }
    spoke.dropIdlePending();
  }
}

function startReplays(spoke: Spoke, past: RequestPast, topics: readonly string[]): void {
  const replays = past.replaysOf(topics);
  if (replays.length > 0 && spoke.attached) (spoke.replays ??= new SpokeReplays(spoke)).add(replays);
}

function stopReplays(spoke: Spoke, ref: string, topics: readonly string[]): void {
  for (const item of spoke.pending?.open.keys() ?? []) {
    if (item instanceof SubscribeRequest && item.ref === ref) item.past?.stop(topics);
  }
  spoke.replays?.stop(ref, topics);
}
