import { assertEquals, assertRejects } from "@std/assert";
import { withFiles } from "../support/temp_files.ts";
import { readModuleImports } from "../../scripts/checks/module_graph.ts";

Deno.test("imports are read from every kind of import and export, also of types and dynamic ones", async () => {
  await withFiles({
    "deno.json": `{ "imports": { "mapped": "npm:ioredis@5" } }`,
    "core/a.ts": `
      import type { B } from "./b.ts";
      export * from "../adapters/c.ts";
      export type { M } from "mapped";
      import "missing-from-import-map";
      import "node:fs";
      // import "./commented.ts";
      export const lazy = (b: B) => import("./b.ts");
      export type C = import("../adapters/c.ts").C;
    `,
    "core/b.ts": "export type B = 1;",
    "adapters/c.ts": "export type C = 1;",
  }, async (root) => {
    assertEquals(await readModuleImports(root, ["core/a.ts", "adapters/c.ts"]), [
      {
        path: "core/a.ts",
        imports: ["core/b.ts", "adapters/c.ts", "npm:ioredis@5", "missing-from-import-map", "node:fs"],
      },
      { path: "adapters/c.ts", imports: [] },
    ]);
  });
});

Deno.test("a module that does not parse is an error", async () => {
  await withFiles({ "deno.json": "{}", "core/a.ts": "import {" }, async (root) => {
    await assertRejects(
      () => readModuleImports(root, ["core/a.ts"]),
      Error,
      "Cannot read the imports of core/a.ts",
    );
  });
});
