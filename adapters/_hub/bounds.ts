import { assertBound, MAX_TIMER_MS } from "../../core/arguments.ts";
import { sessionBounds } from "../_session/options.ts";
import type { SpokeBounds } from "./spoke.ts";
import type { HubOptions } from "./types.ts";

/** The bounds of a hub. */
export interface HubBounds extends SpokeBounds {
  readonly maxTopicsPerConnection: number;
  readonly maxConnections: number;
  readonly maxEventsPerSecond: number;
  readonly maxEventBurst: number;
  readonly maxPending: number;
}

/** The bounds with their defaults. Throws a `RangeError` if one is out of range. */
export function hubBounds(options: Pick<HubOptions<never, never>, keyof HubBounds>): HubBounds {
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
    // A timer cannot wait longer than 25 days, which is as good as for ever.
    backpressureGraceMs: Math.min(backpressureGraceMs, MAX_TIMER_MS),
    maxTopicsPerConnection,
    maxConnections,
    maxEventsPerSecond,
    maxEventBurst,
    maxPending,
  };
}
