import { type Bounds, boundsOf, type OverflowPolicy } from "../core/subscription_state.ts";
import { assertCount, assertFunction } from "../core/arguments.ts";
import { asKey } from "./_shared/key.ts";
import { Outlet, type Producer } from "./_shared/outlet.ts";
import { SingleSource } from "./_shared/single_source.ts";
import type { Operator, OperatorIterator, SignalOptions, Source } from "./types.ts";

/** Options of {@linkcode groupBy}. */
export interface GroupByOptions extends SignalOptions {
  /**
   * The largest number of values that a group buffers.
   *
   * @default 16_384
   */
  readonly capacity?: number;
  /**
   * The policy for a value that arrives when its group is full. `error` ends that group alone, after its buffered
   * values, with a `SubscriptionOverflowError`; values of its key are dropped until that error has been read. The other
   * policies drop a value of that group.
   *
   * @default "error"
   */
  readonly overflow?: OverflowPolicy;
  /**
   * The largest number of groups. One more key ends the iteration and all groups with a `RangeError`. A group that has
   * ended and has been read to its end does not count: the next value of its key opens a new group.
   *
   * @default 1024
   */
  readonly maxGroups?: number;
}

/** The values with one key. */
export interface Group<TKey, T> {
  /** The key. */
  readonly key: TKey;
  /** The values, for one reader. After `return()`, the next value of the key opens a new group. */
  readonly values: OperatorIterator<T>;
}

/**
 * Sorts values into groups, and yields a group when its key first appears. Values are requested while any reader waits,
 * for a group or in one. Each group has its own buffer, so an unread group does not block the others. `return()`, the
 * signal and an error also end the groups, after their buffered values.
 *
 * @param key Computes the key of a value. Keys are compared as the keys of a `Map`. A key that is a promise is an error
 * of the iteration. The second argument is the value's index.
 * @param options Bounds and signal.
 * @returns The operator.
 * @throws {RangeError} If a bound is not a whole number of at least 1.
 * @throws {TypeError} If `key` is not a function, or `overflow` or `signal` is invalid.
 *
 * @example Read each group separately
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flatMap, type Group, groupBy, map, pipe, toArray } from "@alkdev/pubsub";
 *
 * const groups = await pipe(["ant", "bee", "asp"], groupBy((word) => word.charAt(0)), toArray());
 * assertEquals(groups.map(({ key }) => key), ["a", "b"]);
 * const words = flatMap(({ key, values }: Group<string, string>) => pipe(values, map((word) => key + word)));
 * assertEquals(await pipe(groups, words, toArray()), ["aant", "aasp", "bbee"]);
 * ```
 */
export function groupBy<T, TKey>(
  key: (value: T, index: number) => TKey,
  options: GroupByOptions = {},
): Operator<T, Group<TKey, T>> {
  const { maxGroups = 1024, signal } = options;
  assertFunction("the key", key);
  assertCount("maxGroups", maxGroups, 1);
  const bounds = boundsOf(options);
  return (source) => readGroups(source, key, maxGroups, bounds).endOn(signal);
}

function readGroups<T, TKey>(
  source: Source<T>,
  keyOf: (value: T, index: number) => TKey,
  maxGroups: number,
  bounds: Bounds,
): Outlet<Group<TKey, T>> {
  const opened = new Map<TKey, Outlet<T>>();
  /** The groups with a waiting reader. */
  const waiting = new Set<Outlet<T>>();
  let index = 0;

  const groups = new SingleSource<T, Group<TKey, T>>(source, {
    onValue(value) {
      const key = asKey(keyOf(value, index++));
      const known = opened.get(key);
      const isNew = known === undefined || known.drained;
      const group = isNew ? open(key) : known;
      group.push(value);
      if (isNew) groups.outlet.push({ key, values: group });
      if (!group.wanted) waiting.delete(group);
      if (groups.outlet.wanted || waiting.size > 0) groups.inlet.pull();
    },
    onEnd(fault) {
      if (fault === undefined) return;
      for (const group of opened.values()) group.fail(fault.error);
    },
    close(): undefined {
      for (const group of opened.values()) group.end();
    },
  });
  return groups.outlet;

  function open(key: TKey): Outlet<T> {
    if (opened.size >= maxGroups) {
      for (const [known, group] of opened) if (group.drained) opened.delete(known);
    }
    if (opened.size >= maxGroups && !opened.has(key)) {
      throw new RangeError(`Cannot open more than ${maxGroups} groups: return some, or raise maxGroups`);
    }
    const producer: Producer = {
      demand() {
        waiting.add(group);
        groups.inlet.pull();
      },
      close(): undefined {
        waiting.delete(group);
      },
    };
    const group = new Outlet<T>(producer, bounds);
    opened.set(key, group);
    return group;
  }
}
