/** The conformance suite of the package as tests of Deno. {@linkcode LACKS} quotes the contract where a target may differ. */
import { conformance, type ConformanceEnds, type ConformanceFault } from "@alkdev/pubsub/testing";
import { LACKS } from "./lacks.ts";

/** A fault that an end reported. */
export type Fault = ConformanceFault;

/** The two ends of an open event target. */
export interface Ends<TTarget extends EventTarget = EventTarget> extends ConformanceEnds<TTarget> {
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

/** Runs the suite on an event target. The names of its tests start with `name`. */
export function testEventTarget(
  name: string,
  { kind, shrinksLater = false, unencodable, open }: Subject,
): void {
  conformance(open, {
    exceptions: LACKS[kind],
    ...(unencodable && { unencodable }),
    test(sentence, fn) {
      const sanitize = !(shrinksLater && sentence.startsWith("a large payload"));
      const sanitizers = { sanitizeOps: sanitize, sanitizeResources: sanitize };
      Deno.test({ name: `${name}: ${sentence}`, timeout: 20_000, ...sanitizers, fn });
    },
  });
}
