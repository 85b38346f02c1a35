// The programs that pages show are those that tests run.

import { assert, assertEquals } from "@std/assert";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pageFiles } from "../support/page_files.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("each program on a page is the file that it names", async () => {
  let count = 0;
  for (const page of globSync("docs/**/*.md", { cwd: root })) {
    for (const [path, text] of Object.entries(pageFiles(await Deno.readTextFile(root + page)))) {
      if (!path.startsWith("examples/")) continue;
      assertEquals(text, await Deno.readTextFile(root + path), `${page}: ${path}`);
      count++;
    }
  }
  assert(count > 10, `${count} programs`);
});
