/**
 * An event map whose payloads are what arrives through JSON: over WebSocket, Iroh and, by default, Redis.
 *
 * - A `Date` or a `URL`, and anything else with `toJSON`, is what that returns.
 * - A `Map`, a `Set` or a `RegExp` is `{}`. A `Uint8Array` is an object with its indices.
 * - Members that are functions, symbols or `undefined` are left out; in an array, they are `null`.
 * - A `bigint` has no JSON: it is `never`, and the compiler refuses to publish it.
 *
 * `NaN` and `Infinity` arrive as `null`, and an `Error` as `{}`, which no type can say.
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

/** The form of a value after JSON, as in {@linkcode Jsonified}. */
export type JsonOf<T> = unknown extends T ? T
  : T extends { toJSON(...args: never[]): infer TJson } ? JsonOf<TJson>
  : T extends string | number | boolean | null | undefined | void ? T
  : T extends bigint ? never
  : T extends symbol | ((...args: never[]) => unknown) ? undefined
  : T extends
    | ReadonlyMap<unknown, unknown>
    | ReadonlySet<unknown>
    | WeakMap<WeakKey, unknown>
    | WeakSet<WeakKey>
    | Promise<unknown>
    | RegExp
    | DataView ? Record<string, never>
  : T extends ArrayBufferView ? { [index: string]: number }
  // Until TypeScript 5.7, a view has all members of a buffer.
  : T extends ArrayBufferLike ? Record<string, never>
  : T extends readonly unknown[] ? {
      [K in keyof T]: unknown extends T[K] ? T[K]
        : Exclude<JsonOf<T[K]>, undefined> | (undefined extends JsonOf<T[K]> ? null : never);
    }
  // Members that always have JSON, and, as optional ones, those that may have none.
  : (
    & {
      [
        K in keyof T as K extends symbol ? never
          : unknown extends T[K] ? K
          : [Extract<T[K], undefined | symbol | ((...args: never[]) => unknown)>] extends [never] ? K
          : never
      ]: JsonOf<T[K]>;
    }
    & {
      [
        K in keyof T as K extends symbol ? never
          : unknown extends T[K] ? never
          : [Extract<T[K], undefined | symbol | ((...args: never[]) => unknown)>] extends [never] ? never
          : [T[K]] extends [undefined | symbol | ((...args: never[]) => unknown)] ? never
          : K
      ]?: Exclude<JsonOf<T[K]>, undefined>;
    }
  ) extends infer TMembers ? { [K in keyof TMembers]: TMembers[K] }
  : never;
