import { BUN, NODE_24, testSideBySide } from "../../support/runtimes.ts";

testSideBySide(
  ([["Node 24", NODE_24], ["Bun 1.4", BUN]] as const).map(([name, runtime]) => ({
    name: `links connect, reconnect and close on ${name} as they do on Deno`,
    runtime,
    tests: "links.ts",
    atLeast: 120,
  })),
);
