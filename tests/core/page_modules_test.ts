import { assertEquals } from "@std/assert";
import { PAGE_MODULES } from "../../scripts/npm_build_options.ts";

for (const [path, inPage] of Object.entries(PAGE_MODULES)) {
  Deno.test(`a page that loads ${inPage} in place of ${path} finds the same exports`, async () => {
    const [names, namesInPage] = await Promise.all(
      [path, inPage].map(async (each) => Object.keys(await import(`../.${each}`)).sort()),
    );
    assertEquals(namesInPage, names);
  });
}
