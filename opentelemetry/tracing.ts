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

/** Options of {@linkcode tracing}. */
export interface TracingOptions {
  /** The module `@opentelemetry/api`: `import * as api from "@opentelemetry/api"`. */
  readonly api: OpenTelemetryApi;
  /**
   * Whether a hub continues the traces of its spokes; a function decides for each event of a spoke. The events of other
   * spokes arrive without their traces: a stranger could record events at your cost, and attach them to traces of others. The
   * hub that a link connects to, and the programs on a Redis, are always trusted.
   *
   * @default false
   */
  readonly trustPeers?: boolean | ((spoke: SpokeEventTarget) => boolean);
  /**
   * The relation of a span that processes an event to the span that published it. With `"link"`, each begins a trace of its
   * own, and the sampler of its program decides about it: a trace does not grow with the number of readers. With `"child"`, all
   * are in the trace of the publisher.
   *
   * @default "link"
   */
  readonly consumerSpans?: "link" | "child";
  /**
   * Whether in-process event targets make spans too. Their callbacks run inside of `publish`, and so in the span of the
   * program: spans are of use if readers of iterators work later. A publish then takes as long again, to look for a span.
   *
   * @default false
   */
  readonly inProcess?: boolean;
}

/**
 * Makes spans of events with OpenTelemetry, by the
 * [conventions for messaging](https://github.com/alkdev/pubsub/blob/main/docs/observability.md#traces). It is an option of
 * each event target on the way of an event, and works with any SDK, and on Deno with `OTEL_DENO=true` without one.
 *
 * An event is traced if it is published while a sampled span is active. Then `publish` makes a span, and the event carries
 * its `traceparent`. A callback of `on` that gets the event runs in a span. The work of a program that reads an iterator is
 * traced by {@linkcode EventTracing.process}. An event that is not traced costs one look at the active span.
 *
 * @example Trace events from a spoke to its hub
 * ```ts ignore
 * import * as api from "@opentelemetry/api";
 * import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
 * import { tracing } from "@alkdev/pubsub/opentelemetry";
 *
 * type Events = { "order.placed": { total: number }; "order.paid": { total: number } };
 * const traces = tracing({ api });
 * const eventTarget = createWebSocketClientEventTarget(() => new WebSocket("wss://…"), { tracing: traces });
 * const pubsub = createPubSub<Events>({ eventTarget });
 *
 * pubsub.on("order.paid", ({ id }) => console.log(id)); // runs in the span "process order.paid"
 * api.trace.getTracer("shop").startActiveSpan("checkout", (span) => {
 *   pubsub.publish("order.placed", "order_1", { total: 12 }); // the span "publish order.placed"
 *   span.end();
 * });
 * ```
 *
 * @example The work of an iterator's reader in a span
 * ```ts
 * import * as api from "@opentelemetry/api";
 * import { createInProcessEventTarget, createPubSub } from "@alkdev/pubsub";
 * import { tracing } from "@alkdev/pubsub/opentelemetry";
 *
 * const traces = tracing({ api, inProcess: true });
 * const eventTarget = createInProcessEventTarget({ tracing: traces });
 * const pubsub = createPubSub<{ "order.placed": { total: number } }>({ eventTarget });
 *
 * const orders = pubsub.subscribe("order.placed");
 * pubsub.publish("order.placed", "order_1", { total: 12 });
 * for await (const event of orders) {
 *   await traces.process(event, async () => console.log(event.payload.total));
 *   break;
 * }
 * ```
 *
 * @param options The API of OpenTelemetry, and whom to trust.
 * @returns The option `tracing` of event targets.
 * @throws {TypeError} If `api` is not that module.
 */
export function tracing(options: TracingOptions): EventTracing {
  return new EventTraces(options);
}

/** A span, and the context in which it is active. */
interface Scope {
  readonly span: OpenTelemetrySpan;
  readonly within: OpenTelemetryContext;
}

class EventTraces implements EventTracing {
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
