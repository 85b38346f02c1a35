import type { EventEnvelope } from "../mod.ts";
import type { TraceContext } from "./api.ts";

/** The trace of an event. */
export interface EventTrace {
  /** The span that published the event last. */
  readonly context: TraceContext;
  /** Whether another process published it, so that publishing it here continues its trace. */
  readonly isRelayed: boolean;
}

/**
 * Beside the events, so that listeners see no member that they do not expect. One table, so that tracings can be mixed. Made
 * for the first event that is traced: where nothing is sampled, no event is looked up.
 */
let traces: WeakMap<EventEnvelope, EventTrace> | undefined;

/** The trace of an event, if it has one. */
export function traceOf(event: EventEnvelope): EventTrace | undefined {
  return traces?.get(event);
}

/** Gives an event a trace, or takes it away. */
export function setTrace(event: EventEnvelope, trace: EventTrace | undefined): void {
  if (trace === undefined) traces?.delete(event);
  else (traces ??= new WeakMap()).set(event, trace);
}
