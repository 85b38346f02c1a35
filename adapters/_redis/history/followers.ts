import type { Position } from "../../../core/history_source.ts";
import type { ListenerList } from "../../../core/listener_list.ts";
import { type Place, placeOf, positionOf } from "./place.ts";
import type { Progress } from "./progress.ts";

/** The order of positions. */
interface Order {
  isAfter(at: Position, other: Position): boolean;
}

interface Follower {
  readonly list: ListenerList;
  readonly progress: Progress;
}

/** The topics of single ids that wait while their bare type is healed, so that who has both gets one order. */
export class Followers {
  readonly #byId = new Map<string, Follower>();

  /** Lets the topics of the ids of a bare type wait. A topic of an id has none. */
  static of(
    bare: ListenerList,
    lists: Iterable<ListenerList>,
    progressOf: Pick<WeakMap<ListenerList, Progress>, "get">,
  ): Followers {
    const followers = new Followers();
    if (bare.id !== undefined) return followers;
    for (const list of lists) {
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

  /** Up to this place, all of them have everything. */
  reach(place: Place, order: Order): void {
    for (const { progress } of this.#byId.values()) {
      const { place: known } = progress;
      if (known !== undefined && order.isAfter(positionOf(place), positionOf(known))) progress.place = place;
    }
  }

  /** The topic that gets an event, unless it has got the event before. */
  take(event: unknown, order: Order): ListenerList | undefined {
    const { id, at } = Object(event);
    const { list, progress } = this.#byId.get(id) ?? {};
    const place = placeOf(at);
    if (progress?.place === undefined || place === undefined) return undefined;
    if (!order.isAfter(at, positionOf(progress.place))) return undefined;
    progress.place = place;
    return list;
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
