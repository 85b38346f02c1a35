import { NODE_20, NODE_24, testSideBySide } from "../../support/runtimes.ts";

testSideBySide(
  ([["Node 20", NODE_20], ["Node 24", NODE_24]] as const).map(([name, runtime]) => ({
    name: `a hub on npm:ws keeps its bounds in ${name}`,
    runtime,
    tests: "socket_bounds.ts",
    atLeast: 6,
  })),
);
