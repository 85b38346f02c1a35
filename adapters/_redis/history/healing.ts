import type { HistoryCursor, HistoryFrom } from "../../../core/history_source.ts";
import type { ListenerList } from "../../../core/listener_list.ts";
import { topicOf } from "../../../core/topic.ts";
import { isBehind, isNext, type Place, placeOf, positionOf } from "./place.ts";
import { Followers, leadersAmong } from "./followers.ts";
import type { HealingHandler } from "./healing_handler.ts";
import { MixedTypes } from "./mixed_types.ts";
import { Misses } from "./misses.ts";
import { Work } from "./work.ts";
import { isUnknown, Progress, type Waiting } from "./progress.ts";
import { Settlement } from "./settlement.ts";
import type { RedisLog } from "./redis_log.ts";
import type { LogReader } from "./log_reader.ts";

/** A page of what was missed. Redis reads it in about a millisecond. */
const PAGE = { maxEvents: 1000, maxBytes: 1024 * 1024 };

/**
 * Delivers the events that listeners missed: after a loss of the subscribing connection, and where the numbers of the events
 * of a bare type jump. Live events of the topic wait meanwhile.
 */
export class Healing {
  readonly #log: RedisLog;
  readonly #handler: HealingHandler;
  readonly #misses: Misses;
  readonly #progress = new WeakMap<ListenerList, Progress>();
  readonly #mixed: MixedTypes;
  /** Changes with each loss. */
  #losses = 0;
  /** From a loss until what was missed has been delivered. */
  #isDown = false;
  readonly #work = new Work();
  readonly #settlement: Settlement;

  constructor(log: RedisLog, reader: LogReader, handler: HealingHandler) {
    this.#log = log;
    this.#misses = new Misses(log, reader, {
      placeOf: (list) => this.#mixed.has(list.type) ? undefined : this.#progress.get(list)?.place,
      onNone: (list) => this.#continue(list),
    });
    this.#handler = handler;
    this.#mixed = new MixedTypes((error, list) => handler.report(error, list));
    this.#settlement = new Settlement(log, () => handler.barrier());
  }

  /** Begins to follow a topic of a declared type. */
  track(list: ListenerList): void {
    this.#progress.set(list, new Progress());
  }

  /** Finds the place from where on the listeners of a topic have all events. Redis has acknowledged the topic. */
  async settle(list: ListenerList): Promise<void> {
    const progress = this.#progress.get(list);
    if (progress === undefined) return;
    progress.acknowledged = true;
    if (progress.place !== undefined) return;
    const losses = this.#losses;
    try {
      const place = await this.#settlement.placeOf(list);
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
    if (place !== undefined) {
      return this.#takes(list, progress, { topic, detail, place, reads: 0, isInGap: false });
    }
    this.#mixed.add(list);
    // It does not wait for what was missed, of which others like it are lost.
    if (this.#isDown && progress.reportsGap()) this.#handler.onGap(list);
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
      if (progress?.place !== undefined) progress.suspend();
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
      if (progress?.waiting !== undefined && progress.place !== undefined) toHeal.push(list);
      else if (progress === undefined || progress.acknowledged) {
        whole = false;
        this.#handler.onGap(list);
        this.#continue(list);
      }
    }
    const leaders = leadersAmong(toHeal, this.#progress);
    const missing = await this.#misses.find(leaders, () => losses === this.#losses);
    const healed = await Promise.all(missing.map((list) => this.#heal(list, true)));
    if (losses !== this.#losses) return undefined;
    if (this.#isDown) this.#work.end();
    this.#isDown = false;
    return whole && healed.every(Boolean);
  }

  #takes(list: ListenerList, progress: Progress, event: Waiting): boolean {
    const { place } = event;
    // An epoch of this history can have been taken for another one's.
    if (place.epoch !== progress.place?.epoch && this.#mixed.isStrange(list.type, place)) return false;
    if (progress.waiting !== undefined) {
      progress.hold(event);
      return true;
    }
    const known = progress.place;
    if (known !== undefined) {
      const isSame = known.epoch === place.epoch;
      if (!isBehind(place, known, this.#log)) return true;
      if (isUnknown(event)) {
        if (event.isInGap) return true;
        // Delivered all the same, but no listener stands at its place.
        this.#mixed.addStrange(list, isSame ? undefined : place.epoch);
        return false;
      }
      if (list.id !== undefined && this.#waitsForType(list, progress, event, known)) return true;
      if (!isSame || (list.id === undefined && place.n !== known.n + 1)) {
        progress.waiting = [event];
        this.#healJump(list);
        return true;
      }
    }
    progress.place = place;
    return false;
  }

  /** Whether the bare type of an id is missing events. Then the events of the id wait with those of the bare type. */
  #waitsForType(list: ListenerList, progress: Progress, event: Waiting, known: Place): boolean {
    const bare = this.#handler.bareOf(list.type);
    const bareProgress = bare && this.#progress.get(bare);
    if (bare === undefined || bareProgress?.place === undefined) return false;
    if (bareProgress.waiting === undefined) {
      if (isNext(event.place, bareProgress.place, known)) return false;
      bareProgress.waiting = [];
      this.#healJump(bare);
    } else bareProgress.followers?.add(list, progress);
    progress.waiting?.push(event);
    return progress.waiting !== undefined;
  }

  #healJump(list: ListenerList): void {
    void this.#work.during(this.#heal(list)).then((whole) => {
      if (whole !== undefined) this.#handler.onHealed(whole);
    });
  }

  /** Delivers what the listeners of a topic missed. Returns whether that was everything; nothing after another loss. */
  async #heal(list: ListenerList, isLoss = false): Promise<boolean | undefined> {
    const losses = this.#losses;
    const progress = this.#progress.get(list);
    if (progress?.place === undefined) return true;
    const followers = Followers.of(list, this.#handler, this.#progress);
    progress.followers = followers;
    const { epoch } = progress.place;
    const isMixed = this.#mixed.has(list.type);
    let whole = !(isMixed && isLoss);
    if (!whole && !progress.isGapReported) this.#handler.onGap(list);
    const alone: ListenerList[] = [];
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
      // Where events were missed, so may have been others that no history has.
      if (!page.whole || (isMixed && whole && page.events.length > 0)) {
        whole = false;
        this.#handler.onGap(list);
        // Each of them knows by itself what it has lost.
        alone.push(...followers.partAll());
      }
      for (const event of page.events) {
        followers.deliver(list, topicOf(event.type, event.id), event, this.#log);
      }
      progress.place = placeOf(page.at);
      after = page.next;
      done = page.done && !progress.overflowed;
      progress.overflowed = false;
    }
    whole &&= !progress.isGapReported;
    if (!whole && progress.place !== undefined) progress.changeEpoch(epoch, progress.place.epoch);
    if (!whole) await Promise.all([...alone, ...followers.partAll()].map((each) => this.#heal(each, isLoss)));
    else if (progress.place !== undefined) followers.reach(progress.place, this.#log);
    if (losses !== this.#losses) return undefined;
    if (progress.place !== undefined) {
      progress.noteRead();
      followers.noteRead();
    }
    this.#continue(list, progress, followers);
    return whole;
  }

  /** Delivers the live events that waited. */
  #continue(
    list: ListenerList,
    progress = this.#progress.get(list),
    followers = new Followers(this.#handler),
  ): void {
    if (progress === undefined) return;
    for (const event of progress.resume()) {
      if (this.#takes(list, progress, event)) continue;
      const isStrange = isUnknown(event) || this.#mixed.isStrange(list.type, event.place);
      // The topic of its id has it as well, and waits by itself.
      if (isStrange) this.#handler.deliver(list, event.topic, event.detail);
      else followers.deliver(list, event.topic, event.detail, this.#log);
    }
    // If events are missing again, they wait on.
    if (progress.waiting !== undefined) return;
    for (const each of followers.takeAll()) this.#continue(each);
  }
}
