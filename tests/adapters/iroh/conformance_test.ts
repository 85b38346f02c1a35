import { testEventTarget } from "../../support/conformance/mod.ts";
import { openIrohEnds } from "../../support/iroh.ts";

for (const direction of ["hub to link", "link to hub"] as const) {
  testEventTarget(`Iroh, ${direction}`, { kind: direction, open: () => openIrohEnds(direction) });
}
