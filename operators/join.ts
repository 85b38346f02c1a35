import { assertSignal } from "../core/arguments.ts";
import { describe } from "../core/describe.ts";
import { DEFAULT_CAPACITY } from "../core/subscription_state.ts";
import { assertCount, assertDuration, assertFunction } from "../core/arguments.ts";
import { closeAll, Inlet, openBeside } from "./_shared/inlet.ts";
import { asKey } from "./_shared/key.ts";
import { Outlet } from "./_shared/outlet.ts";
import { assertSource } from "./_shared/source.ts";
import { Unmatched } from "./_shared/unmatched.ts";
import type { Operator, SignalOptions, Source } from "./types.ts";

/** Options of {@linkcode join}. */
export interface JoinOptions<TLeft, TRight> extends SignalOptions {
  /**
   * The key of a value of this source, compared as the keys of a `Map`.
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
   * How long a value waits for its partner at the most, in milliseconds.
   *
   * @default 30_000
   */
  readonly withinMs?: number;
  /**
   * How many values of each source wait for their partners at the most; the oldest gives way to one more.
   *
   * @default 16_384
   */
  readonly capacity?: number;
}

/**
 * Gives pairs of a value of this source and one of another that have the same key. Each value is in one pair
 * at the most: it gets the oldest partner that waits. What finds none expires, and is dropped. Both sources
 * are asked for values while a reader waits; it ends when both have ended.
 *
 * @param other The other source.
 * @param options Keys, bounds and signal.
 * @returns The operator.
 * @throws {RangeError} If the capacity is not a whole number from 1, or the time not one that a timer can
 * take.
 * @throws {TypeError} If the other source is not one, a key is not a function, or the signal is not one.
 *
 * @example Requests and their responses
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
  assertFunction("left key", leftKey);
  assertFunction("right key", rightKey);
  assertDuration("time to wait", withinMs);
  assertCount("capacity", capacity, 1);
  assertSignal(signal);
  return (source) => new Join(source, other, { leftKey, rightKey, withinMs, capacity }).endOn(signal);
}

function idOf(value: unknown): unknown {
  if (typeof value === "object" && value !== null && "id" in value) return value.id;
  throw new TypeError(`Cannot join ${describe(value)}: it has no id, and no key was given`);
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
