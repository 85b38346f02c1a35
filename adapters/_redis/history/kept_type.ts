import { assertBound } from "../../../core/arguments.ts";
import { declaredTypes } from "../../../core/history/declared_types.ts";

/** Bounds of the events of one type that Redis keeps. */
export interface RedisHistoryBounds {
  /**
   * The largest number of events of one id that can be read. With 1, Redis keeps only the latest event of each id.
   *
   * @default Infinity
   */
  readonly perId?: number;
  /**
   * The largest number of events of the type. Redis frees older ones in blocks of about 4 KiB.
   *
   * @default 100_000
   */
  readonly perType?: number;
  /**
   * How long an event is kept, in milliseconds, and up to an eighth longer. No timer is set: Redis frees older events when
   * others are published.
   *
   * @default Infinity
   */
  readonly ttlMs?: number;
}

const DEFAULT_PER_TYPE = 100_000;

/** An event type that has a history: its keys in Redis, which are in one slot of a Cluster, and its bounds. */
export interface KeptType {
  readonly type: string;
  /** The channel of its events, up to the separator before the id. */
  readonly channel: string;
  /** The key of the stream of its events, and that of the hash with its state and the last event of each id. */
  readonly keys: readonly [events: string, index: string];
  /** The bounds that this program declares, as the scripts take them. */
  readonly bounds: string;
}

/** Checks the declared types, and names their keys. Throws a `TypeError` or a `RangeError` for what cannot be kept. */
export function keptTypes(
  declared: Readonly<Record<string, RedisHistoryBounds>>,
  prefix: string,
): ReadonlyMap<string, KeptType> {
  return new Map(
    declaredTypes(declared).map(([type, own]) => {
      const { perId = Infinity, perType = DEFAULT_PER_TYPE, ttlMs = Infinity } = own;
      for (const [name, bound] of Object.entries({ perId, perType, ttlMs })) assertBound(name, bound, 1);
      const tag = `pubsub:{${(prefix + type).replace(/[%{}]/g, encodeURIComponent)}}`;
      return [type, {
        type,
        channel: prefix + type,
        keys: [`${tag}:events`, `${tag}:index`],
        bounds: [perId, perType, ttlMs].map(textOf).join(" "),
      }];
    }),
  );
}

function textOf(bound: number): string {
  return bound === Infinity ? "0" : String(Math.floor(bound));
}

/** The bounds of a script's text, for a report. */
export function describeBounds(bounds: string): string {
  const [perId, perType, ttlMs] = bounds.split(" ").map((bound) => bound === "0" ? "Infinity" : bound);
  return `{ perId: ${perId}, perType: ${perType}, ttlMs: ${ttlMs} }`;
}

/** A number for a script to begin an epoch with: scripts have no randomness of their own. */
export function randomSeed(): string {
  return String(Math.floor(Math.random() * 2 ** 29));
}
