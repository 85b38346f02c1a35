// Prints how much memory a hub takes for peers that do their worst, beside what docs/production.md says, as a table. Arguments
// choose the cases whose names contain one of them. All of them take about 20 minutes. Exits with 1 if one takes too much.

import { MEMORY_CASES } from "../support/memory/cases.ts";
import { measure, MEMORY_RUNTIMES } from "../support/memory/measure.ts";

let isTooMuch = false;
console.log("| Case | Hub | Peers | Says, MB | Peak, MB | Held, MB | Ratio | Left behind | The hub then |");
console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const one of MEMORY_CASES) {
  if (Deno.args.length > 0 && !Deno.args.some((arg) => one.name.includes(arg))) continue;
  for (const runtime of MEMORY_RUNTIMES) {
    const { says, peak, held, ratio, left, faults, hub } = await measure(one, runtime);
    isTooMuch ||= faults.length > 0;
    const cells = [
      one.name,
      runtime,
      one.peers,
      ...[says, peak, held].map((bytes) => (bytes / 1e6).toFixed(1)),
      `${ratio.toFixed(2)}${faults.length > 0 ? " (too much)" : ""}`,
      `${Math.round(100 * left)} %`,
      `${hub.connectionCount} open, ${hub.closingCount} closing, ${JSON.stringify(hub.reported)}`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}
Deno.exit(isTooMuch ? 1 : 0);
