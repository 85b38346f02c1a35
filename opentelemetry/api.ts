// The parts of `@opentelemetry/api` that are used. The package is accepted by its shape, and never imported: a program that
// uses another sub-path does not need it.

/** The exports of `@opentelemetry/api` that {@linkcode tracing} uses: pass the whole module. */
export interface OpenTelemetryApi {
  /** Creates spans and contexts. */
  readonly trace: {
    /** Returns the tracer of a library. */
    getTracer(name: string, version?: string, options?: { schemaUrl?: string }): OpenTelemetryTracer;
    /** Returns the span that is active in a context. */
    getSpan(context: OpenTelemetryContext): OpenTelemetrySpan | undefined;
    /** Returns a context in which a span is active. */
    setSpan(context: OpenTelemetryContext, span: OpenTelemetrySpan): OpenTelemetryContext;
    /** Returns a context in which the span of another process is active. */
    setSpanContext(context: OpenTelemetryContext, spanContext: TraceContext): OpenTelemetryContext;
  };
  /** Knows the context that is active now. */
  readonly context: {
    /** Returns the active context. */
    active(): OpenTelemetryContext;
    /** Calls a function in a context. */
    with<T>(context: OpenTelemetryContext, callback: () => T): T;
  };
  /** The context without any span. */
  readonly ROOT_CONTEXT: OpenTelemetryContext;
  /** Logs the faults of tracing itself, if the program has set a logger. */
  readonly diag?: {
    /** Logs an error. */
    error(message: string, ...args: unknown[]): void;
  };
}

/** A `Context` of OpenTelemetry. */
export interface OpenTelemetryContext {
  /** Returns a value of the context. */
  getValue(key: symbol): unknown;
  /** Returns a context with one more value. */
  setValue(key: symbol, value: unknown): OpenTelemetryContext;
  /** Returns a context without a value. */
  deleteValue(key: symbol): OpenTelemetryContext;
}

/** Identifies a span: a `SpanContext` of OpenTelemetry. */
export interface TraceContext {
  /** The id of the trace: 32 hexadecimal digits. */
  traceId: string;
  /** The id of the span: 16 hexadecimal digits. */
  spanId: string;
  /** The flags of the trace: 1 if it is sampled. */
  traceFlags: number;
  /** Whether the span belongs to another process. */
  isRemote?: boolean;
}

/** A `Tracer` of OpenTelemetry. */
export interface OpenTelemetryTracer {
  /** Starts a span. */
  startSpan(name: string, options?: SpanStart, context?: OpenTelemetryContext): OpenTelemetrySpan;
}

/** The options of a new span. */
export interface SpanStart {
  /** The kind of the span. */
  kind?: number;
  /** The attributes of the span. */
  attributes?: Record<string, string>;
  /** The spans that it refers to. */
  links?: { context: TraceContext }[];
}

/** A `Span` of OpenTelemetry. */
export interface OpenTelemetrySpan {
  /** Returns what identifies the span. */
  spanContext(): TraceContext;
  /** Sets an attribute. */
  setAttribute(name: string, value: string): unknown;
  /** Sets how the span ended. */
  setStatus(status: { code: number; message?: string }): unknown;
  /** Records an error. */
  recordException(error: Error): unknown;
  /** Ends the span. */
  end(): void;
}

/** A `Meter` of OpenTelemetry, as far as {@linkcode observe} uses it. */
export interface OpenTelemetryMeter {
  /** Creates a counter that is read when metrics are collected. */
  createObservableCounter(name: string, options?: InstrumentOptions): ObservableInstrument;
  /** Creates a gauge that is read when metrics are collected. */
  createObservableGauge(name: string, options?: InstrumentOptions): ObservableInstrument;
  /** Adds a callback that gives the values of instruments when metrics are collected. */
  addBatchObservableCallback(callback: BatchCallback, instruments: ObservableInstrument[]): void;
  /** Removes such a callback. */
  removeBatchObservableCallback(callback: BatchCallback, instruments: ObservableInstrument[]): void;
}

/** The options of an instrument. */
export interface InstrumentOptions {
  /** A description for people. */
  description?: string;
  /** The unit of its values. */
  unit?: string;
}

/** An `Observable` of OpenTelemetry. */
export interface ObservableInstrument {
  /** Adds a callback that gives the values of this instrument alone. */
  addCallback(callback: InstrumentCallback): void;
  /** Removes such a callback. */
  removeCallback(callback: InstrumentCallback): void;
}

/** Gives the values of one instrument. */
export type InstrumentCallback = (result: {
  observe(value: number, attributes?: Record<string, string>): void;
}) => void;

/** Gives the values of several instruments. */
export type BatchCallback = (result: {
  observe(instrument: ObservableInstrument, value: number, attributes?: Record<string, string>): void;
}) => void;
