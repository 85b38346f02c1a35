import type { EventEnvelope, EventTracing } from "../../core/types.ts";
import { viaOf } from "../../core/via.ts";
import type { EnvelopeTemplate, Parts } from "./envelope_template.ts";
import { type Message, MessageCodec, type RedisSerializer } from "./serializer.ts";

/** Encodes and decodes messages with the traces of their events. */
export class TracedMessageCodec extends MessageCodec {
  readonly #tracing: EventTracing;

  constructor(serializer: RedisSerializer, tracing: EventTracing) {
    super(serializer);
    this.#tracing = tracing;
  }

  override encodeEnvelope(envelope: EventEnvelope, template?: EnvelopeTemplate): Message {
    const trace = this.#tracing.traceOf(envelope);
    return trace === undefined
      ? super.encodeEnvelope(envelope, template)
      : this.#encodeTraced(envelope, trace);
  }

  override encodeParts(envelope: EventEnvelope, template?: EnvelopeTemplate): Parts {
    const trace = this.#tracing.traceOf(envelope);
    if (trace === undefined) return super.encodeParts(envelope, template);
    // Events of one run have one head, and each event has a trace of its own.
    return { head: String(this.#encodeTraced(envelope, trace)) };
  }

  #encodeTraced(envelope: EventEnvelope, trace: string): Message {
    const { type, id, payload } = envelope;
    const via = viaOf(envelope);
    // First, so that templates reject the message by its first bytes.
    return this.encode({ trace, ...(via && { via }), type, id, payload });
  }

  protected override toDetail(decoded: unknown): unknown {
    const detail = super.toDetail(decoded);
    // Only an envelope with a trace or a `via` gives another object. Cast: it is one.
    if (detail !== decoded) {
      this.#tracing.arrive(detail as EventEnvelope, Reflect.get(Object(decoded), "trace"));
    }
    return detail;
  }
}
