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
  readonly maxReplay: number;
  readonly maxReplaysPerMinute: number;
  /** Whether the program limits events, and not only the hub frames. */
  readonly countsEvents: boolean;
}

/** The bytes of answers that a spoke is granted before it has asked for anything. */
export const FIRST_ANSWER_CREDIT = 4096;

/** The bytes of answers that a byte of a request pays for. */
export const ANSWER_BYTES_PER_BYTE = 2;

/** The frames that a hub takes from a spoke in a second, if the program sets no limit. */
const DEFAULT_MAX_FRAMES_PER_SECOND = 100_000;

/** The bounds with their defaults. Throws a `RangeError` if one is out of range. */
export function hubBounds(options: Omit<HubOptions<never, never>, "authenticate">): HubBounds {
  const {
    backpressureThreshold = 1024 * 1024,
    backpressureGraceMs = 1000,
    maxTopicsPerConnection = 10_000,
    maxConnections = Infinity,
    maxClosing = Math.max(maxConnections, 100),
    openTimeoutMs = 20_000,
    maxEventsPerSecond = DEFAULT_MAX_FRAMES_PER_SECOND,
    maxEventBurst = maxEventsPerSecond,
    maxPending = 1000,
    maxReplay = 10_000,
    maxReplaysPerMinute = 60,
  } = options;
  const fromZero = {
    backpressureThreshold,
    backpressureGraceMs,
    maxTopicsPerConnection,
    maxConnections,
    maxClosing,
    maxReplay,
    maxReplaysPerMinute,
  };
  const fromOne = { maxEventsPerSecond, maxEventBurst, maxPending, openTimeoutMs };
  for (const [name, value] of Object.entries(fromZero)) assertBound(name, value, 0);
  for (const [name, value] of Object.entries(fromOne)) assertBound(name, value, 1);
  return {
    ...sessionBounds(options),
    ...fromZero,
    ...fromOne,
    countsEvents: options.maxEventsPerSecond !== undefined,
    // A timer cannot wait longer than 25 days, which is as good as for ever.
    backpressureGraceMs: Math.min(backpressureGraceMs, MAX_TIMER_MS),
  };
}
