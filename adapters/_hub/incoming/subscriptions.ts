import { splitTopic, type Topic, topicsOverlap } from "../../../core/topic.ts";
import type { RefusedTopic } from "../../_wire/frame.ts";
import type { IncomingFlush } from "../../_session/session.ts";
import { Question } from "./subscribe_request.ts";
import { cloneBytes } from "../../_wire/value_size.ts";
import type { Subscriber, Subscribers } from "../outgoing/subscribers.ts";
import type { Unanswered, Work } from "./pending_work.ts";
import type { Holder, Upstream } from "../upstream/upstream.ts";

/** A spoke, as far as its subscriptions go. */
export interface SubscribingSpoke extends Subscriber {
  /** Answers what it has asked for. */
  tellSubscribed(ref: string, topics: readonly string[], refused: readonly RefusedTopic[]): void;
  /** Tells that subscriptions were ended. */
  tellRevoked(refused: readonly RefusedTopic[]): void;
}

/** What {@linkcode Subscriptions} asks its owner. */
export interface SubscriptionsOwner<TSpoke> {
  /** Whether it is still one of the hub's spokes. */
  has(spoke: TSpoke): boolean;
  /** More than the bound waits for an answer: the spoke has to go. */
  onOverflow(spoke: TSpoke): void;
}

/** What of one spoke is not answered yet. */
interface Open<TSpoke> {
  /** The questions, and the flushes that wait for those before them, in the order in which they came. */
  readonly work: Map<Question<TSpoke> | IncomingFlush, Work>;
  /** The questions by the topics that they ask for. */
  readonly asking: Map<string, Question<TSpoke>[]>;
}

const UNSUBSCRIBED = "unsubscribed before it was answered";

/** The subscriptions of all spokes of a hub, from the question to the end. */
export class Subscriptions<TSpoke extends SubscribingSpoke> implements Holder {
  readonly #subscribers: Subscribers<TSpoke>;
  readonly #upstream: Upstream | undefined;
  readonly #unanswered: Unanswered<TSpoke>;
  readonly #owner: SubscriptionsOwner<TSpoke>;
  readonly #open = new Map<TSpoke, Open<TSpoke>>();

  /**
   * @param subscribers Where those that are answered are kept.
   * @param upstream What has to acknowledge each topic first, if the hub has one.
   * @param unanswered Bounds what waits for that.
   * @param owner Knows the spokes.
   */
  constructor(
    subscribers: Subscribers<TSpoke>,
    upstream: Upstream | undefined,
    unanswered: Unanswered<TSpoke>,
    owner: SubscriptionsOwner<TSpoke>,
  ) {
    this.#subscribers = subscribers;
    this.#upstream = upstream;
    this.#unanswered = unanswered;
    this.#owner = owner;
  }

  /**
   * Subscribes a spoke, and answers it once the upstream has acknowledged or refused every topic.
   *
   * @param spoke The spoke.
   * @param ref What it calls its question.
   * @param topics What it asks for.
   * @param refused What of that is refused already.
   */
  subscribe(
    spoke: TSpoke,
    ref: string,
    topics: readonly string[],
    refused: ReadonlyMap<string, string>,
  ): void {
    for (const topic of refused.keys()) this.#end(spoke, topic);
    if (this.#upstream === undefined) return this.#accept(spoke, ref, topics, refused);
    const question = new Question(spoke, ref, topics, refused, this.#upstream, () => this.#answer(question));
    const decided = question.hold();
    // Whatever the upstream leads to may have ended the spoke.
    if (!this.#owner.has(spoke)) question.letGo();
    else if (decided) this.#answer(question);
    else this.#keep(question);
  }

  /**
   * Ends subscriptions of a spoke, those too that are not answered yet.
   *
   * @param spoke The spoke.
   * @param topics What it does not want any more.
   */
  unsubscribe(spoke: TSpoke, topics: readonly string[]): void {
    for (const topic of topics) {
      this.#end(spoke, topic);
      for (const question of this.#asking(spoke, topic)) question.onRefused(topic, UNSUBSCRIBED);
    }
  }

  /**
   * Ends whatever could bring a spoke an event of a topic, and tells it.
   *
   * @param spoke The spoke.
   * @param revoked The topic, the bare type or `*`; without one, everything is ended.
   * @param reason Why, for the spoke.
   */
  revoke(spoke: TSpoke, revoked: Topic | undefined, reason: string): void {
    const isRevoked = (topic: string): boolean =>
      revoked === undefined || topicsOverlap(revoked, splitTopic(topic));
    const ended = [...spoke.topics].filter(isRevoked);
    for (const topic of ended) this.#end(spoke, topic);
    for (const topic of [...this.#open.get(spoke)?.asking.keys() ?? []].filter(isRevoked)) {
      for (const question of this.#asking(spoke, topic)) question.onRefused(topic, reason);
    }
    if (ended.length > 0) spoke.tellRevoked(ended.map((topic) => ({ topic, reason })));
  }

  /**
   * Answers a flush of a spoke's once all that it has asked before is answered.
   *
   * @param spoke The spoke.
   * @param flush The flush.
   */
  flush(spoke: TSpoke, flush: IncomingFlush): void {
    const open = this.#open.get(spoke);
    if (open === undefined) return flush.answer();
    this.#add(spoke, open, flush, { bytes: cloneBytes(flush.ref), topics: 0 });
  }

  /**
   * Ends all subscriptions of a spoke, and forgets what it has asked.
   *
   * @param spoke The spoke.
   */
  forget(spoke: TSpoke): void {
    for (const topic of [...spoke.topics]) this.#end(spoke, topic);
    const open = this.#open.get(spoke);
    this.#open.delete(spoke);
    for (const [item, work] of open?.work ?? []) {
      this.#unanswered.remove(spoke, work);
      if (item instanceof Question) item.letGo();
    }
  }

  /** The subscribers were all acknowledged before they became that. */
  onAcknowledged(): void {}

  onRefused(topic: string, reason: string): void {
    for (const spoke of [...this.#subscribers.of(splitTopic(topic)) ?? []]) {
      this.#subscribers.delete(spoke, topic);
      spoke.tellRevoked([{ topic, reason }]);
    }
  }

  #end(spoke: TSpoke, topic: string): void {
    if (this.#subscribers.delete(spoke, topic)) this.#upstream?.letGo(topic, this);
  }

  #asking(spoke: TSpoke, topic: string): Question<TSpoke>[] {
    return [...this.#open.get(spoke)?.asking.get(topic) ?? []];
  }

  #keep(question: Question<TSpoke>): void {
    const { spoke, ref, topics } = question;
    let open = this.#open.get(spoke);
    if (open === undefined) this.#open.set(spoke, open = { work: new Map(), asking: new Map() });
    const asked = question.accepted();
    for (const topic of asked) {
      const questions = open.asking.get(topic);
      if (questions === undefined) open.asking.set(topic, [question]);
      else questions.push(question);
    }
    this.#add(spoke, open, question, { bytes: cloneBytes([ref, topics]), topics: asked.size });
  }

  #add(spoke: TSpoke, open: Open<TSpoke>, item: Question<TSpoke> | IncomingFlush, work: Work): void {
    open.work.set(item, work);
    if (!this.#unanswered.add(spoke, work)) this.#owner.onOverflow(spoke);
  }

  #answer(question: Question<TSpoke>): void {
    const { spoke, ref, topics, refused } = question;
    // Held by the subscribers before the question lets go, so that the upstream does not lose it in between.
    this.#accept(spoke, ref, topics, refused);
    question.letGo();
    this.#close(question);
  }

  /** Subscribes a spoke to what is not refused, and tells it. */
  #accept(spoke: TSpoke, ref: string, topics: readonly string[], refused: ReadonlyMap<string, string>): void {
    const accepted = topics.filter((topic) => !refused.has(topic));
    for (const topic of accepted) {
      if (this.#subscribers.add(spoke, topic)) this.#upstream?.hold(topic, this);
    }
    spoke.tellSubscribed(ref, accepted, Array.from(refused, ([topic, reason]) => ({ topic, reason })));
  }

  /** Forgets a question that was answered, and answers the flushes that waited for it. */
  #close(question: Question<TSpoke>): void {
    const { spoke } = question;
    const open = this.#open.get(spoke);
    const work = open?.work.get(question);
    if (open === undefined || work === undefined) return;
    open.work.delete(question);
    this.#unanswered.remove(spoke, work);
    for (const topic of new Set(question.topics)) {
      const others = open.asking.get(topic)?.filter((each) => each !== question) ?? [];
      if (others.length > 0) open.asking.set(topic, others);
      else open.asking.delete(topic);
    }
    for (const [item, work] of open.work) {
      if (item instanceof Question) return;
      open.work.delete(item);
      this.#unanswered.remove(spoke, work);
      item.answer();
    }
    this.#open.delete(spoke);
  }
}
