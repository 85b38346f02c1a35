import type { HistoryCursor, HistoryFrom, Position } from "../../../core/history_source.ts";
import { splitTopic, type Topic } from "../../../core/topic.ts";
import { TopicMap } from "../../../core/topic_map.ts";
import { TopicSet } from "../../../core/topic_set.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import { NO_POSITION, type Since, type TopicHistory } from "../../_wire/history_controls.ts";
import type { Recipient } from "./recipient.ts";
import type { LinkRights } from "./link_rights.ts";
import type { LiveTails } from "./live_tails.ts";
import type { EncodedPage, PastSource } from "./past_source.ts";
import { type Budget, Replay } from "./replay.ts";

/** Where one topic of a request begins. */
interface Begun extends TopicHistory {
  /** Where its replay begins, if it has one. */
  readonly next?: HistoryFrom | HistoryCursor;
  /** Events that come first. */
  readonly first?: readonly EncodedEnvelope[];
  /** How many events the replay may have, unless that is known to be few enough. */
  readonly budget?: Budget;
}

/** The parts of a {@linkcode RequestPast}. */
export interface RequestPastParts {
  readonly source: PastSource;
  readonly tails: LiveTails;
  readonly rights: LinkRights;
  readonly spoke: Recipient;
  readonly ref: string;
  /** The most events that the whole request may replay. */
  readonly maxReplay: number;
}

/** What a subscribe request of a spoke asks of the past, and what it gets. */
export class RequestPast {
  readonly #parts: RequestPastParts;
  /** Where the topics that have a past begin, as asked. */
  readonly #asked = new TopicMap<HistoryFrom>();
  /** Those that get no past. */
  readonly #limited = new TopicSet();
  readonly #begun = new TopicMap<Begun>();
  readonly #stopped = new TopicSet();
  #isStopped = false;
  readonly #budget: Budget;
  /** Whether the link may replay now. Asked once for a request that has events of the past. */
  #isWithinRate: boolean | undefined;

  constructor(parts: RequestPastParts, topics: readonly string[], since: readonly Since[]) {
    this.#parts = parts;
    this.#budget = { left: parts.maxReplay };
    for (const [i, topic] of topics.entries()) {
      const from = fromOf(since[i]);
      if (from !== undefined && !this.#asked.has(topic)) this.#asked.set(topic, from);
    }
  }

  /** Where a topic begins, if it asks for the past. */
  fromOf(topic: string): HistoryFrom | undefined {
    const from = this.#asked.get(topic);
    return from === "now" ? undefined : from;
  }

  /** Whether the answer must have the place of a topic. */
  isAsked(topic: string): boolean {
    return this.#asked.has(topic);
  }

  /** The topic gets no past. */
  limit(topic: string): void {
    if (this.fromOf(topic) !== undefined) this.#limited.add(topic);
  }

  /** The spoke does not want the replays of topics any more, or without topics, any replay. */
  stop(topics: readonly string[]): void {
    if (topics.length === 0) this.#isStopped = true;
    for (const topic of topics) this.#stopped.add(topic);
  }

  /** Finds where a topic begins. Returns a promise, which never rejects, unless the history answers at once. */
  begin(topic: string): Promise<void> | undefined {
    const parts = splitTopic(topic);
    if (!this.#parts.source.declares(parts.type)) return undefined;
    try {
      const begun = this.#read(topic, parts);
      if (!(begun instanceof Promise)) return void this.#note(topic, begun);
      return begun.then((begun) => this.#note(topic, begun), (error) => this.#fail(topic, error));
    } catch (error) {
      return void this.#fail(topic, error);
    }
  }

  /** The place of a topic, for the answer; `null` if it has no history. */
  placeOf(topic: string): TopicHistory | null {
    const begun = this.#begun.get(topic);
    return begun === undefined ? null : { at: begun.at, whole: begun.whole };
  }

  /** The replay of a topic that was granted, if it has one. */
  replayOf(topic: string): Replay | undefined {
    const { source, tails, spoke, ref } = this.#parts;
    const { next, whole = false, first = [], budget } = this.#begun.get(topic) ?? {};
    if (next === undefined || this.#isStopped || this.#stopped.has(topic)) return undefined;
    return new Replay({ source, tails, spoke, ref, topic, whole, first, budget }, next);
  }

  #read(topic: string, parts: Topic): Begun | Promise<Begun> {
    const { source, spoke, rights } = this.#parts;
    const from = this.fromOf(topic);
    if (from === undefined) return this.#readHead(parts, true);
    if (this.#limited.has(topic) || rights.isLost(topic, from)) return this.#readHead(parts, false);
    const maxReplay = this.#budget.left;
    const page = source.read(spoke, parts, from, { maxEvents: 0, maxBytes: 0, maxReplay });
    return page instanceof Promise
      ? page.then((page) => this.#beginAt(parts, page, false))
      : this.#beginAt(parts, page, page.left !== undefined);
  }

  /** A topic without the past that it may have asked for: whole if it has not. */
  #readHead(parts: Topic, whole: boolean): Begun | Promise<Begun> {
    const head = this.#parts.source.head(parts);
    const toBegun = (at: Position): Begun => ({ at, whole, ...(!whole && { next: at }) });
    return typeof head === "string" ? toBegun(head) : Promise.resolve(head).then(toBegun);
  }

  /** @param isCounted Whether the events that are left are known to be within the budget. */
  #beginAt(parts: Topic, page: EncodedPage, isCounted: boolean): Begun | Promise<Begun> {
    const { from: at, whole, next, events: first, left } = page;
    if (left !== 0 && !this.#mayReplay()) return this.#readHead(parts, false);
    if (!isCounted) return { at, whole, next, first, budget: this.#budget };
    this.#budget.left -= left ?? 0;
    return { at, whole, next, first };
  }

  #mayReplay(): boolean {
    return this.#isWithinRate ??= this.#parts.rights.takeReplay();
  }

  #note(topic: string, begun: Begun): void {
    this.#begun.set(topic, begun);
    this.#parts.rights.begin(topic, begun.at);
  }

  #fail(topic: string, error: unknown): void {
    this.#parts.spoke.report("subscribe", error, topic);
    const isAsked = this.fromOf(topic) !== undefined;
    this.#begun.set(topic, { at: NO_POSITION, whole: !isAsked, ...(isAsked && { next: NO_POSITION }) });
  }
}

function fromOf(since: Since | undefined): HistoryFrom | undefined {
  if (since === null || since === undefined) return undefined;
  return typeof since === "object" ? since.from : since;
}
