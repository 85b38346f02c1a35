import type { HistoryCursor, HistoryFrom } from "../../../core/history_source.ts";
import { splitTopic, type Topic } from "../../../core/topic.ts";
import { TopicMap } from "../../../core/topic_map.ts";
import type { EncodedEnvelope } from "../../_wire/codec.ts";
import { NO_POSITION, type Since, type TopicHistory } from "../../_wire/history_controls.ts";
import type { LinkRights } from "./link_rights.ts";
import type { EncodedPage } from "./past_source.ts";
import { type Budget, Replay, type ReplayContext } from "./replay.ts";

/** One topic of a request: what it asks of the past, and where it begins. */
interface TopicPast {
  readonly topic: Topic;
  /** Whether the answer must have its place. */
  readonly isAsked: boolean;
  /** Where it begins, if it asks for events of the past. */
  readonly from: HistoryFrom | undefined;
  /** Whether it gets what is live only. */
  isLimited: boolean;
  /** Whether its replay is not wanted any more. */
  isStopped: boolean;
  hasBegun: boolean;
  /** Resolves when its place is known, if that comes later. */
  beginning: Promise<void> | undefined;
  place: TopicHistory | null;
  /** Where its replay begins, if it has one. */
  next: HistoryFrom | HistoryCursor | undefined;
  /** Events that come before that. */
  first: readonly EncodedEnvelope[];
  /** Unset if the events of its replay are known to be few enough. */
  budget: Budget | undefined;
}

const NO_EVENTS: readonly never[] = [];

/** The bytes of a position in a request beside its characters, and as the `from` of an object. */
const LISTED_LENGTH = `"",`.length;
const LISTED_FROM_LENGTH = `{"from":""},`.length;

/** The past that a subscribe request of a spoke asks for, and the past that it gets. */
export class RequestPast {
  /** How many characters were asked for beside the topics: at most the bytes that came. */
  readonly askedLength: number = 0;
  readonly #context: ReplayContext;
  readonly #rights: LinkRights;
  /** The topics that have a history. */
  readonly #topics = new TopicMap<TopicPast>();
  /** How many events the whole request may still replay. */
  #left: number;
  /** Pays for events that were not counted before, as they are sent. */
  readonly #budget: Budget = {
    take: (events) =>
      events === 0 ||
      ((this.#left -= events) >= 0 && this.#rights.pay(this.#context.spoke, { events }, true)),
  };
  /** The topics of which the answer must have the place, and whether the spoke has one of them already. */
  #asked = 0;
  #isRepeated = false;
  /** Whether the link may replay. Known from the first topic on that has events of the past. */
  #mayReplay: boolean | undefined;

  /** @param maxReplay The most events that the whole request may replay. */
  constructor(
    context: ReplayContext,
    rights: LinkRights,
    maxReplay: number,
    topics: readonly string[],
    since: readonly Since[],
  ) {
    this.#context = context;
    this.#rights = rights;
    this.#left = maxReplay;
    let i = 0;
    for (const name of topics) {
      const asked = since[i++] ?? null;
      this.askedLength += lengthOf(asked);
      const topic = splitTopic(name);
      if (!context.source.declares(topic.type) || this.#topics.has(name)) continue;
      const from = typeof asked === "object" ? asked?.from : asked;
      if (asked !== null) this.#asked++;
      this.#topics.set(name, {
        topic,
        isAsked: asked !== null,
        from: from === "now" ? undefined : from,
        isLimited: false,
        isStopped: false,
        hasBegun: false,
        beginning: undefined,
        place: null,
        next: undefined,
        first: NO_EVENTS,
        budget: undefined,
      });
    }
  }

  /** Where a topic begins, if it asks for events of the past. */
  fromOf(name: string): HistoryFrom | undefined {
    return this.#topics.get(name)?.from;
  }

  /** The topic gets what is live only. */
  limit(name: string): void {
    const past = this.#topics.get(name);
    if (past !== undefined) past.isLimited = true;
  }

  /** The spoke does not want the replays of topics any more, or without topics, any replay. */
  stop(names: readonly string[]): void {
    for (const name of names.length === 0 ? [...this.#topics.keys()] : names) {
      const past = this.#topics.get(name);
      if (past !== undefined) past.isStopped = true;
    }
  }

  /** Finds where a topic begins. Returns a promise, which never rejects, unless the history answers at once. */
  begin(name: string): Promise<void> | undefined {
    const past = this.#topics.get(name);
    // A source can acknowledge a topic while it is retained, and once more after a loss.
    if (past === undefined || past.hasBegun) return past?.beginning;
    past.hasBegun = true;
    this.#isRepeated ||= this.#context.spoke.subscribed.has(name);
    return past.beginning = this.#beginSafely(name, past);
  }

  #beginSafely(name: string, past: TopicPast): Promise<void> | undefined {
    const onFailure = (error: unknown): void => {
      this.#context.spoke.report("subscribe", error, name);
      place(past, NO_POSITION, past.from === undefined, past.from && NO_POSITION);
    };
    const { revocations } = this.#rights;
    const onBegun = (): void => {
      // What was read before a right ended does not bring it back.
      if (this.#rights.revocations === revocations) this.#rights.begin(name, past.place?.at ?? NO_POSITION);
    };
    try {
      const reading = this.#begin(name, past);
      if (reading !== undefined) return reading.then(onBegun, onFailure);
      onBegun();
    } catch (error) {
      onFailure(error);
    }
    return undefined;
  }

  /** The place of a topic, for the answer; `null` if it has no history. */
  placeOf(name: string): TopicHistory | null {
    return this.#topics.get(name)?.place ?? null;
  }

  /** Whether the answer must have the place of a topic. */
  isAsked(name: string): boolean {
    return this.#topics.get(name)?.isAsked === true;
  }

  /** Whether the end of a replay of a topic follows the answer. */
  isReplayed(name: string): boolean {
    const past = this.#topics.get(name);
    return past?.next !== undefined && !past.isStopped;
  }

  /**
   * Takes what the places that were asked for take of a right to replay. Without a right, nothing is replayed.
   */
  payForPlaces(): boolean {
    const { spoke } = this.#context;
    const isFurther = this.#mayReplay === true || !this.#isRepeated;
    const isPaid = this.#rights.pay(spoke, { places: this.#asked }, isFurther);
    if (!isPaid) this.stop([]);
    return isPaid;
  }

  /** The replays of topics that were granted. */
  replaysOf(names: readonly string[]): Replay[] {
    const replays: Replay[] = [];
    for (const name of names) {
      const past = this.#topics.get(name);
      if (past?.next === undefined || past.isStopped) continue;
      const { topic, next, first, budget } = past;
      replays.push(
        new Replay(this.#context, { name, topic, next, first, budget, whole: past.place?.whole === true }),
      );
    }
    return replays;
  }

  #begin(name: string, past: TopicPast): Promise<void> | undefined {
    const { topic, from } = past;
    if (from === undefined || past.isLimited || this.#rights.isLost(name, from)) return this.#beginLive(past);
    const { source, spoke } = this.#context;
    // Without a right to replay, whether there are events is enough: they are not counted.
    const mayReplay = this.#mayReplay !== false && this.#rights.mayReplay(spoke, this.#isFurther(name));
    const bounds = { maxEvents: 0, maxBytes: 0, maxReplay: mayReplay ? this.#left : 0 };
    const page = source.read(spoke, topic, from, bounds);
    return page instanceof Promise
      ? page.then((page) => this.#beginAt(name, past, page, false))
      : this.#beginAt(name, past, page, page.left !== undefined);
  }

  /** Whether a topic is paid for together with others: those of one request, and all that the spoke does not have yet. */
  #isFurther(name: string): boolean {
    return this.#mayReplay === true || !this.#context.spoke.subscribed.has(name);
  }

  /** A topic without the past: a gap if it has asked for any. */
  #beginLive(past: TopicPast): Promise<void> | undefined {
    const isGap = past.from !== undefined;
    const head = this.#context.source.head(past.topic);
    if (typeof head !== "string") {
      return Promise.resolve(head).then((head) => place(past, head, !isGap, isGap ? head : undefined));
    }
    place(past, head, !isGap, isGap ? head : undefined);
    return undefined;
  }

  /** @param isCounted Whether the events that are left are known to be within the budget. */
  #beginAt(name: string, past: TopicPast, page: EncodedPage, isCounted: boolean): Promise<void> | undefined {
    const { from, whole, next, events: first, done, left } = page;
    if (left !== 0 && !(done && first.length === 0)) {
      const events = isCounted ? left ?? 0 : 0;
      this.#mayReplay = this.#mayReplay !== false &&
        this.#rights.pay(this.#context.spoke, { events }, this.#isFurther(name));
      if (!this.#mayReplay) return this.#beginLive(past);
    }
    place(past, from, whole, next);
    past.first = first;
    if (isCounted) this.#left -= left ?? 0;
    else past.budget = this.#budget;
    return undefined;
  }
}

/** The characters of a place in a request; 0 where it may be short. */
function lengthOf(since: Since): number {
  const isPosition = typeof since === "string";
  const from = isPosition ? since : since?.from;
  if (typeof from !== "string" || from === "") return 0;
  return from.length + (isPosition ? LISTED_LENGTH : LISTED_FROM_LENGTH);
}

function place(past: TopicPast, at: string, whole: boolean, next: TopicPast["next"]): void {
  past.place = { at, whole };
  past.next = next;
}
