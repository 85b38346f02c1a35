// Every supported compiler, with every way to find modules, and with the types of browsers, of Node or of Workers.

import { COMPILATIONS, compile, COMPILERS, nameOf, NODE_TYPES } from "../../support/compiler.ts";
import { type InstalledPackage, installPackage } from "../../support/package.ts";
import { writeConsumers } from "../../support/package_users.ts";

const WORKERS_TYPES = "@cloudflare/workers-types@5.20261117.1";

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installPackage([...Object.values(COMPILERS), NODE_TYPES, WORKERS_TYPES]);
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

for (const compilation of COMPILATIONS) {
  Deno.test(`${nameOf(compilation)}: programs of users and every declaration compile`, async () => {
    const { project } = installed;
    const files = await writeConsumers(project, ["mts", "cts"]);
    // The option changes how some types are inferred.
    await compile(project, compilation, files, { exactOptionalPropertyTypes: true });
    if (compilation.moduleResolution === "node16") await compile(project, compilation, files);
  });
}

for (const compiler of ["typescript56", "typescript"] as const) {
  const compilation = { compiler, moduleResolution: "bundler", dom: false } as const;
  Deno.test(`${COMPILERS[compiler]}: every declaration compiles with the types of Cloudflare Workers alone`, async () => {
    await compile(installed.project, compilation, ["every.mts"], { types: ["@cloudflare/workers-types"] });
  });

  Deno.test(`${COMPILERS[compiler]}: every declaration compiles with the types of browsers and of Node`, async () => {
    const options = { lib: ["esnext", "dom"], types: ["node"] };
    await compile(installed.project, compilation, ["every.mts"], options);
  });
}
