import type { TraceContext } from "./api.ts";

/** The flag of a trace that is recorded. */
const SAMPLED = 1;

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Whether the span of a context is recorded. */
export function isSampled({ traceFlags }: TraceContext): boolean {
  return (traceFlags & SAMPLED) !== 0;
}

/** Writes a context as the `traceparent` of W3C. */
export function writeTraceparent({ traceId, spanId, traceFlags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** Reads a value off a wire. Returns `undefined` if it is no `traceparent`, or its trace is not recorded. */
export function readTraceparent(value: unknown): TraceContext | undefined {
  const [, traceId, spanId, flags] = typeof value === "string" ? TRACEPARENT.exec(value) ?? [] : [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const context = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
  return isSampled(context) ? context : undefined;
}
