import { describe } from "../../../core/describe.ts";
import type { HistoryCursor, HistoryFrom, Position } from "../../../core/history_source.ts";
import type { ListenerList } from "../../../core/listener_list.ts";
import { topicOf } from "../../../core/topic.ts";
import { placeOf, positionOf } from "./place.ts";
import { Followers } from "./followers.ts";
import type { HealingHandler } from "./healing_handler.ts";
import { Work } from "./work.ts";
import type { Progress, Waiting } from "./progress.ts";
import type { RedisLog } from "./redis_log.ts";
import type { LogReader } from "./log_reader.ts";

/** A page of what was missed. Redis reads it in about a millisecond. */
const PAGE = { maxEvents: 1000, maxBytes: 1024 * 1024 };

/** The live events that wait for the missed ones. If there are more, the history brings them. */
const MAX_WAITING = 10_000;

/** The ids that one read compares. */
const MAX_IDS = 500;

/**
 * Delivers the events that listeners missed: after a loss of the subscribing connection, and where the numbers of the events
 * of a bare type jump. Live events of the topic wait meanwhile.
 */
export class Healing {
  readonly #log: RedisLog;
  readonly #reader: LogReader;
  readonly #handler: HealingHandler;
  readonly #progress = new WeakMap<ListenerList, Progress>();
  /** Types of which a program publishes events that no history has. */
  readonly #mixed = new Set<string>();
  /** Changes with each loss. */
  #losses = 0;
  /** From a loss until what was missed has been delivered. */
  #isDown = false;
  readonly #work = new Work();
  #settling: Promise<void> | undefined;

  constructor(log: RedisLog, reader: LogReader, handler: HealingHandler) {
    this.#log = log;
    this.#reader = reader;
    this.#handler = handler;
  }

  readonly #isAfter = (at: Position, other: Position): boolean => this.#log.isAfter(at, other);

  /** Begins to follow a topic of a declared type. */
  track(list: ListenerList): void {
    this.#progress.set(list, {
      place: undefined,
      waiting: undefined,
      overflowed: false,
      acknowledged: false,
    });
  }

  /** Finds the place from where on the listeners of a topic have all events. Redis has acknowledged the topic. */
  async settle(list: ListenerList): Promise<void> {
    const progress = this.#progress.get(list);
    if (progress === undefined) return;
    progress.acknowledged = true;
    if (progress.place !== undefined) return;
    const losses = this.#losses;
    try {
      const place = placeOf(await this.#log.head(list));
      // Events up to the place may still be on their way.
      await this.#arrived();
      if (losses === this.#losses) progress.place ??= place;
    } catch (error) {
      this.#handler.report(error, list);
    }
  }

  /** Whether an event is not to be delivered now: it waits, or was delivered before. */
  takes(list: ListenerList, topic: string, detail: unknown): boolean {
    const progress = this.#progress.get(list);
    if (progress === undefined) return false;
    const place = placeOf(Object(detail).at);
    if (place !== undefined) return this.#takes(list, progress, { topic, detail, place });
    if (!this.#mixed.has(list.type)) {
      this.#mixed.add(list.type);
      const message =
        `A program publishes ${describe(list.type)} without declaring its history: such events are not ` +
        "kept, and a loss of the connection is a gap";
      this.#handler.report(new Error(message), list);
    }
    return false;
  }

  /** Resolves when all live events that were published before have been delivered, or their loss was reported. */
  async settled(): Promise<void> {
    for (let losses = -1; losses !== this.#losses;) {
      await this.#work.idle();
      losses = this.#losses;
      await this.#handler.barrier();
    }
    await this.#work.idle();
  }

  /** The event target has ended: nothing more is delivered. */
  stop(): void {
    this.#work.stop();
  }

  /** The subscribing connection is lost. */
  onLoss(lists: Iterable<ListenerList>): void {
    this.#losses++;
    if (!this.#isDown) this.#work.begin();
    this.#isDown = true;
    for (const list of lists) {
      const progress = this.#progress.get(list);
      if (progress?.place === undefined) continue;
      progress.waiting = [];
      progress.overflowed = false;
    }
  }

  /**
   * Delivers what was missed during the last loss. Returns whether that was everything, or `undefined` if the connection was
   * lost again.
   */
  async heal(lists: readonly ListenerList[]): Promise<boolean | undefined> {
    const losses = this.#losses;
    let whole = true;
    const toHeal: ListenerList[] = [];
    for (const list of lists) {
      const progress = this.#progress.get(list);
      if (progress?.waiting !== undefined) toHeal.push(list);
      else if (progress === undefined || progress.acknowledged) {
        whole = false;
        this.#handler.onGap(list);
      }
    }
    const bare = new Set(toHeal.flatMap(({ type, id }) => id === undefined ? [type] : []));
    // They are healed with their bare type.
    const alone = toHeal.filter(({ type, id }) => id === undefined || !bare.has(type));
    const healed = await Promise.all((await this.#missing(alone)).map((list) => this.#heal(list)));
    if (losses !== this.#losses) return undefined;
    if (this.#isDown) this.#work.end();
    this.#isDown = false;
    return whole && healed.every(Boolean);
  }

  #takes(list: ListenerList, progress: Progress, event: Waiting): boolean {
    const { place } = event;
    if (progress.waiting !== undefined) {
      if (progress.waiting.push(event) > MAX_WAITING) {
        progress.waiting = [];
        progress.overflowed = true;
      }
      return true;
    }
    const known = progress.place;
    if (known !== undefined) {
      const isSame = known.epoch === place.epoch;
      const isAfter = isSame ? place.n > known.n : this.#log.isAfter(positionOf(place), positionOf(known));
      if (!isAfter) return true;
      if (!isSame || (list.id === undefined && place.n !== known.n + 1)) {
        progress.waiting = [event];
        this.#work.begin();
        void this.#heal(list).then((whole) => {
          this.#work.end();
          if (whole !== undefined) this.#handler.onHealed(whole);
        });
        return true;
      }
    }
    progress.place = place;
    return false;
  }

  /** Waits for a moment after which all earlier messages have arrived. The topics of one moment share it. */
  #arrived(): Promise<void> {
    return this.#settling ??= Promise.resolve().then(() => {
      this.#settling = undefined;
      return this.#handler.barrier();
    });
  }

  /** Continues the topics of single ids that have missed nothing, and returns the others. */
  async #missing(lists: readonly ListenerList[]): Promise<ListenerList[]> {
    const losses = this.#losses;
    const missing: ListenerList[] = [];
    const byType = new Map<string, ListenerList[]>();
    for (const list of lists) {
      if (list.id === undefined) missing.push(list);
      else byType.get(list.type)?.push(list) ?? byType.set(list.type, [list]);
    }
    for (const [type, all] of byType) {
      for (let i = 0; i < all.length; i += MAX_IDS) {
        missing.push(...await this.#missingOf(type, all.slice(i, i + MAX_IDS)));
        if (losses !== this.#losses) return [];
      }
    }
    return missing;
  }

  async #missingOf(type: string, lists: readonly ListenerList[]): Promise<readonly ListenerList[]> {
    const losses = this.#losses;
    if (this.#mixed.has(type)) return lists;
    try {
      const { state, values } = await this.#reader.values(
        this.#log.kindOf(type),
        lists.map(({ id = "" }) => id),
      );
      if (losses !== this.#losses) return [];
      return lists.filter((list, i) => {
        const progress = this.#progress.get(list);
        const value = values[i];
        const last = typeof value === "string" ? parseInt(value) : state.gone;
        if (progress?.place === undefined || !state.has(progress.place) || last > progress.place.n) {
          return true;
        }
        this.#continue(list, progress);
        return false;
      });
    } catch {
      return lists;
    }
  }

  /** Delivers what the listeners of a topic missed. Returns whether that was everything; nothing after another loss. */
  async #heal(list: ListenerList): Promise<boolean | undefined> {
    const losses = this.#losses;
    const progress = this.#progress.get(list);
    if (progress?.place === undefined) return true;
    const followers = Followers.of(list, this.#handler.lists(), this.#progress);
    let whole = !this.#mixed.has(list.type);
    if (!whole) this.#handler.onGap(list);
    let after: HistoryFrom | HistoryCursor = positionOf(progress.place);
    for (let done = false; !done;) {
      let page;
      try {
        page = await this.#log.read(list, after, PAGE);
      } catch (error) {
        if (losses !== this.#losses) return undefined;
        this.#handler.report(error, list);
        this.#handler.onGap(list);
        progress.place = undefined;
        whole = false;
        break;
      }
      if (losses !== this.#losses) return undefined;
      if (!page.whole) {
        whole = false;
        this.#handler.onGap(list);
      }
      for (const event of page.events) {
        this.#deliver(list, followers, { topic: topicOf(event.type, event.id), detail: event });
      }
      progress.place = placeOf(page.at);
      after = page.next;
      done = page.done && !progress.overflowed;
      progress.overflowed = false;
    }
    // Each of them knows by itself what it has lost.
    if (!whole) await Promise.all(followers.takeAll().map((each) => this.#heal(each)));
    else if (progress.place !== undefined) followers.reach(progress.place, this.#isAfter);
    if (losses !== this.#losses) return undefined;
    this.#continue(list, progress, followers);
    return whole;
  }

  /** Delivers an event of a bare type, also to the topic of its id if that waits with it. */
  #deliver(
    list: ListenerList,
    followers: Followers,
    { topic, detail }: Pick<Waiting, "topic" | "detail">,
  ): void {
    const follower = followers.take(detail, this.#isAfter);
    if (follower !== undefined) this.#handler.deliver(follower, topic, detail);
    this.#handler.deliver(list, topic, detail);
  }

  /** Delivers the live events that waited. */
  #continue(list: ListenerList, progress: Progress, followers = new Followers()): void {
    const waiting = progress.waiting ?? [];
    progress.waiting = undefined;
    for (const event of waiting) {
      if (!this.#takes(list, progress, event)) this.#deliver(list, followers, event);
    }
    // If events are missing again, they wait on.
    if (progress.waiting !== undefined) return;
    for (const each of followers.takeAll()) {
      const own = this.#progress.get(each);
      if (own !== undefined) this.#continue(each, own);
    }
  }
}
