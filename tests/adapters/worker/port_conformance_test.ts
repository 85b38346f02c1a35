import { testEventTarget } from "../../support/conformance/mod.ts";
import { openWorkerEnds, UNCLONABLE } from "../../support/workers.ts";

for (const direction of ["hub to link", "link to hub"] as const) {
  testEventTarget(`MessagePort, ${direction}`, {
    kind: direction,
    unencodable: UNCLONABLE,
    open: () => openWorkerEnds("MessagePort", direction),
  });
}
