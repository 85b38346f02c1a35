/** OpenTelemetry's SDK with its exporter in memory, for the whole process of a test file. */
import * as api from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

export type { ReadableSpan } from "@opentelemetry/sdk-trace-base";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
api.trace.setGlobalTracerProvider(provider);
api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** The spans that have ended since the last call of {@linkcode clearSpans}. */
export function spans(name?: string): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => name === undefined || span.name === name);
}

/** Forgets the spans that have ended. */
export function clearSpans(): void {
  exporter.reset();
}

/** A test that begins without spans, and waits until the exporter has all that ended. */
export function testSpans(name: string, run: () => Promise<void> | void): void {
  Deno.test(name, async () => {
    clearSpans();
    await run();
    await provider.forceFlush();
  });
}

/** Calls a function in a span of the program, and returns its context. */
export function inSpan(callback: () => void): api.SpanContext {
  return api.trace.getTracer("program").startActiveSpan("program", (span) => {
    callback();
    span.end();
    return span.spanContext();
  });
}

/** The span ids that a span links to. */
export function linkedTo(span: ReadableSpan | undefined): string[] {
  return span?.links.map(({ context }) => context.spanId) ?? [];
}

/** The id of a span. */
export function idOf(span: ReadableSpan | undefined): string | undefined {
  return span?.spanContext().spanId;
}
