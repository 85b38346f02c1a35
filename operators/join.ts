import { assertCount, assertDuration, assertFunction, assertSignal } from "../core/arguments.ts";
import { describe } from "../core/describe.ts";
import { RingBuffer } from "../core/ring_buffer.ts";
import { DEFAULT_CAPACITY } from "../core/subscription_state.ts";
import { closeAll, Inlet, openBeside } from "./_shared/inlet.ts";
import { asKey } from "./_shared/key.ts";
import { type Link, LinkedList } from "./_shared/linked_list.ts";
import { Outlet } from "./_shared/outlet.ts";
import { assertSource } from "./_shared/source.ts";
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
  return (source) => new Join(source, other, { leftKey, rightKey, withinMs, capacity }).endOn(signal);
}

function idOf(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "id" in value) return value.id;
  throw new TypeError(
    `Cannot join ${describe(value)}: it has no id. Give leftKey or rightKey to join by something else`,
  );
}

type Settings<TLeft, TRight> = Required<Omit<JoinOptions<TLeft, TRight>, "signal">>;

class Join<TLeft, TRight> extends Outlet<[TLeft, TRight]> {
  readonly #left: Inlet<TLeft>;
  readonly #right: Inlet<TRight>;
  readonly #unmatchedLeft: Unmatched<unknown, TLeft>;
  readonly #unmatchedRight: Unmatched<unknown, TRight>;

  constructor(source: Source<TLeft>, other: Source<TRight>, settings: Settings<TLeft, TRight>) {
    super();
    const { leftKey, rightKey, withinMs, capacity } = settings;
    const left = this.#unmatchedLeft = new Unmatched(withinMs, capacity);
    const right = this.#unmatchedRight = new Unmatched(withinMs, capacity);
    const onDone = (): void => {
      if (this.#left.closed && this.#right.closed) this.end();
    };
    const onError = (error: unknown): void => this.fail(error);
    this.#left = new Inlet(source, {
      onValue: (value) => {
        const key = asKey(leftKey(value));
        const partner = right.take(key);
        if (partner === undefined) left.add(key, value);
        this.#follow(partner && [value, partner.value]);
      },
      onDone,
      onError,
    });
    this.#right = openBeside([this.#left], other, {
      onValue: (value) => {
        const key = asKey(rightKey(value));
        const partner = left.take(key);
        if (partner === undefined) right.add(key, value);
        this.#follow(partner && [partner.value, value]);
      },
      onDone,
      onError,
    });
  }

  protected override demand(): void {
    this.#left.pull();
    this.#right.pull();
  }

  protected override close(): Promise<unknown> | undefined {
    this.#unmatchedLeft.clear();
    this.#unmatchedRight.clear();
    return closeAll([this.#left, this.#right]);
  }

  #follow(pair: [TLeft, TRight] | undefined): void {
    if (pair !== undefined) this.push(pair);
    else if (this.wanted) this.demand();
  }
}

/** A value that waits for a partner. */
interface Entry<TKey, T> {
  readonly key: TKey;
  readonly value: T;
  readonly at: number;
}

/** The values of one source that wait for a partner. The oldest expire by time and by number. */
class Unmatched<TKey, T> {
  readonly #withinMs: number;
  readonly #capacity: number;
  readonly #byKey = new Map<TKey, RingBuffer<Link<Entry<TKey, T>>>>();
  #entries = new LinkedList<Entry<TKey, T>>();
  #size = 0;

  constructor(withinMs: number, capacity: number) {
    this.#withinMs = withinMs;
    this.#capacity = capacity;
  }

  add(key: TKey, value: T): void {
    const links = this.#byKey.get(key) ?? new RingBuffer();
    this.#byKey.set(key, links);
    links.push(this.#entries.append({ key, value, at: performance.now() }));
    this.#size++;
    this.#expire();
  }

  /** Removes and returns the oldest value of a key. */
  take(key: TKey): { readonly value: T } | undefined {
    this.#expire();
    return this.#shift(key);
  }

  clear(): void {
    this.#entries = new LinkedList();
    this.#byKey.clear();
  }

  /** Drops values that are too old or too many. The oldest value is also the oldest of its key. */
  #expire(): void {
    const keptSince = performance.now() - this.#withinMs;
    for (let { first } = this.#entries; first !== undefined; { first } = this.#entries) {
      if (this.#size <= this.#capacity && first.item.at >= keptSince) return;
      this.#shift(first.item.key);
    }
  }

  #shift(key: TKey): Entry<TKey, T> | undefined {
    const links = this.#byKey.get(key);
    const link = links?.shift();
    if (links === undefined || link === undefined) return undefined;
    this.#entries.remove(link);
    this.#size--;
    if (links.size === 0) this.#byKey.delete(key);
    return link.item;
  }
}
