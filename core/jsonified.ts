/**
 * An event map whose payloads are what arrives through JSON: over WebSocket, Iroh and, by default, Redis.
 *
 * - A `Date` or a `URL`, and anything else with `toJSON`, is what that returns.
 * - A `Map`, a `Set`, an `Error` or a `RegExp` is `{}`. A `Uint8Array` is an object with its indices.
 * - Members that are functions, symbols or `undefined` are left out; in an array, they are `null`.
 * - A `bigint` has no JSON: it is `never`, and the compiler refuses to publish it.
 *
 * `NaN` and `Infinity` arrive as `null`, which no type can say.
 *
 * @example The payloads of a spoke
 * ```ts
 * import { createPubSub, type Jsonified } from "@alkdev/pubsub";
 * import { assertEquals } from "@std/assert";
 *
 * interface Events {
 *   "build.finished": { at: Date; files: Map<string, number> };
 * }
 * const pubsub = createPubSub<Jsonified<Events>>();
 * const builds = pubsub.subscribe("build.finished", "1");
 * pubsub.publish("build.finished", "1", { at: new Date(0).toJSON(), files: {} });
 * const { value } = await builds.next();
 * assertEquals(value?.payload.at, "1970-01-01T00:00:00.000Z"); // a string, by its type too
 * ```
 */
export type Jsonified<TEventMap extends { [K in keyof TEventMap]: unknown }> = {
  [TType in keyof TEventMap]: JsonOf<TEventMap[TType]>;
};

/** The types of values that have no JSON of their own. */
type Omitted = undefined | symbol | ((...args: never[]) => unknown);

/** The objects whose data is not in members. */
type Opaque =
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | Promise<unknown>
  | RegExp
  | Error
  | ArrayBufferLike
  | DataView;

/** What JSON makes of a value. */
type JsonOf<T> = unknown extends T ? T
  : T extends { toJSON(...args: never[]): infer TJson } ? JsonOf<TJson>
  : T extends string | number | boolean | null | undefined | void ? T
  : T extends bigint ? never
  : T extends Omitted ? undefined
  : T extends Opaque ? Record<string, never>
  : T extends ArrayBufferView ? { [index: string]: number }
  : T extends readonly unknown[] ? { [K in keyof T]: JsonOfElement<T[K]> }
  : JsonOfObject<T>;

/** What JSON makes of an element of an array. */
type JsonOfElement<T> = unknown extends T ? T : T extends Omitted ? null : JsonOf<T>;

/** What JSON makes of an object. A member that can be left out is optional. */
type JsonOfObject<T> = Flat<
  & { [K in keyof T as MemberOf<T, K, "kept">]: JsonOf<T[K]> }
  & { [K in keyof T as MemberOf<T, K, "optional">]?: JsonOf<Exclude<T[K], Omitted>> }
>;

/** The name of a member, if it is `kept` in the JSON, or is `optional` there. */
type MemberOf<T, K extends keyof T, TKind extends "kept" | "optional"> = K extends symbol ? never
  : unknown extends T[K] ? (TKind extends "kept" ? K : never)
  : [T[K]] extends [Omitted] ? never
  : [Extract<T[K], Omitted>] extends [never] ? (TKind extends "kept" ? K : never)
  : TKind extends "optional" ? K
  : never;

type Flat<T> = { [K in keyof T]: T[K] };
