import { testDispatch } from "./dispatch.ts";
import { testEnds } from "./ends.ts";
import { testListeners } from "./listeners.ts";
import { testPayloads } from "./payloads.ts";
import { testSubscriptions } from "./subscriptions.ts";
import { type ConformanceEnds, type ConformanceOptions, Suite } from "./suite.ts";

export type {
  ConformanceCapability,
  ConformanceEnds,
  ConformanceFault,
  ConformanceOptions,
} from "./suite.ts";

/**
 * Defines the tests that every event target of this library passes, for one of your own. A target provides two ends: an
 * event that is published on `near` arrives on `far`.
 *
 * @example An event target in the process
 * ```ts
 * import { createInProcessEventTarget } from "@alkdev/pubsub";
 * import { conformance, type ConformanceFault } from "@alkdev/pubsub/testing";
 *
 * const tests: (() => Promise<void>)[] = [];
 * conformance(() => {
 *   const faults: ConformanceFault[] = [];
 *   const target = createInProcessEventTarget({
 *     onError: (error, context) => void faults.push({ error, context }),
 *   });
 *   const [settle, dispose] = [() => Promise.resolve(), () => target.close()];
 *   return Promise.resolve({ near: target, far: target, faults, settle, [Symbol.asyncDispose]: dispose });
 * }, {
 *   test: (_name, body) => tests.push(body), // or a runner's: Deno.test
 *   exceptions: {
 *     encoding: "It passes payloads on as they are",
 *     envelopesOnly: "It carries any detail",
 *     ends: "Both ends are the same object",
 *   },
 * });
 * for (const test of tests) await test();
 * ```
 *
 * @param open Opens a new pair of ends, for each test.
 * @param options The test runner, and what the target leaves out.
 */
export function conformance(open: () => Promise<ConformanceEnds>, options: ConformanceOptions): void {
  const suite = new Suite(open, options);
  testListeners(suite);
  testDispatch(suite);
  testPayloads(suite, options.unencodable);
  testSubscriptions(suite);
  testEnds(suite);
}
