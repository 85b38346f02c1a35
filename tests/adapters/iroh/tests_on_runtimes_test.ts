// The Iroh tests of Deno on other runtimes. Their heartbeats are short, so they do not run beside other files.

import { BUN, NODE_24, testSideBySide } from "../../support/runtimes.ts";

testSideBySide(
  Object.entries({ "Node 24": NODE_24, "Bun": BUN }).map(([name, runtime]) => ({
    name: `the Iroh tests of Deno without processes pass on ${name} too`,
    runtime,
    tests: "iroh_tests.ts",
    atLeast: 70,
  })),
);
