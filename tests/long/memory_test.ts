import { assertEquals } from "@std/assert";
import { MEMORY_CASES } from "../support/memory/cases.ts";
import { measure, MEMORY_RUNTIMES } from "../support/memory/measure.ts";

for (const one of MEMORY_CASES.filter(({ isShort }) => isShort)) {
  for (const runtime of MEMORY_RUNTIMES) {
    Deno.test(`a hub on ${runtime} takes no more memory than the page says, and gives it back: ${one.name}`, async () => {
      const { faults } = await measure(one, runtime);
      assertEquals(faults, []);
    });
  }
}
