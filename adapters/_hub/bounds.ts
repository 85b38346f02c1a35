import type { HubOptions } from "./types.ts";
import { sessionBounds } from "../_session/options.ts";
import { assertBound, MAX_TIMER_MS } from "../../core/arguments.ts";
import type { SpokeBounds } from "./spoke.ts";

/** The bounds of a hub. */
export interface HubBounds extends SpokeBounds {
  /** How many topics a spoke may be subscribed to. */
  readonly maxTopicsPerConnection: number;
  /** How many connections there may be. */
  readonly maxConnections: number;
  /** How many events and controls of a spoke are taken in a second. */
  readonly maxEventsPerSecond: number;
  /** How many of them may come at once. */
  readonly maxEventBurst: number;
  /** How many pieces of a spoke's work may wait. */
  readonly maxPending: number;
}

/**
 * The bounds with their defaults.
 *
 * @param options What the caller gave.
 * @returns All of them.
 * @throws {RangeError} If one is out of range.
 */
export function hubBounds(
  options: Pick<HubOptions<never, never>, keyof HubBounds>,
): HubBounds {
  const {
    backpressureThreshold = 1024 * 1024,
    backpressureGraceMs = 0,
    maxTopicsPerConnection = 10_000,
    maxConnections = Infinity,
    maxEventsPerSecond = Infinity,
    maxEventBurst = maxEventsPerSecond,
    maxPending = 1000,
  } = options;
  assertBound("backpressureThreshold", backpressureThreshold, 0);
  assertBound("backpressureGraceMs", backpressureGraceMs, 0);
  assertBound("maxTopicsPerConnection", maxTopicsPerConnection, 0);
  assertBound("maxConnections", maxConnections, 0);
  assertBound("maxEventsPerSecond", maxEventsPerSecond, 1);
  assertBound("maxEventBurst", maxEventBurst, 1);
  assertBound("maxPending", maxPending, 1);
  return {
    ...sessionBounds(options),
    backpressureThreshold,
    // A timer cannot wait longer, and 25 days are as good as for ever.
    backpressureGraceMs: Math.min(backpressureGraceMs, MAX_TIMER_MS),
    maxTopicsPerConnection,
    maxConnections,
    maxEventsPerSecond,
    maxEventBurst,
    maxPending,
  };
}
