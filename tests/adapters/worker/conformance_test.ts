import { testEventTarget } from "../../support/conformance/mod.ts";
import { openWorkerEnds, UNCLONABLE } from "../../support/workers.ts";

for (const direction of ["hub to link", "link to hub"] as const) {
  for (const kind of ["Worker", "node:worker_threads"] as const) {
    testEventTarget(`${kind}, ${direction}`, {
      kind: direction,
      unencodable: UNCLONABLE,
      open: () => openWorkerEnds(kind, direction),
    });
  }
}
