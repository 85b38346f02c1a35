import type { OpenTelemetryApi } from "./api.ts";

/**
 * Calls the SDK. An error of a sampler, a processor or an exporter goes to the log of OpenTelemetry (`diag`), as the SDK's own
 * errors do: tracing must keep no event from its listeners.
 */
export function guarded<T>({ diag }: Pick<OpenTelemetryApi, "diag">, call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    diag?.error("@alkdev/pubsub: tracing has failed", error);
    return undefined;
  }
}
