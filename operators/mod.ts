/**
 * Operators over async iterables. Each is a function of a source, and {@linkcode pipe} composes them.
 *
 * @example Filter, map and collect values
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { filter, map, pipe, toArray } from "@alkdev/pubsub";
 *
 * assertEquals(await pipe([1, 2, 3], filter((n) => n !== 2), map((n) => n * 10), toArray()), [10, 30]);
 * ```
 *
 * @module
 */
export * from "./batch.ts";
export * from "./chain.ts";
export * from "./debounce.ts";
export * from "./dedupe.ts";
export * from "./drop.ts";
export * from "./filter.ts";
export * from "./flat.ts";
export * from "./flat_map.ts";
export * from "./group_by.ts";
export * from "./join.ts";
export * from "./map.ts";
export * from "./merge.ts";
export * from "./merge_map.ts";
export * from "./pipe.ts";
export * from "./reduce.ts";
export * from "./scan.ts";
export * from "./share.ts";
export * from "./switch_map.ts";
export * from "./take.ts";
export * from "./take_until.ts";
export * from "./take_while.ts";
export * from "./tap.ts";
export * from "./throttle.ts";
export * from "./timeout.ts";
export * from "./to_array.ts";
export * from "./window.ts";
export type * from "./types.ts";
export type { OverflowPolicy } from "../core/subscribe_options.ts";
