import type { CheckOptions, UnknownTypes } from "../defined_events.ts";
import { assertOneOf } from "../event_checks.ts";
import { printable } from "../describe.ts";
import { topicOfEnvelope } from "../envelope.ts";
import { printError, reportError } from "../report.ts";
import { MAX_TOPIC_BYTES } from "../topic.ts";
import type { EnvelopeListener, ErrorHandler, EventEnvelope, PubSubEventTarget } from "../types.ts";
import { type CheckedPast, checkedPast } from "./checked_past.ts";
import { SchemaFault } from "./payload_fault.ts";

/** The schemas of the events. */
interface Outputs {
  /** Returns an event with the output of its schema, or its fault. */
  outputOf(envelope: EventEnvelope, unknownTypes: UnknownTypes): EventEnvelope | SchemaFault;
}

/** Publishes on an event target and listens to it for one `PubSub`. Listeners get the output of the schemas. */
export class CheckedTarget {
  readonly #definitions: Outputs;
  readonly #target: PubSubEventTarget;
  readonly #onError: ErrorHandler | undefined;
  readonly #unknownTypes: UnknownTypes;
  readonly #checksPublish: boolean;
  /** The event that was checked last, and its output. Listeners of one event are called one after the other. */
  #received: EventEnvelope | undefined;
  #output: EventEnvelope | undefined;
  /** The number of that check. A listener that is called twice for one check gets an event that was published twice. */
  #check = 0;
  #checks = 0;

  constructor(
    definitions: Outputs,
    target: PubSubEventTarget,
    { onError, unknownTypes = "reject", validate = "subscribe" }: CheckOptions,
  ) {
    assertOneOf("unknownTypes", unknownTypes, ["reject", "pass"]);
    assertOneOf("validate", validate, ["subscribe", "both"]);
    this.#definitions = definitions;
    this.#target = target;
    this.#onError = onError;
    this.#unknownTypes = unknownTypes;
    this.#checksPublish = validate === "both";
  }

  /** The members that `createPubSub` uses. */
  asTarget(): PubSubEventTarget {
    const target = this.#target;
    const events = checkedPast(target, this);
    const members: Partial<PubSubEventTarget> & Pick<CheckedPast, "past"> = {
      publish: this.#checksPublish
        ? (envelope: EventEnvelope) => this.#publish(envelope)
        : (envelope: EventEnvelope) => target.publish(envelope),
      listen: (type: string, id: string | undefined, listener: EnvelopeListener) =>
        target.listen(type, id, events.reads(listener) ? listener : this.checked(listener)),
      get past() {
        return events.past;
      },
    };
    // Cast: the other members are used on the target itself.
    return members as PubSubEventTarget;
  }

  /** A listener that gets the output of the schemas. */
  checked(listener: EnvelopeListener): EnvelopeListener {
    let heard = 0;
    return {
      onEvent: (envelope) => {
        if (heard === this.#check) this.#received = undefined;
        const output = this.outputOf(envelope);
        const check = heard = this.#check;
        if (output === undefined) return undefined;
        try {
          return listener.onEvent(output);
        } finally {
          // The listener may have published, which checks another event.
          this.#received = envelope;
          this.#output = output;
          this.#check = check;
        }
      },
      onReady: () => listener.onReady?.(),
      onGap: () => listener.onGap?.(),
      onEnd: (error) => listener.onEnd?.(error),
    };
  }

  /** The output of an event, or `undefined` if it is refused, which is reported. Checked once for all listeners. */
  outputOf(envelope: EventEnvelope): EventEnvelope | undefined {
    if (envelope === this.#received) return this.#output;
    const checked = this.#definitions.outputOf(envelope, this.#unknownTypes);
    const fault = checked instanceof SchemaFault ? checked : undefined;
    const output = checked instanceof SchemaFault ? undefined : checked;
    this.#remember(envelope, output);
    if (fault !== undefined) this.#report(fault, topicOfEnvelope(envelope));
    return output;
  }

  #publish(envelope: EventEnvelope): void {
    const checked = this.#definitions.outputOf(envelope, this.#unknownTypes);
    if (checked instanceof SchemaFault) throw checked.toError();
    this.#remember(envelope, checked);
    this.#target.publish(envelope);
  }

  #remember(envelope: EventEnvelope, output: EventEnvelope | undefined): void {
    if (output !== undefined) this.#target.tracing?.inherit(output, envelope);
    this.#received = envelope;
    this.#output = output;
    this.#check = ++this.#checks;
  }

  #report(fault: SchemaFault, topic: string): void {
    const target: PubSubEventTarget & { report?: unknown } = this.#target;
    const error = fault.toError();
    // Every target of this library has it.
    if (this.#onError === undefined && typeof target.report === "function") {
      return void target.report("decode", error, topic);
    }
    const context = { target, stage: "decode", topic: printable(topic, MAX_TOPIC_BYTES) } as const;
    reportError(this.#onError ?? printError, error, context);
  }
}
