import type {
  EventEnvelope,
  EventTracing,
  SpokeEventTarget,
  TracedCodec,
  TracedEventTarget,
} from "../mod.ts";
import type {
  OpenTelemetryApi,
  OpenTelemetryContext,
  OpenTelemetrySpan,
  OpenTelemetryTracer,
  TraceContext,
} from "./api.ts";
import { ATTRIBUTES, OPERATIONS, SCHEMA_URL, SYSTEM, TARGET_ATTRIBUTE } from "./conventions.ts";
import { delegateTo } from "./delegate.ts";
import { during } from "./during.ts";
import { setTrace, traceOf } from "./event_traces.ts";
import { guarded } from "./guarded.ts";
import { isSampled, readTraceparent, writeTraceparent } from "./traceparent.ts";
import type { TracingOptions } from "./tracing_options.ts";

/** A span, and the context in which it is active. */
interface Scope {
  readonly span: OpenTelemetrySpan;
  readonly within: OpenTelemetryContext;
}

/** Makes spans of events, and carries their traces over event targets. */
export class EventSpans implements EventTracing {
  readonly #api: OpenTelemetryApi;
  readonly #tracer: OpenTelemetryTracer;
  readonly #trustPeers: NonNullable<TracingOptions["trustPeers"]>;
  readonly #isChild: boolean;
  readonly #inProcess: boolean;

  constructor({ api, trustPeers = false, consumerSpans = "link", inProcess = false }: TracingOptions) {
    if (typeof api?.trace?.getTracer !== "function" || api.ROOT_CONTEXT === undefined) {
      throw new TypeError('Cannot trace without the API: pass `import * as api from "@opentelemetry/api"`');
    }
    if (consumerSpans !== "link" && consumerSpans !== "child") {
      throw new TypeError(
        `Cannot use ${String(consumerSpans)} as consumerSpans: it must be "link" or "child"`,
      );
    }
    if (typeof trustPeers !== "boolean" && typeof trustPeers !== "function") {
      // A text such as "false" must not trust everybody.
      throw new TypeError(
        `Cannot use ${String(trustPeers)} as trustPeers: it must be a boolean or a function`,
      );
    }
    this.#api = api;
    this.#tracer = api.trace.getTracer("@alkdev/pubsub", undefined, { schemaUrl: SCHEMA_URL });
    this.#trustPeers = trustPeers;
    this.#isChild = consumerSpans === "child";
    this.#inProcess = inProcess;
  }

  process<T>(event: EventEnvelope, callback: () => T): T {
    const publisher = traceOf(event)?.context;
    if (publisher === undefined) return callback();
    const scope = guarded(this.#api, () => this.#startProcess(event, publisher));
    if (scope === undefined) return callback();
    return during(this.#api, scope.span, () => this.#api.context.with(scope.within, callback));
  }

  #startProcess(event: EventEnvelope, publisher: TraceContext): Scope {
    const { trace, context, ROOT_CONTEXT } = this.#api;
    // An iterator's reader and a socket may run in the context of anything that happened long ago.
    const active = context.active();
    const isWithin = trace.getSpan(active)?.spanContext().spanId === publisher.spanId;
    const parent = isWithin
      ? active
      : this.#isChild
      ? trace.setSpanContext(ROOT_CONTEXT, publisher)
      : ROOT_CONTEXT;
    const { kind } = OPERATIONS.process;
    const links = [{ context: publisher }];
    const attributes = attributesOf(event, "process");
    const span = this.#tracer.startSpan(`process ${event.type}`, { kind, links, attributes }, parent);
    return { span, within: trace.setSpan(parent, span) };
  }

  attach(target: TracedEventTarget): void {
    if (target[Symbol.toStringTag] === "InProcessEventTarget" && !this.#inProcess) return;
    const { publish, onEvent } = target;
    replace(target, "publish", (event) => {
      const parent = guarded(this.#api, () => this.#parentOf(event));
      if (parent === undefined) publish.call(target, event);
      else this.#publish(target, event, parent, () => publish.call(target, event));
    });
    if (onEvent === undefined) return;
    replace(target, "onEvent", (event, via, arrived) => {
      const { trace } = Object(arrived);
      if (trace !== undefined && this.#trusts(target)) this.arrive(event, trace);
      return onEvent.call(target, event, via, arrived);
    });
  }

  codec<TCodec extends TracedCodec>(codec: TCodec): TCodec {
    return delegateTo(codec, {
      encode: (event: EventEnvelope, control: boolean, options?: object) => {
        const trace = traceOf(event);
        if (trace === undefined) return codec.encode(event, control, options);
        return codec.encode(event, control, { ...options, trace: writeTraceparent(trace.context) });
      },
    });
  }

  traceOf(event: EventEnvelope): string | undefined {
    const trace = traceOf(event);
    return trace && writeTraceparent(trace.context);
  }

  arrive(event: EventEnvelope, trace: unknown): void {
    const context = readTraceparent(trace);
    if (context !== undefined) setTrace(event, { context, isRelayed: true });
  }

  inherit(copy: EventEnvelope, event: EventEnvelope): void {
    const trace = traceOf(event);
    if (trace !== undefined) setTrace(copy, trace);
  }

  /** The context that the span of a publish belongs to, if it is recorded. */
  #parentOf(event: EventEnvelope): OpenTelemetryContext | undefined {
    const known = traceOf(event);
    const { trace, context, ROOT_CONTEXT } = this.#api;
    if (known?.isRelayed) return trace.setSpanContext(ROOT_CONTEXT, known.context);
    const active = context.active();
    // Compared first: outside of any span, this is all that an event costs.
    const span = active === ROOT_CONTEXT ? undefined : trace.getSpan(active);
    if (span !== undefined && isSampled(span.spanContext())) return active;
    // A program can publish the same object again, outside of the trace.
    if (known !== undefined) setTrace(event, undefined);
    return undefined;
  }

  #publish(
    target: TracedEventTarget,
    event: EventEnvelope,
    parent: OpenTelemetryContext,
    publish: () => void,
  ): void {
    const scope = guarded(this.#api, () => this.#startPublish(target, event, parent));
    if (scope === undefined) return publish();
    during(this.#api, scope.span, () => this.#api.context.with(scope.within, publish));
  }

  #startPublish(target: TracedEventTarget, event: EventEnvelope, parent: OpenTelemetryContext): Scope {
    const { trace } = this.#api;
    const { kind } = OPERATIONS.publish;
    const attributes = { ...attributesOf(event, "publish"), [TARGET_ATTRIBUTE]: target[Symbol.toStringTag] };
    const span = this.#tracer.startSpan(`publish ${event.type}`, { kind, attributes }, parent);
    const spanContext = span.spanContext();
    if (isSampled(spanContext)) setTrace(event, { context: spanContext, isRelayed: false });
    return { span, within: trace.setSpan(parent, span) };
  }

  #trusts(target: TracedEventTarget): boolean {
    if (target.isOfPeer !== true) return true;
    if (typeof this.#trustPeers !== "function") return this.#trustPeers;
    try {
      // Cast: the target of a peer is a spoke.
      return this.#trustPeers(target as TracedEventTarget & SpokeEventTarget) === true;
    } catch (error) {
      target.report("listener", error);
      return false;
    }
  }
}

/** Puts a method in the place of another one, where it is neither printed nor compared. */
function replace<K extends "publish" | "onEvent">(
  target: TracedEventTarget,
  name: K,
  method: NonNullable<TracedEventTarget[K]>,
): void {
  Object.defineProperty(target, name, { value: method, configurable: true, writable: true });
}

function attributesOf(
  { type, id }: EventEnvelope,
  operation: keyof typeof OPERATIONS,
): Record<string, string> {
  return {
    [ATTRIBUTES.system]: SYSTEM,
    [ATTRIBUTES.operationName]: operation,
    [ATTRIBUTES.operationType]: OPERATIONS[operation].type,
    [ATTRIBUTES.destination]: `${type}:${id}`,
    [ATTRIBUTES.template]: type,
  };
}
