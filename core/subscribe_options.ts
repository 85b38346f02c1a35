import { assertCount, assertOverflow, assertSignal } from "./arguments.ts";
import type { HistoryFrom } from "./history_source.ts";

/** The default capacity of a subscription's buffer, in events. */
export const DEFAULT_CAPACITY = 16_384;

/** The policy for an event that arrives when the buffer is full. */
export type OverflowPolicy = "error" | "drop-oldest" | "drop-newest";

/** Options of a subscription. */
export interface SubscribeOptions {
  /**
   * The largest number of events that are buffered for the reader.
   *
   * @default 16_384
   */
  readonly capacity?: number;
  /**
   * The policy for an event that arrives when the buffer is full. `error` ends the iteration, after the buffered events,
   * with a {@linkcode SubscriptionOverflowError}. The others drop an event and count it.
   *
   * @default "error"
   */
  readonly overflow?: OverflowPolicy;
  /** Ends the subscription quietly when it aborts, and discards buffered events. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Where the subscription begins. Anything but `"now"` needs an event target with a
   * [history](https://github.com/alkdev/pubsub/blob/main/docs/history.md) of the type, or a link to one that has the option
   * `resume`.
   *
   * @default "now"
   */
  readonly from?: HistoryFrom | undefined;
  /**
   * The policy for events that the history has forgotten before they were read: `error` ends the iteration with a
   * `GapError`, and `continue` counts the loss in {@linkcode Subscription.gaps}. Only for types that have a history.
   *
   * @default "continue"
   */
  readonly onGap?: "error" | "continue";
}

/** The bounds of a buffer. */
export type Bounds = Required<Pick<SubscribeOptions, "capacity" | "overflow">>;

/** Shared, since most subscriptions have them. */
const DEFAULT_BOUNDS: Bounds = { capacity: DEFAULT_CAPACITY, overflow: "error" };

/** Checks the options of a buffer, and fills in the defaults of its bounds. */
export function boundsOf(
  { capacity = DEFAULT_CAPACITY, overflow = "error", signal }: SubscribeOptions,
): Bounds {
  assertCount("capacity", capacity, 1);
  assertOverflow(overflow);
  assertSignal(signal);
  return capacity === DEFAULT_CAPACITY && overflow === "error" ? DEFAULT_BOUNDS : { capacity, overflow };
}
