import type { ListenerList } from "../../../core/listener_list.ts";
import { isBehind, type Order, type Place, placeOf } from "./place.ts";
import type { HealingHandler } from "./healing_handler.ts";
import type { Progress } from "./progress.ts";

interface Follower {
  readonly list: ListenerList;
  readonly progress: Progress;
}

/** The topics of single ids that wait while their bare type is healed, so that who has both gets one order. */
export class Followers {
  readonly #byId = new Map<string, Follower>();
  readonly #to: Pick<HealingHandler, "deliver">;

  constructor(to: Pick<HealingHandler, "deliver">) {
    this.#to = to;
  }

  /** Lets the topics of the ids of a bare type wait. A topic of an id has none. */
  static of(
    bare: ListenerList,
    handler: Pick<HealingHandler, "deliver" | "lists">,
    progressOf: Pick<WeakMap<ListenerList, Progress>, "get">,
  ): Followers {
    const followers = new Followers(handler);
    if (bare.id !== undefined) return followers;
    for (const list of handler.lists()) {
      const progress = list.type === bare.type && list.id !== undefined ? progressOf.get(list) : undefined;
      if (progress?.place !== undefined && !progress.isAlone) followers.add(list, progress);
    }
    return followers;
  }

  /** Lets another one wait. */
  add(list: ListenerList, progress: Progress): void {
    progress.waiting ??= [];
    this.#byId.set(list.id ?? "", { list, progress });
  }

  /** Removes and returns all of them. */
  takeAll(): ListenerList[] {
    const lists = Array.from(this.#byId.values(), ({ list }) => list);
    this.#byId.clear();
    return lists;
  }

  /** Removes and returns all of them. Also if another loss comes first, each must be healed alone. */
  partAll(): ListenerList[] {
    for (const { progress } of this.#byId.values()) progress.isAlone = true;
    return this.takeAll();
  }

  /** Notes that missed events were read to their end for all that wait. */
  noteRead(): void {
    for (const { progress } of this.#byId.values()) progress.noteRead();
  }

  /** Up to this place, all of them have everything. */
  reach(place: Place, order: Order): void {
    for (const { progress } of this.#byId.values()) {
      const { place: known } = progress;
      if (known !== undefined && isBehind(place, known, order)) progress.place = place;
    }
  }

  /** Delivers an event of the bare type, also to the topic of its id if that waits and has not got the event before. */
  deliver(bare: ListenerList, topic: string, event: unknown, order: Order): void {
    const { id, at } = Object(event);
    const { list, progress } = this.#byId.get(id) ?? {};
    const place = placeOf(at);
    if (
      list !== undefined && progress?.place !== undefined && place !== undefined &&
      isBehind(place, progress.place, order)
    ) {
      progress.place = place;
      this.#to.deliver(list, topic, event);
    }
    this.#to.deliver(bare, topic, event);
  }
}

/** Those of some topics that do not follow their bare type while that is healed. */
export function leadersAmong(
  lists: readonly ListenerList[],
  progressOf: Pick<WeakMap<ListenerList, Progress>, "get">,
): readonly ListenerList[] {
  const bare = new Set(lists.flatMap(({ type, id }) => id === undefined ? [type] : []));
  return lists.filter((list) =>
    list.id === undefined || !bare.has(list.type) || progressOf.get(list)?.isAlone
  );
}
