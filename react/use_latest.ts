// @ts-types="./_react.d.ts"
import { useCallback, useSyncExternalStore } from "react";
import type { EnvelopeOf, EventEnvelope, HistoryFrom, PubSub } from "../mod.ts";
import { type Latest, latestOf } from "./_latest.ts";
import type { AnyPubSub } from "./_listen_on.ts";

/** Options of {@linkcode useLatest}. */
export interface UseLatestOptions {
  /**
   * Where it begins.
   *
   * @default "latest" if the event target has a history of the type, otherwise "now"
   */
  readonly from?: HistoryFrom;
  /**
   * How many ids are kept, of a type without an id. The id that appeared first is forgotten.
   *
   * @default 10_000
   */
  readonly maxIds?: number;
}

const NONE: ReadonlyMap<string, EventEnvelope> = new Map();

/**
 * The latest event of one id. The component renders again with each new one; of a burst, it can render the last alone.
 *
 * Components share the subscription of a topic: a further one has the event in its first render. Where the event target
 * has a history of the type, the event can be older than the subscription. Without one, the value is `undefined` until the
 * next event, and it can be out of date after a status with `gap: true`.
 *
 * @example Show a state
 * ```tsx ignore
 * function Session({ id }: { id: string }) {
 *   const latest = useLatest(pubsub, "session.status", id);
 *   return <td>{latest?.payload.state ?? "unknown"}</td>;
 * }
 * ```
 *
 * @typeParam TEventMap The events of the PubSub.
 * @typeParam TType The event type.
 * @param pubsub The PubSub, which lives outside React.
 * @param type The event type.
 * @param id The id of the events' subject.
 * @param options Where to begin.
 * @returns The latest event, or `undefined` before the first one and on a server.
 * @throws {TypeError} In an effect, if the type or the id is invalid.
 */
export function useLatest<
  TEventMap extends { [K in keyof TEventMap]: unknown },
  TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string],
>(
  pubsub: PubSub<never, TEventMap>,
  type: TType,
  id: string,
  options?: UseLatestOptions,
): EnvelopeOf<TEventMap, TType> | undefined;
/**
 * The latest event of each id of a type, in the order in which the ids appeared.
 *
 * @typeParam TEventMap The events of the PubSub.
 * @typeParam TType The event type.
 * @param pubsub The PubSub, which lives outside React.
 * @param type The event type.
 * @param options Where to begin, and how many ids to keep.
 * @returns The latest events by id: a new map after each change.
 * @throws {TypeError} In an effect, if the type is invalid.
 * @throws {RangeError} If `maxIds` is not a number of at least 1.
 */
export function useLatest<
  TEventMap extends { [K in keyof TEventMap]: unknown },
  TType extends { [K in keyof TEventMap & string]: K }[keyof TEventMap & string],
>(
  pubsub: PubSub<never, TEventMap>,
  type: TType,
  options?: UseLatestOptions,
): ReadonlyMap<string, EnvelopeOf<TEventMap, TType>>;
export function useLatest(
  pubsub: AnyPubSub,
  type: string,
  first?: string | UseLatestOptions,
  second?: UseLatestOptions,
): EventEnvelope | undefined | ReadonlyMap<string, EventEnvelope> {
  const [id, options] = typeof first === "string" ? [first, second] : [undefined, first];
  const { from, maxIds = 10_000 } = options ?? {};
  if (!(maxIds >= 1)) {
    throw new RangeError(`Cannot use ${maxIds} as maxIds: it must be a number of at least 1`);
  }
  const key = JSON.stringify([type, id, from, maxIds]);
  // The key contains all arguments.
  const find = useCallback(
    (): Latest => latestOf(pubsub, key, { type, id, from, maxIds }),
    [pubsub, key],
  );
  const subscribe = useCallback((onChange: () => void) => find().subscribe(onChange), [find]);
  const latest = useSyncExternalStore(subscribe, () => find().read(), () => NONE);
  return id === undefined ? latest : latest.get(id);
}
