import { assert } from "@std/assert";
import type { ErrorContext, EventEnvelope, PubSub, PubSubEventTarget, Subscription } from "@alkdev/pubsub";
import { type Capability, LACKS } from "./lacks.ts";

/** A fault that an end reported. */
export interface Fault {
  readonly error: unknown;
  readonly context: ErrorContext;
}

/** The two ends of an open event target. */
export interface Ends<TTarget extends EventTarget = EventTarget> extends AsyncDisposable {
  /** Events are published here. */
  readonly near: TTarget;
  /** Events arrive here. A target without sides has one object for both. */
  readonly far: TTarget;
  /** The faults of both ends. */
  readonly faults: Fault[];
  /** Resolves when all subscriptions and events have arrived. */
  settle(): Promise<void>;
  /** Cuts the connection, where there is one. */
  cut?(): void;
}

/** An event target to test. */
export interface Subject {
  /** Its row in {@linkcode LACKS}. */
  readonly kind: keyof typeof LACKS;
  /** Whether the transport's package leaves a timer running for a moment after a large message. */
  readonly shrinksLater?: boolean;
  /** Payloads that the target cannot encode. By default, those that JSON cannot encode. */
  readonly unencodable?: readonly unknown[];
  /** Opens a new pair of ends. */
  open(): Promise<Ends>;
}

/** The events of the suite's tests. */
export type Events = { news: unknown; other: unknown };

export function envelopeOf(type: string, id: string, payload: unknown = null): EventEnvelope {
  return { type, id, payload };
}

/** What was published of an event: a target with a history adds the position. */
export function withoutPosition(event: unknown): unknown {
  if (typeof event !== "object" || event === null || !("at" in event)) return event;
  const { at: _, ...published } = event;
  return published;
}

export function eventOf(type: string, id: string, payload: unknown = null): CustomEvent<EventEnvelope> {
  return new CustomEvent(`${type}:${id}`, { detail: envelopeOf(type, id, payload) });
}

export function asPubSubTarget(target: EventTarget): PubSubEventTarget {
  assert("listen" in target && "publish" in target, "This test is for targets with the whole interface");
  // The assertion checks two methods; the suite uses the others only for kinds that have them.
  return target as PubSubEventTarget;
}

/** Defines the tests of one event target. */
export class Suite {
  readonly kind: Subject["kind"];
  readonly lacks: Partial<Record<Capability, string>>;
  /** Every id of a type, or the one that the tests publish if the target needs an id. */
  readonly anyId: string | undefined;
  readonly #name: string;
  readonly #subject: Subject;

  constructor(name: string, subject: Subject) {
    this.kind = subject.kind;
    this.lacks = LACKS[subject.kind];
    this.anyId = this.lacks.bareTypes === undefined ? undefined : "1";
    this.#name = name;
    this.#subject = subject;
  }

  subscribeToNews({ subscribe }: PubSub<Events>): Subscription<EventEnvelope> {
    return this.anyId === undefined ? subscribe("news") : subscribe("news", this.anyId);
  }

  /** Defines a test, unless the target lacks the capability that it is about. */
  test(
    sentence: string,
    body: (ends: Ends) => Promise<void> | void,
    capability?: Capability,
    large = false,
  ): void {
    if (capability !== undefined && this.lacks[capability] !== undefined) return;
    const { open, shrinksLater = false } = this.#subject;
    Deno.test({
      name: `${this.#name}: ${sentence}`,
      timeout: 20_000,
      sanitizeOps: !(large && shrinksLater),
      sanitizeResources: !(large && shrinksLater),
      async fn() {
        // Node 20 lacks "using".
        const ends = await open();
        try {
          await body(ends);
        } finally {
          await ends[Symbol.asyncDispose]();
        }
      },
    });
  }

  /** Dispatches events, and returns the labels of the listeners that were called, in order. */
  async heardBy(
    ends: Ends,
    register: (far: EventTarget, heard: (label: string) => (event: Event) => void) => void,
    ...events: Event[]
  ): Promise<string[]> {
    const labels: string[] = [];
    register(ends.far, (label) => () => labels.push(label));
    await ends.settle();
    for (const event of events.length > 0 ? events : [eventOf("news", "1")]) ends.near.dispatchEvent(event);
    await ends.settle();
    return labels;
  }
}
