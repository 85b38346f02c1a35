import { assertCount, assertFunction } from "../core/arguments.ts";
import { ManySources } from "./_shared/many_sources.ts";
import type { MaybePromise, Operator, Source, SourceValue } from "./types.ts";

/** Options of {@linkcode mergeMap}. */
export interface MergeMapOptions {
  /**
   * The largest number of sources that are open at the same time. At this number, no value is requested before one of
   * them has ended. A promise of a source counts as an open source.
   *
   * @default 1024
   */
  readonly concurrency?: number;
}

/**
 * Maps each value to an iterable or async iterable, and yields the values of all of them as they arrive. It ends when its
 * source and all mapped sources have ended. An error in any of them ends the iteration, and returns the others.
 *
 * Values are requested only while a reader waits. One value of each mapped source is buffered.
 *
 * @param mapper Maps a value to a source, and can return a promise of one. While that promise is pending, other values are
 * mapped. Its second argument is the value's index.
 * @param options How many sources can be open.
 * @returns The operator.
 * @throws {RangeError} If `concurrency` is not a whole number of at least 1.
 * @throws {TypeError} If `mapper` is not a function.
 *
 * @example Follow the log of each job
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createPubSub, mergeMap, pipe } from "@alkdev/pubsub";
 *
 * await using pubsub = createPubSub<{ "job.started": null; "job.log": string }>();
 * const lines = pipe(pubsub.subscribe("job.started"), mergeMap(({ id }) => pubsub.subscribe("job.log", id)));
 * for (const id of ["a", "b"]) pubsub.publish("job.started", id, null);
 * const next = [lines.next(), lines.next()];
 * await new Promise((resolve) => setTimeout(resolve));
 * for (const id of ["b", "a"]) pubsub.publish("job.log", id, `${id} works`);
 * const events = await Promise.all(next);
 * assertEquals(events.map(({ value }) => value?.payload), ["b works", "a works"]);
 * await lines.return();
 * ```
 */
export function mergeMap<T, TSource extends MaybePromise<Source<unknown>>>(
  mapper: (value: T, index: number) => TSource,
  options: MergeMapOptions = {},
): Operator<T, SourceValue<Awaited<TSource>>> {
  const { concurrency = 1024 } = options;
  assertFunction("the mapper", mapper);
  assertCount("concurrency", concurrency, 1);
  return (outer) => new ManySources({ outer, sourceOf: mapper, concurrency }).outlet;
}
