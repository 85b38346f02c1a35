import { topicOfEnvelope } from "../../../core/envelope.ts";
import {
  EVERY_TOPIC,
  splitTopic,
  subscriptionFault,
  type Topic,
  topicsOverlap,
} from "../../../core/topic.ts";
import type { Authorize } from "../types.ts";
import type { SpokeIncoming } from "../spoke.ts";
import type { SpokeEventTarget } from "../types.ts";
import { cloneBytes } from "../../_wire/value_size.ts";
import type { Unanswered, Work } from "./pending_work.ts";

/** What a spoke sends that has its turn. */
export type Ordered = Extract<SpokeIncoming, { kind: "event" | "flush" | "subscribe" | "unsubscribe" }>;

/** Why something was refused. */
export interface Refusal {
  /** The reason, for the spoke. */
  readonly reason: string;
  /** What was thrown, for the hub's program. */
  readonly cause?: unknown;
}

/** What of something was refused, by the topic. */
export type Refusals = ReadonlyMap<string, Refusal>;

/** What a gate leads to. */
export interface GateOwner<TSpoke> {
  /** Something has its turn, and it is known what of it is refused. */
  onPassed(spoke: TSpoke, incoming: Ordered, refused: Refusals): void;
  /** More than the bound waits for its turn: the spoke has to go. */
  onOverflow(spoke: TSpoke): void;
  /** It wants more topics than it may: it has to go. */
  onTooManyTopics(spoke: TSpoke, topic: string): void;
}

/** What waits of one spoke, in order. */
interface Queue {
  readonly waiting: Set<Waiting>;
  /** Whether the spoke has gone, and what it had sent has its turn all the same. */
  left: boolean;
}

/** Something that waits for its turn. */
interface Waiting extends Work {
  readonly incoming: Ordered;
  /** Set once it is known. */
  refused: Refusals | undefined;
  /** What was taken from it meanwhile. */
  readonly revoked: Map<string, Refusal>;
}

const NOT_AUTHORIZED: Refusal = { reason: "not authorized" };
const NONE: Refusals = new Map();

/**
 * Decides what spokes may subscribe to and publish. While an answer of the program's is pending, what the same spoke
 * sends after it waits, so that everything has effect in the order in which it was sent.
 */
export class Gate<TSpoke extends SpokeEventTarget> {
  readonly #authorize: Authorize<TSpoke> | undefined;
  readonly #maxTopics: number;
  readonly #unanswered: Unanswered<TSpoke>;
  readonly #owner: GateOwner<TSpoke>;
  /** The spokes of which something waits. */
  readonly #queues = new Map<TSpoke, Queue>();

  /**
   * @param authorize The program's word; without it everything is allowed.
   * @param maxTopics How many topics a spoke may be subscribed to.
   * @param unanswered Bounds what waits.
   * @param owner Goes on.
   */
  constructor(
    authorize: Authorize<TSpoke> | undefined,
    maxTopics: number,
    unanswered: Unanswered<TSpoke>,
    owner: GateOwner<TSpoke>,
  ) {
    this.#authorize = authorize;
    this.#maxTopics = maxTopics;
    this.#unanswered = unanswered;
    this.#owner = owner;
  }

  /**
   * Takes what a spoke has sent. It is passed on at once if nothing has to be waited for.
   *
   * @param spoke The spoke.
   * @param incoming What it has sent.
   */
  take(spoke: TSpoke, incoming: Ordered): void {
    const refused = this.#judge(spoke, incoming);
    if (refused === undefined) return;
    if (!this.#queues.has(spoke) && !(refused instanceof Promise)) {
      return this.#owner.onPassed(spoke, incoming, refused);
    }
    this.#wait(spoke, incoming, refused);
  }

  /**
   * Refuses what a spoke has asked for and what has not had its turn yet.
   *
   * @param spoke The spoke.
   * @param revoked A topic that it must hear nothing of any more; without one, nothing at all.
   * @param reason Why.
   */
  revoke(spoke: TSpoke, revoked: Topic | undefined, reason: string): void {
    for (const waiting of this.#queues.get(spoke)?.waiting ?? []) {
      if (waiting.incoming.kind !== "subscribe") continue;
      for (const topic of waiting.incoming.topics) {
        if (revoked === undefined || topicsOverlap(revoked, splitTopic(topic))) {
          waiting.revoked.set(topic, { reason });
        }
      }
    }
  }

  /**
   * Lets what waits of a spoke that has gone have its turn all the same, unless too much waits of such spokes.
   *
   * @param spoke The spoke.
   * @returns How many events were forgotten.
   */
  leave(spoke: TSpoke): number {
    const queue = this.#queues.get(spoke);
    if (queue === undefined) return 0;
    queue.left = true;
    const left = [...this.#queues].filter(([, { left }]) => left).map(([each]) => each);
    return this.#unanswered.allows(left) ? 0 : this.discard(spoke);
  }

  /**
   * Forgets what waits of a spoke that has gone.
   *
   * @param spoke The spoke.
   * @returns How many events that were.
   */
  discard(spoke: TSpoke): number {
    const waiting = [...this.#queues.get(spoke)?.waiting ?? []];
    this.#queues.delete(spoke);
    return waiting.filter(({ incoming }) => incoming.kind === "event").length;
  }

  /** What of something is refused; `undefined` if the spoke has to go for it. */
  #judge(spoke: TSpoke, incoming: Ordered): Refusals | Promise<Refusals> | undefined {
    if (incoming.kind === "subscribe") return this.#judgeTopics(spoke, incoming.topics);
    if (incoming.kind !== "event" || this.#authorize === undefined) return NONE;
    const refusal = this.#ask(spoke, "publish", incoming.envelope);
    if (refusal === undefined) return NONE;
    const toRefusals = (each: Refusal | undefined): Refusals =>
      each === undefined ? NONE : new Map([[topicOfEnvelope(incoming.envelope), each]]);
    return refusal instanceof Promise ? refusal.then(toRefusals) : toRefusals(refusal);
  }

  #judgeTopics(spoke: TSpoke, topics: readonly string[]): Refusals | Promise<Refusals> | undefined {
    const refused = new Map<string, Refusal>();
    const valid = new Set<string>();
    // Invalid topics count too: whoever sends them without end is answered without end.
    let left = this.#maxTopics - spoke.topics.size - this.#unanswered.topics(spoke);
    for (const topic of topics) {
      const fault = valid.has(topic) ? undefined : subscriptionFault(splitTopic(topic));
      if (!valid.has(topic) && !spoke.topics.has(topic) && --left < 0) {
        this.#owner.onTooManyTopics(spoke, topic);
        return undefined;
      }
      if (fault === undefined) valid.add(topic);
      else refused.set(topic, { reason: fault });
    }
    if (this.#authorize === undefined) return refused;
    const pending: Promise<void>[] = [];
    for (const topic of valid) {
      const note = (refusal: Refusal | undefined): void => {
        if (refusal !== undefined) refused.set(topic, refusal);
      };
      const refusal = this.#ask(spoke, "subscribe", splitTopic(topic));
      if (refusal instanceof Promise) pending.push(refusal.then(note));
      else note(refusal);
    }
    return pending.length === 0 ? refused : Promise.all(pending).then(() => refused);
  }

  /** Asks the program. Anything but exactly `true` refuses; the promise never rejects. */
  #ask(
    spoke: TSpoke,
    action: "subscribe" | "publish",
    { type, id }: Topic,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const toRefusal = (answer: unknown): Refusal | undefined => answer === true ? undefined : NOT_AUTHORIZED;
    const onFault = (cause: unknown): Refusal => ({ ...NOT_AUTHORIZED, cause });
    const every = type === EVERY_TOPIC && id === undefined;
    try {
      const answer: unknown = this.#authorize?.({ spoke, action, type: every ? undefined : type, id });
      // What is no promise resolves to itself, and is not `true` either.
      if (typeof answer !== "object" || answer === null) return toRefusal(answer);
      return Promise.resolve(answer).then(toRefusal, onFault);
    } catch (cause) {
      return onFault(cause);
    }
  }

  #wait(spoke: TSpoke, incoming: Ordered, refused: Refusals | Promise<Refusals>): void {
    const topics = incoming.kind === "subscribe" ? incoming.topics.length : 0;
    const waiting: Waiting = {
      incoming,
      refused: undefined,
      revoked: new Map(),
      bytes: bytesOf(incoming),
      topics,
    };
    const queue = this.#queues.get(spoke) ?? { waiting: new Set(), left: false };
    queue.waiting.add(waiting);
    this.#queues.set(spoke, queue);
    if (refused instanceof Promise) {
      void refused.then((known) => {
        waiting.refused = known;
        this.#advance(spoke);
      });
    } else {
      waiting.refused = refused;
    }
    if (!this.#unanswered.add(spoke, waiting)) this.#owner.onOverflow(spoke);
  }

  /** Passes on what has its turn. */
  #advance(spoke: TSpoke): void {
    const queue = this.#queues.get(spoke);
    for (const waiting of queue?.waiting ?? []) {
      if (waiting.refused === undefined) return;
      queue?.waiting.delete(waiting);
      this.#unanswered.remove(spoke, waiting);
      this.#owner.onPassed(spoke, waiting.incoming, new Map([...waiting.refused, ...waiting.revoked]));
      // It may have been discarded over that.
      if (this.#queues.get(spoke) !== queue) return;
    }
    this.#queues.delete(spoke);
  }
}

/** How much memory something takes while it waits, about. */
function bytesOf(incoming: Ordered): number {
  switch (incoming.kind) {
    case "event":
      return cloneBytes(incoming.envelope);
    case "subscribe":
    case "unsubscribe":
      return cloneBytes([incoming.ref, incoming.topics]);
    case "flush":
      return cloneBytes(incoming.ref);
  }
}
