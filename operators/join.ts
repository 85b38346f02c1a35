import {
  assertCount,
  assertDuration,
  assertFunction,
  assertSignal,
  MAX_TIMER_MS,
} from "../core/arguments.ts";
import { describe } from "../core/describe.ts";
import { Queue } from "../core/queue.ts";
import { DEFAULT_CAPACITY } from "../core/subscribe_options.ts";
import { closeAll, Inlet, openBeside } from "./_shared/inlet.ts";
import { asKey } from "./_shared/key.ts";
import { type Link, LinkedList } from "./_shared/linked_list.ts";
import { Outlet } from "./_shared/outlet.ts";
import { assertSource } from "./_shared/source.ts";
import { Moment, Timer } from "./_shared/timer.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/** Options of {@linkcode join}. */
export interface JoinOptions<TLeft, TRight> extends SignalOptions {
  /**
   * The key of a value of this source. Keys are compared as the keys of a `Map`.
   *
   * @default the `id` of an envelope
   */
  readonly leftKey?: (value: TLeft) => unknown;
  /**
   * The key of a value of the other source.
   *
   * @default the `id` of an envelope
   */
  readonly rightKey?: (value: TRight) => unknown;
  /**
   * The longest time that a value waits for a partner, in milliseconds.
   *
   * @default 30_000
   */
  readonly withinMs?: number;
  /**
   * The largest number of values of each source that wait for a partner. One more replaces the oldest.
   *
   * @default 16_384
   */
  readonly capacity?: number;
}

/**
 * Pairs values of this source and another that have the same key. A value is in at most one pair: it gets the waiting
 * partner that arrived first. A value without a partner is dropped after `withinMs`. Values of both sources are requested
 * while a reader waits. The iteration ends when both sources have ended.
 *
 * @param other The other source.
 * @param options Keys, bounds and signal.
 * @returns The operator.
 * @throws {RangeError} If `capacity` is not a whole number of at least 1, or `withinMs` is not a time that a timer supports.
 * @throws {TypeError} If `other` is not a source, a key is not a function, or `signal` is not an `AbortSignal`.
 *
 * @example Pair requests with their responses
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { join, pipe, toArray } from "@alkdev/pubsub";
 *
 * const requests = [{ id: "1", ask: "a" }, { id: "2", ask: "b" }];
 * const responses = [{ id: "2", answer: "B" }, { id: "1", answer: "A" }];
 * const pairs = await pipe(requests, join(responses), toArray());
 * assertEquals(pairs.map(([{ ask }, { answer }]) => ask + answer).sort(), ["aA", "bB"]);
 * ```
 */
export function join<TLeft, TRight>(
  other: Source<TRight>,
  options: JoinOptions<TLeft, TRight> = {},
): Operator<TLeft, [TLeft, TRight]> {
  const { leftKey = idOf, rightKey = idOf, withinMs = 30_000, capacity = DEFAULT_CAPACITY, signal } = options;
  assertSource(other);
  assertFunction("leftKey", leftKey);
  assertFunction("rightKey", rightKey);
  assertDuration("withinMs", withinMs);
  assertCount("capacity", capacity, 1);
  assertSignal(signal);
  return (source) => {
    const unmatchedLeft = new Unmatched<TLeft>(withinMs, capacity);
    const unmatchedRight = new Unmatched<TRight>(withinMs, capacity);
    const demand = (): void => {
      left.pull();
      right.pull();
    };
    const pairs = new Outlet<[TLeft, TRight]>({
      demand,
      close() {
        unmatchedLeft.close();
        unmatchedRight.close();
        return closeAll([left, right]);
      },
    });
    const follow = (pair: [TLeft, TRight] | undefined): void => {
      if (pair !== undefined) pairs.push(pair);
      else if (pairs.wanted) demand();
    };
    const onDone = (): void => {
      if (left.closed && right.closed) pairs.end();
    };
    const onError = (error: unknown): void => pairs.fail(error);
    const left = new Inlet(source, {
      onValue(value) {
        const partner = unmatchedLeft.match(asKey(leftKey(value)), value, unmatchedRight);
        follow(partner && [value, partner.value]);
      },
      onDone,
      onError,
    });
    const right = openBeside([left], other, {
      onValue(value) {
        const partner = unmatchedRight.match(asKey(rightKey(value)), value, unmatchedLeft);
        follow(partner && [partner.value, value]);
      },
      onDone,
      onError,
    });
    return pairs.endOn(signal);
  };
}

function idOf(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "id" in value) return value.id;
  throw new TypeError(
    `Cannot join ${describe(value)}: it has no id. Give leftKey or rightKey to join by something else`,
  );
}

/** Values that arrived in the same moment. They expire together. */
class Cohort {
  size = 0;
  readonly timer: Timer = new Timer();
}

/** A value that waits for a partner. */
interface Entry<T> {
  readonly key: unknown;
  readonly value: T;
  readonly cohort: Cohort;
}

/** The values of one source that wait for a partner. The oldest expire by time and by number. */
class Unmatched<T> {
  readonly #keptMs: number;
  #capacity: number;
  readonly #byKey = new Map<unknown, Queue<Link<Entry<T>>>>();
  readonly #entries = new LinkedList<Entry<T>>();
  #size = 0;
  readonly #moment = new Moment();
  /** The values of this moment. */
  #newest: Cohort | undefined;

  constructor(withinMs: number, capacity: number) {
    // A partner that arrives after exactly this time is in time.
    this.#keptMs = Math.min(withinMs + 1, MAX_TIMER_MS);
    this.#capacity = capacity;
  }

  /** Removes and returns the oldest value of the others that has the key. Without such a value, the given one waits here. */
  match<TOther>(key: unknown, value: T, others: Unmatched<TOther>): { readonly value: TOther } | undefined {
    others.#expire();
    const partner = others.#shift(key);
    if (partner === undefined) this.#add(key, value);
    return partner;
  }

  /** Drops all values. Later ones do not wait. */
  close(): void {
    this.#capacity = 0;
    this.#expire();
    this.#endMoment();
  }

  #add(key: unknown, value: T): void {
    if (this.#capacity === 0) return;
    const cohort = (this.#moment.current ? this.#newest : undefined) ?? this.#beginMoment();
    const links = this.#byKey.get(key) ?? new Queue();
    this.#byKey.set(key, links);
    links.push(this.#entries.append({ key, value, cohort }));
    cohort.size++;
    this.#size++;
    this.#expire();
  }

  #beginMoment(): Cohort {
    this.#endMoment();
    const cohort = this.#newest = new Cohort();
    cohort.timer.start(this.#keptMs, () => this.#expire());
    cohort.timer.unref();
    this.#moment.begin(() => this.#endMoment());
    return cohort;
  }

  #endMoment(): void {
    this.#moment.end();
    if (this.#newest?.size === 0) this.#newest.timer.stop();
    this.#newest = undefined;
  }

  /** Drops values that are too old or too many. The oldest value is also the oldest of its key. */
  #expire(): void {
    for (let { first } = this.#entries; first !== undefined; { first } = this.#entries) {
      if (this.#size <= this.#capacity && first.item.cohort.timer.waiting) return;
      this.#shift(first.item.key);
    }
  }

  #shift(key: unknown): Entry<T> | undefined {
    const links = this.#byKey.get(key);
    const link = links?.shift();
    if (links === undefined || link === undefined) return undefined;
    const { cohort } = link.item;
    // The cohort of this moment can still grow.
    if (--cohort.size === 0 && cohort !== this.#newest) cohort.timer.stop();
    this.#entries.remove(link);
    this.#size--;
    if (links.size === 0) this.#byKey.delete(key);
    return link.item;
  }
}
