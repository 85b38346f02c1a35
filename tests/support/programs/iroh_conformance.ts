/** The conformance suite over Iroh, bundled for other runtimes. */
import "./deno_test_on_node.ts";
import { testEventTarget } from "../conformance/mod.ts";
import { openIrohEnds } from "../iroh.ts";

for (const direction of ["hub to link", "link to hub"] as const) {
  testEventTarget(`Iroh, ${direction}`, { kind: direction, open: () => openIrohEnds(direction) });
}
