import { createInProcessEventTarget, type PubSubEventTarget } from "@alkdev/pubsub";
import { type Ends, type Fault, testEventTarget } from "../support/conformance/mod.ts";

/** An event target whose two sides are the same. */
function oneSided<TTarget extends EventTarget>(
  target: TTarget,
  faults: Fault[],
  close: () => Promise<void>,
): Ends<TTarget> {
  return { near: target, far: target, faults, settle: () => Promise.resolve(), [Symbol.asyncDispose]: close };
}

testEventTarget("built-in EventTarget", {
  kind: "built-in EventTarget",
  open: () => Promise.resolve(oneSided(new EventTarget(), [], () => Promise.resolve())),
});

testEventTarget("in-process", {
  kind: "in-process",
  open(): Promise<Ends<PubSubEventTarget>> {
    const faults: Fault[] = [];
    const target = createInProcessEventTarget({
      onError: (error, context) => void faults.push({ error, context }),
    });
    return Promise.resolve(oneSided(target, faults, () => target.close()));
  },
});
