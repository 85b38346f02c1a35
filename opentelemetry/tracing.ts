import type {
  EventEnvelope,
  EventTracing,
  SpokeEventTarget,
  TracedCodec,
  TracedEventTarget,
} from "../mod.ts";
import type { OpenTelemetryApi, OpenTelemetryContext, OpenTelemetryTracer, TraceContext } from "./api.ts";
import { ATTRIBUTES, OPERATIONS, SCHEMA_URL, SYSTEM, TARGET_ATTRIBUTE } from "./conventions.ts";
import { delegateTo } from "./delegate.ts";
import { during } from "./during.ts";
import { isSampled, readTraceparent, writeTraceparent } from "./traceparent.ts";

/** Options of {@linkcode tracing}. */
export interface TracingOptions {
  /** The module `@opentelemetry/api`: `import * as api from "@opentelemetry/api"`. */
  readonly api: OpenTelemetryApi;
  /**
   * Whether a hub continues the traces that its spokes send, or which spokes it trusts to. A spoke that is not trusted can
   * send any trace: it could record events at your cost, and attach them to traces of others. Its events arrive without
   * their traces. The hub that a link connects to, and the programs on a Redis, are always trusted.
   *
   * @default false
   */
  readonly trustPeers?: boolean | ((spoke: SpokeEventTarget) => boolean);
  /**
   * How the span of a program that processes an event refers to the span that published it. With `"link"`, each begins a
   * trace of its own, which the sampler of the program decides about: a trace does not grow with the number of readers. With
   * `"child"`, all are in the trace of the publisher.
   *
   * @default "link"
   */
  readonly consumerSpans?: "link" | "child";
}

/** The trace of an event. */
interface EventTrace {
  /** The span that published the event last. */
  readonly context: TraceContext;
  /** Whether another process published it, so that publishing it here continues its trace. */
  readonly isRelayed: boolean;
}

/** Beside the events, so that listeners see no member that they do not expect. One table, so that tracings can be mixed. */
const traces = new WeakMap<EventEnvelope, EventTrace>();

/**
 * Makes spans of events with OpenTelemetry, by the
 * [conventions for messaging](https://github.com/alkdev/pubsub/blob/main/docs/observability.md#traces). It is an option of
 * each event target on the way of an event, and works with any SDK, and on Deno with `OTEL_DENO=true` without one.
 *
 * An event is traced if it is published while a sampled span is active. Then `publish` makes a span, and the event carries
 * its `traceparent`. A callback of `on` that gets the event runs in a span. What an iterator gives is traced by
 * {@linkcode EventTracing.process}. An event that is not traced costs one look at the active span.
 *
 * @example Trace an event from a publisher to a callback
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
 * import { tracing } from "@alkdev/pubsub/opentelemetry";
 *
 * type Events = { "order.placed": { total: number } };
 * const eventTarget = createInProcessEventTarget({ tracing: tracing({ api }) });
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * pubsub.on("order.placed", ({ id }) => console.log(id)); // in the span "process order.placed"
 * api.trace.getTracer("shop").startActiveSpan("checkout", (span) => {
 *   pubsub.publish("order.placed", "order_1", { total: 12 }); // the span "publish order.placed"
 *   span.end();
 * });
 * ```
 *
 * @param options The API of OpenTelemetry, and whom to trust.
 * @returns The option `tracing` of event targets.
 * @throws {TypeError} If `api` is not the module.
 */
export function tracing(options: TracingOptions): EventTracing {
  return new EventTraces(options);
}

class EventTraces implements EventTracing {
  readonly #api: OpenTelemetryApi;
  readonly #tracer: OpenTelemetryTracer;
  readonly #trustPeers: NonNullable<TracingOptions["trustPeers"]>;
  readonly #isChild: boolean;

  constructor({ api, trustPeers = false, consumerSpans = "link" }: TracingOptions) {
    if (typeof api?.trace?.getTracer !== "function" || api.ROOT_CONTEXT === undefined) {
      throw new TypeError('Cannot trace without the API: pass `import * as api from "@opentelemetry/api"`');
    }
    if (consumerSpans !== "link" && consumerSpans !== "child") {
      throw new TypeError(
        `Cannot use ${String(consumerSpans)} as consumerSpans: it must be "link" or "child"`,
      );
    }
    this.#api = api;
    this.#tracer = api.trace.getTracer("@alkdev/pubsub", undefined, { schemaUrl: SCHEMA_URL });
    this.#trustPeers = trustPeers;
    this.#isChild = consumerSpans === "child";
  }

  process<T>(event: EventEnvelope, callback: () => T): T {
    const publisher = traces.get(event)?.context;
    if (publisher === undefined) return callback();
    const { trace, context, ROOT_CONTEXT } = this.#api;
    // An iterator's reader and a socket may run in the context of anything that happened long ago.
    const isWithin = trace.getActiveSpan()?.spanContext().spanId === publisher.spanId;
    const parent = isWithin
      ? context.active()
      : this.#isChild
      ? trace.setSpanContext(ROOT_CONTEXT, publisher)
      : ROOT_CONTEXT;
    const { kind } = OPERATIONS.process;
    const links = [{ context: publisher }];
    const attributes = attributesOf(event, "process");
    const span = this.#tracer.startSpan(`process ${event.type}`, { kind, links, attributes }, parent);
    return during(span, () => context.with(trace.setSpan(parent, span), callback));
  }

  attach(target: TracedEventTarget): void {
    const { publish, onEvent } = target;
    target.publish = (event) => {
      const parent = this.#parentOf(event);
      if (parent === undefined) publish.call(target, event);
      else this.#publish(target, event, parent, () => publish.call(target, event));
    };
    if (onEvent === undefined) return;
    target.onEvent = (event, via, arrived) => {
      const { trace } = Object(arrived);
      if (trace !== undefined && this.#trusts(target)) this.arrive(event, trace);
      return onEvent.call(target, event, via, arrived);
    };
  }

  codec<TCodec extends TracedCodec>(codec: TCodec): TCodec {
    return delegateTo(codec, {
      encode: (event: EventEnvelope, control: boolean, options?: object) => {
        const trace = control ? undefined : this.traceOf(event);
        return codec.encode(event, control, trace === undefined ? options : { ...options, trace });
      },
    });
  }

  traceOf(event: EventEnvelope): string | undefined {
    const trace = traces.get(event);
    return trace && writeTraceparent(trace.context);
  }

  arrive(event: EventEnvelope, trace: unknown): void {
    const context = readTraceparent(trace);
    if (context !== undefined) traces.set(event, { context, isRelayed: true });
  }

  inherit(copy: EventEnvelope, event: EventEnvelope): void {
    const trace = traces.get(event);
    if (trace !== undefined) traces.set(copy, trace);
  }

  /** The context that the span of a publish belongs to, if it is recorded. */
  #parentOf(event: EventEnvelope): OpenTelemetryContext | undefined {
    const known = traces.get(event);
    const { trace, context, ROOT_CONTEXT } = this.#api;
    if (known?.isRelayed) return trace.setSpanContext(ROOT_CONTEXT, known.context);
    const active = trace.getActiveSpan()?.spanContext();
    if (active !== undefined && isSampled(active)) return context.active();
    // A program can publish the same object again, outside of the trace.
    if (known !== undefined) traces.delete(event);
    return undefined;
  }

  #publish(
    target: TracedEventTarget,
    event: EventEnvelope,
    parent: OpenTelemetryContext,
    publish: () => void,
  ): void {
    const { trace, context } = this.#api;
    const { kind } = OPERATIONS.publish;
    const attributes = { ...attributesOf(event, "publish"), [TARGET_ATTRIBUTE]: target[Symbol.toStringTag] };
    const span = this.#tracer.startSpan(`publish ${event.type}`, { kind, attributes }, parent);
    const spanContext = span.spanContext();
    if (isSampled(spanContext)) traces.set(event, { context: spanContext, isRelayed: false });
    during(span, () => context.with(trace.setSpan(parent, span), publish));
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
