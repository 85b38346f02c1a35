import { BUN, NODE_20, NODE_22, NODE_24, testSideBySide } from "../../support/runtimes.ts";

const RUNTIMES = [
  ["Node 20", NODE_20, 140],
  ["Node 22", NODE_22, 140],
  ["Node 24", NODE_24, 140],
  ["Bun 1.4", BUN, 210],
] as const;

testSideBySide(RUNTIMES.map(([name, runtime, atLeast]) => ({
  name: `worker event targets conform on ${name}, in both directions`,
  runtime,
  tests: "worker_conformance.ts",
  atLeast,
  worker: "relay_worker.mjs",
})));
