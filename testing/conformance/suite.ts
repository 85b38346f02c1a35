import { assert } from "../_assert.ts";
import type { ErrorContext, EventEnvelope, PubSub, PubSubEventTarget, Subscription } from "../../mod.ts";

/** A fault that an end reported to its `onError`. */
export interface ConformanceFault {
  /** The error. */
  readonly error: unknown;
  /** Its context. */
  readonly context: ErrorContext;
}

/** The two ends of an open event target. Disposing of them closes both. */
export interface ConformanceEnds<TTarget extends EventTarget = EventTarget> extends AsyncDisposable {
  /** Events are published here. */
  readonly near: TTarget;
  /** Events arrive here. A target without sides has one object for both. */
  readonly far: TTarget;
  /** The faults that both ends have reported so far. */
  readonly faults: ConformanceFault[];
  /** Resolves when all subscriptions and all events of either side have arrived. */
  settle(): Promise<void>;
}

/**
 * A part of the suite that some targets leave out.
 *
 * - `anyDetail`: events of any type carry any `detail`, not envelopes alone
 * - `bareTypes`: subscriptions to every id of a type, and to everything
 * - `echo`: a publisher receives its own events
 * - `encoding`: payloads that cannot be encoded are reported
 * - `ends`: an end of the near side is one of the far side
 * - `envelopesOnly`: a `detail` that is not an envelope is refused
 * - `farEnds`: the far side ends with the near side
 * - `interface`: everything that a `PubSubEventTarget` has beyond an `EventTarget`
 * - `levels`: listeners of a topic, of its type and of `*` each hear an event once, in this order
 * - `order`: events of two topics arrive in publish order
 * - `prevention`: `dispatchEvent` returns `false` for a cancelable event that a listener prevented
 */
export type ConformanceCapability =
  | "anyDetail"
  | "bareTypes"
  | "echo"
  | "encoding"
  | "ends"
  | "envelopesOnly"
  | "farEnds"
  | "interface"
  | "levels"
  | "order"
  | "prevention";

/** Options of {@linkcode conformance}. */
export interface ConformanceOptions {
  /** Defines a test: `Deno.test`, `test` of `node:test`, Vitest or Jest, or a function that calls one of them. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /**
   * What the target leaves out, each with the reason.
   *
   * @default nothing
   */
  readonly exceptions?: Readonly<Partial<Record<ConformanceCapability, string>>>;
  /**
   * Payloads that the target cannot encode.
   *
   * @default those that JSON cannot encode
   */
  readonly unencodable?: readonly unknown[];
}

/** The events of the suite's tests. */
export type Events = { news: unknown; other: unknown };

export function envelopeOf(type: string, id: string, payload: unknown = null): EventEnvelope {
  return { type, id, payload };
}

/** The published part of an event: a target with a history adds the position. */
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
  readonly lacks: Readonly<Partial<Record<ConformanceCapability, string>>>;
  /** Every id of a type, or the one that the tests publish if the target needs an id. */
  readonly anyId: string | undefined;
  readonly #open: () => Promise<ConformanceEnds>;
  readonly #test: ConformanceOptions["test"];

  constructor(open: () => Promise<ConformanceEnds>, { test, exceptions = {} }: ConformanceOptions) {
    this.lacks = exceptions;
    this.anyId = this.lacks.bareTypes === undefined ? undefined : "1";
    this.#open = open;
    this.#test = test;
  }

  subscribeToNews({ subscribe }: PubSub<Events>): Subscription<EventEnvelope> {
    return this.anyId === undefined ? subscribe("news") : subscribe("news", this.anyId);
  }

  /** Defines a test, unless the target lacks the capability that it is about. */
  test(
    sentence: string,
    body: (ends: ConformanceEnds) => Promise<void> | void,
    capability?: ConformanceCapability,
  ): void {
    if (capability !== undefined && this.lacks[capability] !== undefined) return;
    this.#test(sentence, async () => {
      // Node 20 lacks "using".
      const ends = await this.#open();
      try {
        await body(ends);
      } finally {
        await ends[Symbol.asyncDispose]();
      }
    });
  }

  /** Dispatches events, and returns the labels of the listeners that were called, in order. */
  async heardBy(
    ends: ConformanceEnds,
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
