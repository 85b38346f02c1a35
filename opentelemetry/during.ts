import type { OpenTelemetryApi, OpenTelemetrySpan } from "./api.ts";
import { ATTRIBUTES, ERROR_STATUS } from "./conventions.ts";
import { guarded } from "./guarded.ts";

/** Calls a function, and ends a span once it has returned, or the promise that it returned has settled. */
export function during<T>(api: OpenTelemetryApi, span: OpenTelemetrySpan, callback: () => T): T {
  const end = (): void => guarded(api, () => span.end());
  const fail = (thrown: unknown): void => {
    guarded(api, () => note(span, thrown));
    end();
  };
  let result: T;
  try {
    result = callback();
  } catch (error) {
    fail(error);
    throw error;
  }
  // The caller gets the promise itself, and handles its rejection.
  if (result instanceof Promise) result.then(end, fail);
  else end();
  return result;
}

function note(span: OpenTelemetrySpan, thrown: unknown): void {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  span.setAttribute(ATTRIBUTES.errorType, error.name);
  span.recordException(error);
  span.setStatus({ code: ERROR_STATUS, message: error.message });
}
