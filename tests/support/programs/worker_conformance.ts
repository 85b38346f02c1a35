/** The conformance suite over workers, bundled for Node and Bun. */
import "./deno_test_on_node.ts";
import { testEventTarget } from "../conformance/mod.ts";
import { openWorkerEnds, UNCLONABLE, type WorkerKind } from "../workers.ts";

// Node has no web workers.
const web: readonly WorkerKind[] = typeof Worker === "function" ? ["Worker"] : [];

for (const kind of ["MessagePort", "node:worker_threads", ...web] satisfies WorkerKind[]) {
  for (const direction of ["hub to link", "link to hub"] as const) {
    testEventTarget(`${kind}, ${direction}`, {
      kind: direction,
      unencodable: UNCLONABLE,
      open: () => openWorkerEnds(kind, direction),
    });
  }
}
