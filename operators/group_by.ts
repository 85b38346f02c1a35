import { type Bounds, boundsOf, type OverflowPolicy } from "../core/subscribe_options.ts";
import { assertCount, assertDuration, assertFunction } from "../core/arguments.ts";
import { asKey } from "./_shared/key.ts";
import { Outlet, type Producer } from "./_shared/outlet.ts";
import { SingleSource } from "./_shared/single_source.ts";
import { Timer } from "./_shared/timer.ts";
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
  /**
   * The time in milliseconds after which a group ends if none of its values has arrived. It ends after its buffered
   * values. The next value of its key opens a new group.
   *
   * @default no limit
   */
  readonly idleMs?: number;
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
 * @throws {RangeError} If a bound is not a whole number of at least 1, or `idleMs` is not a time that a timer supports.
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
  const { maxGroups = 1024, idleMs, signal } = options;
  assertFunction("the key", key);
  assertCount("maxGroups", maxGroups, 1);
  if (idleMs !== undefined) assertDuration("idleMs", idleMs);
  const bounds = { ...boundsOf(options), maxGroups, idleMs };
  return (source) => readGroups(source, key, bounds).endOn(signal);
}

function readGroups<T, TKey>(
  source: Source<T>,
  keyOf: (value: T, index: number) => TKey,
  { maxGroups, idleMs, ...bounds }: Bounds & {
    readonly maxGroups: number;
    readonly idleMs: number | undefined;
  },
): Outlet<Group<TKey, T>> {
  /** The group that gets the values of a key. */
  const byKey = new Map<TKey, OpenGroup<T>>();
  /** All groups, including idle ones that are not read to their end. */
  const opened = new Set<OpenGroup<T>>();
  /** The groups with a waiting reader. */
  const waiting = new Set<OpenGroup<T>>();
  let index = 0;

  const groups = new SingleSource<T, Group<TKey, T>>(source, {
    onValue(value) {
      const key = asKey(keyOf(value, index++));
      if (groups.outlet.finished) return;
      const known = byKey.get(key);
      const isNew = known === undefined || known.values.drained;
      const group = isNew ? open(key) : known;
      group.values.push(value);
      if (idleMs !== undefined && !group.values.finished) {
        group.idle.restart(idleMs, () => endIdle(key, group));
      }
      if (isNew) groups.outlet.push({ key, values: group.values });
      if (!group.values.wanted) waiting.delete(group);
      if (groups.outlet.wanted || waiting.size > 0) groups.inlet.pull();
    },
    onEnd(fault) {
      if (fault === undefined) return;
      for (const { values } of opened) values.fail(fault.error);
    },
    close(): undefined {
      for (const { values } of opened) values.end();
    },
  });
  return groups.outlet;

  function open(key: TKey): OpenGroup<T> {
    if (opened.size >= maxGroups) {
      for (const group of opened) if (group.values.drained) opened.delete(group);
      for (const [key, { values }] of byKey) if (values.drained) byKey.delete(key);
    }
    if (opened.size >= maxGroups) {
      throw new RangeError(`Cannot open more than ${maxGroups} groups: return some, or raise maxGroups`);
    }
    const producer: Producer = {
      demand() {
        waiting.add(group);
        groups.inlet.pull();
      },
      close(): undefined {
        waiting.delete(group);
        group.idle.stop();
      },
    };
    const group: OpenGroup<T> = { values: new Outlet<T>(producer, bounds), idle: new Timer() };
    byKey.set(key, group);
    opened.add(group);
    return group;
  }

  function endIdle(key: TKey, group: OpenGroup<T>): void {
    byKey.delete(key);
    group.values.end();
  }
}

interface OpenGroup<T> {
  readonly values: Outlet<T>;
  /** Runs from each value on, if the group has a limit. */
  readonly idle: Timer;
}
