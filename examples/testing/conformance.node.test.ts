// node --test conformance.node.test.ts
import { test } from "node:test";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { conformance, type ConformanceEnds, type ConformanceFault } from "@alkdev/pubsub/testing";

/** Opens your event target: an event that is published on `near` arrives on `far`. */
function open(): Promise<ConformanceEnds> {
  const faults: ConformanceFault[] = [];
  const target = createInProcessEventTarget({ onError: (error, context) => faults.push({ error, context }) });
  return Promise.resolve({
    near: target,
    far: target,
    faults,
    settle: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => target.close(),
  });
}

conformance(open, {
  test,
  exceptions: {
    encoding: "it passes payloads on as they are",
    envelopesOnly: "it carries any detail",
    ends: "both ends are the same object",
  },
});
