// The package that `deno pack` makes, for those who do not know the script of this repository.

import { assertEquals } from "@std/assert";
import { packWithDeno } from "../../../scripts/lib/deno_pack.ts";
import { compile, COMPILERS, NODE_TYPES } from "../../support/compiler.ts";
import { installPackage } from "../../support/package.ts";
import { namesInNode, namesInSources, writeConsumers } from "../../support/package_users.ts";

Deno.test("the package of deno pack has every export and its types, in ES modules alone", async (t) => {
  const tools = [COMPILERS.typescript, COMPILERS.typescript56, NODE_TYPES];
  await using installed = await installPackage(tools, (_project, tarball) => packWithDeno(tarball));
  const { project } = installed;

  await t.step("import gives the exports of the sources", async () => {
    const load = (specifier: string) => `Object.keys(await import("${specifier}")).sort()`;
    assertEquals(await namesInNode(project, "mjs", load), await namesInSources());
  });

  for (const compiler of ["typescript", "typescript56"] as const) {
    for (const dom of [true, false]) {
      await t.step(
        `${COMPILERS[compiler]} compiles with the types of ${dom ? "browsers" : "Node"} alone`,
        async () => {
          const files = await writeConsumers(project, ["mts"]);
          // Its declarations do not name the last library.
          const lib = ["es2022", ...dom ? ["dom"] : [], "esnext.disposable"];
          await compile(project, { compiler, moduleResolution: "node16", dom }, files, { lib });
        },
      );
    }
  }
});
