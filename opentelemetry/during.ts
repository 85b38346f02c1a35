import type { OpenTelemetrySpan } from "./api.ts";
import { ATTRIBUTES, ERROR_STATUS } from "./conventions.ts";

/** Calls a function, and ends a span once it has returned, or the promise that it returned has settled. */
export function during<T>(span: OpenTelemetrySpan, callback: () => T): T {
  let result: T;
  try {
    result = callback();
  } catch (error) {
    fail(span, error);
    throw error;
  }
  // The caller gets the promise itself, and handles its rejection.
  if (result instanceof Promise) result.then(() => span.end(), (error) => fail(span, error));
  else span.end();
  return result;
}

function fail(span: OpenTelemetrySpan, thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  span.setAttribute(ATTRIBUTES.errorType, error.name);
  span.recordException(error);
  span.setStatus({ code: ERROR_STATUS, message: error.message });
  span.end();
}
