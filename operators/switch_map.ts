import { assertFunction } from "../core/arguments.ts";
import { ManySources } from "./_shared/many_sources.ts";
import type { MaybePromise, Operator, Source, SourceValue } from "./types.ts";

/**
 * Maps each value to an iterable or async iterable, and yields its values until the next value arrives. The mapped source
 * is then returned, and the next one takes its place. It ends when its source and the last mapped source have ended.
 *
 * From the first `next()` on, values are requested as fast as they arrive, also while no reader waits, so that a slow
 * reader gets nothing of an old source. Mapped sources are read only while a reader waits, and nothing is buffered.
 *
 * @param mapper Maps a value to a source, and can return a promise of one. If the next value arrives first, the promised
 * source is returned unread. Its second argument is the value's index.
 * @returns The operator.
 * @throws {TypeError} If `mapper` is not a function.
 *
 * @example Follow the session that is open
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createPubSub, pipe, switchMap } from "@alkdev/pubsub";
 *
 * await using pubsub = createPubSub<{ "session.opened": null; "session.text": string }>();
 * const texts = pipe(pubsub.subscribe("session.opened"), switchMap(({ id }) => pubsub.subscribe("session.text", id)));
 * const next = texts.next();
 * for (const id of ["a", "b"]) pubsub.publish("session.opened", id, null);
 * await new Promise((resolve) => setTimeout(resolve));
 * for (const id of ["a", "b"]) pubsub.publish("session.text", id, `written in ${id}`);
 * assertEquals((await next).value?.payload, "written in b");
 * await texts.return();
 * ```
 */
export function switchMap<T, TSource extends MaybePromise<Source<unknown>>>(
  mapper: (value: T, index: number) => TSource,
): Operator<T, SourceValue<Awaited<TSource>>> {
  assertFunction("the mapper", mapper);
  return (outer) => new ManySources({ outer, sourceOf: mapper, latest: true }).outlet;
}
