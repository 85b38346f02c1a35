import { assertBound, MAX_TIMER_MS } from "../../core/arguments.ts";
import { sessionBounds, type SessionOptions } from "../_session/options.ts";
import type { HubOptions } from "./types.ts";

/** The bounds of a hub and its spokes. */
export interface HubBounds extends Required<SessionOptions> {
  readonly backpressureThreshold: number;
  readonly backpressureGraceMs: number;
  readonly maxTopicsPerConnection: number;
  readonly maxConnections: number;
  readonly maxClosing: number;
  readonly openTimeoutMs: number;
  readonly maxEventsPerSecond: number;
  readonly maxEventBurst: number;
  readonly maxPending: number;
}

/** The bounds with their defaults. Throws a `RangeError` if one is out of range. */
export function hubBounds(options: Pick<HubOptions<never, never>, keyof HubBounds>): HubBounds {
  const {
    backpressureThreshold = 1024 * 1024,
    backpressureGraceMs = 1000,
    maxTopicsPerConnection = 10_000,
    maxConnections = Infinity,
    maxClosing = Math.max(maxConnections, 100),
    openTimeoutMs = 20_000,
    maxEventsPerSecond = Infinity,
    maxEventBurst = maxEventsPerSecond,
    maxPending = 1000,
  } = options;
  const fromZero = {
    backpressureThreshold,
    backpressureGraceMs,
    maxTopicsPerConnection,
    maxConnections,
    maxClosing,
  };
  const fromOne = { maxEventsPerSecond, maxEventBurst, maxPending, openTimeoutMs };
  for (const [name, value] of Object.entries(fromZero)) assertBound(name, value, 0);
  for (const [name, value] of Object.entries(fromOne)) assertBound(name, value, 1);
  return {
    ...sessionBounds(options),
    ...fromZero,
    ...fromOne,
    // A timer cannot wait longer than 25 days, which is as good as for ever.
    backpressureGraceMs: Math.min(backpressureGraceMs, MAX_TIMER_MS),
  };
}
