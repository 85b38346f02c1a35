import { BUN, NODE_20, NODE_22, NODE_24, testSideBySide } from "../support/runtimes.ts";

const RUNTIMES = [["Node 20", NODE_20], ["Node 22", NODE_22], ["Node 24", NODE_24], [
  "Bun 1.4",
  BUN,
]] as const;

testSideBySide(RUNTIMES.map(([name, runtime]) => ({
  name: `operators with timers work on ${name}, also under its fake timers`,
  runtime,
  tests: "operators_with_timers.ts",
  atLeast: 80,
})));
