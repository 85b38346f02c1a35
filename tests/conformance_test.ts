import { createInProcessEventTarget, type PubSubEventTarget } from "@alkdev/pubsub";
import { type Ends, type Fault, testEventTarget } from "./support/conformance.ts";
import { serveHub, serveNodeHub } from "./support/hubs.ts";
import { openIrohEnds } from "./support/iroh.ts";
import { openUpstreamEnds } from "./support/upstreams.ts";
import { openWorkerEnds, UNCLONABLE, type WorkerKind } from "./support/workers.ts";
import { openEnds, openReconnectedEnds } from "./support/links.ts";

/** A target whose two sides are the same. */
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

for (const direction of ["hub to link", "link to hub"] as const) {
  testEventTarget(`WebSocket, ${direction}, on Deno`, {
    kind: direction,
    open: () => openEnds(serveHub(), direction),
  });
  testEventTarget(`WebSocket, ${direction}, on npm:ws`, {
    kind: direction,
    open: async () => openEnds(await serveNodeHub(), direction, "ws"),
  });
  testEventTarget(`WebSocket, ${direction}, from Deno to npm:ws`, {
    kind: direction,
    open: async () => openEnds(await serveNodeHub(), direction, "platform"),
  });
  for (const worker of ["MessagePort", "Worker", "node:worker_threads"] satisfies WorkerKind[]) {
    testEventTarget(`${worker}, ${direction}`, {
      kind: direction,
      unencodable: UNCLONABLE,
      open: () => openWorkerEnds(worker, direction),
    });
  }
  testEventTarget(`WebSocket, ${direction}, after the link was cut and is back`, {
    kind: direction === "hub to link" ? "hub to reconnecting link" : direction,
    open: () => openReconnectedEnds(serveHub(), direction),
  });
  testEventTarget(`Iroh, ${direction}`, { kind: direction, open: () => openIrohEnds(direction) });
}

for (const direction of ["hub to link", "link to hub", "link to link"] as const) {
  testEventTarget(`WebSocket, ${direction}, over an upstream`, {
    kind: "over an upstream",
    open: () => openUpstreamEnds(direction),
  });
}
