// The package as users install it. All tests share one installation.

import { assert, assertEquals, assertRejects } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { checkNpmPackage } from "../../scripts/checks/npm_package.ts";
import { npmBuildOptions, npmDependencies } from "../../scripts/npm_build_options.ts";
import { runProcess } from "../../scripts/lib/process.ts";
import { NODE_TYPES, testAdapterPage } from "../support/adapter_page.ts";
import { findChromium, openPage } from "../support/chromium.ts";
import { TYPESCRIPT } from "../support/compiler.ts";
import { type InstalledPackage, installPackage } from "../support/package.ts";
import {
  compilePrograms,
  namesInNode,
  namesInSources,
  withHub,
  writeConsumers,
} from "../support/package_users.ts";
import { BUN, NODE_20, NODE_22, NODE_24, type Runtime } from "../support/runtimes.ts";

const TOOLS = [
  "@arethetypeswrong/cli@0.18.5",
  "publint@0.3.25",
  TYPESCRIPT,
  NODE_TYPES,
  "typescript5@npm:typescript@5.9.3",
  "esbuild@0.28.2",
  "ws@8.23.0",
];

/** The compilers, and `module` and `moduleResolution` of the projects, for which the package must have types. */
const COMPILATIONS = [
  ["typescript", "node16", "node16"],
  ["typescript", "nodenext", "nodenext"],
  ["typescript", "esnext", "bundler"],
  ["typescript5", "node16", "node16"],
] as const;

const npmPackage = npmBuildOptions(config).package;

const NUMBERS = Array.from({ length: 1000 }, (_, i) => i);
const EXCHANGED = { received: NUMBERS, heard: NUMBERS };
const SPOKE_REPORT = {
  before: EXCHANGED,
  lost: 1001,
  after: EXCHANGED,
  ended: true,
  status: "closed",
  error: "undefined",
  faults: [],
};

type Command = Runtime["program"];

/** The Deno that runs the tests. */
const deno: Command = () => Promise.resolve([Deno.execPath(), "run", "-A", "--no-lock"]);

const PAIRS: readonly (readonly [hub: string, Command, spoke: string, Command])[] = [
  ["Deno", deno, "Deno", deno],
  ["Deno", deno, "Node 20 with npm:ws", NODE_20.program],
  ["Deno", deno, "Node 22", NODE_22.program],
  ["Deno", deno, "Node 24", NODE_24.program],
  ["Deno", deno, "Bun 1.4", BUN.program],
  ["Node 20 with npm:ws", NODE_20.program, "Deno", deno],
];

const BOTH = ["node:worker_threads ok", "MessagePort ok"];
const RUNTIMES: readonly (readonly [name: string, Runtime, lines: readonly string[]])[] = [
  ["Node 20", NODE_20, BOTH],
  ["Node 22", NODE_22, BOTH],
  ["Node 24", NODE_24, BOTH],
  ["Bun 1.4", BUN, ["node:worker_threads ok", "Worker ok", "MessagePort ok"]],
];

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installPackage(...TOOLS);
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

Deno.test("the package works for its users", async (t) => {
  const { project, tarball, manifest, hasCommonJs } = installed;

  await t.step("it has every export, and no file that does not belong there", async () => {
    const { name, version, license } = config;
    const files = (await project.run("tar", "-tzf", tarball)).trimEnd().split("\n");
    const problems = checkNpmPackage({
      manifest,
      files: files.map((file) => file.replace("package/", "")),
    }, {
      // The package.json of `deno pack` has only these fields.
      manifest: hasCommonJs ? { ...npmPackage } : { name, version, license },
      exports: Object.keys(config.exports),
      formats: hasCommonJs ? ["import", "require"] : ["import"],
      dependencies: npmDependencies(config.imports),
    });
    assertEquals(problems, []);
  });

  await t.step("import gives the exports of the sources", async () => {
    const load = (specifier: string) => `Object.keys(await import("${specifier}")).sort()`;
    assertEquals(await namesInNode(project, "mjs", load), await namesInSources());
  });

  if (hasCommonJs) {
    await t.step("require gives the exports of the sources", async () => {
      const load = (specifier: string) => `Object.keys(require("${specifier}")).sort()`;
      assertEquals(await namesInNode(project, "cjs", load), await namesInSources());
    });
  }

  await t.step("packages that only some event targets need are not installed with it", async () => {
    for (const name of Object.keys(npmPackage.peerDependencies)) {
      await assertRejects(() => Deno.stat(project.path(`node_modules/${name}`)), Deno.errors.NotFound);
    }
  });

  for (const [compiler, module, moduleResolution] of COMPILATIONS) {
    await t.step(`${compiler} compiles programs of users under ${moduleResolution}`, async () => {
      // The option changes how some types are inferred.
      for (const exactOptionalPropertyTypes of [true, false]) {
        await writeConsumers(project, hasCommonJs, { module, moduleResolution, exactOptionalPropertyTypes });
        await project.run("node", `node_modules/${compiler}/bin/tsc`, "-p", "tsconfig.json");
      }
    });
  }

  await t.step("publint finds nothing", async () => {
    const output = await project.run(project.bin("publint"), "run", "--strict", tarball);
    assertEquals(output.includes("All good!"), true, output);
  });

  await t.step("are the types wrong finds nothing", async () => {
    const profile = hasCommonJs ? "node16" : "esm-only";
    await project.run(project.bin("attw"), "--profile", profile, tarball);
  });
});

Deno.test("hubs and spokes of every runtime exchange events in order, and end by themselves", async (t) => {
  const { project } = installed;
  await compilePrograms(project);
  // The pairs run at the same time, since they mostly wait for each other.
  const runs = await Promise.allSettled([
    ...PAIRS.map(async ([_hub, hubCommand, _spoke, spokeCommand]) => {
      const [onHub, onSpoke] = await Promise.all([hubCommand(), spokeCommand()]);
      await withHub(project, onHub, async (url) => {
        const report = await runProcess([...onSpoke, "spoke.mjs", url, "spoke_1"], { cwd: project.folder });
        assertEquals(JSON.parse(report), SPOKE_REPORT);
      });
    }),
    (async () => {
      const chromium = await findChromium();
      await withHub(project, await deno(), async (url) => {
        await using page = await openPage(chromium, project.path("page.mjs"), { hub: url, id: "spoke_1" });
        assertEquals(await page.report, SPOKE_REPORT);
      });
    })(),
  ]);
  const names = [
    ...PAIRS.map(([hub, , spoke]) => `a hub in ${hub}, a spoke in ${spoke}`),
    "a hub in Deno, a spoke in a page in Chromium",
  ];
  for (const [i, name] of names.entries()) await t.step(name, () => assertSucceeded(runs[i]));
});

Deno.test("hosts and threads work in Node 20, 22 and 24 and in Bun", async (t) => {
  const host = new URL("../support/programs/runtime_host.mjs", import.meta.url).pathname;
  const runs = await Promise.allSettled(RUNTIMES.map(async ([_name, runtime, lines]) => {
    const output = await runProcess([...await runtime.program(), host], { env: { PUBSUB: installed.entry } });
    assertEquals(output.trimEnd().split("\n"), lines);
  }));
  for (const [i, [name]] of RUNTIMES.entries()) await t.step(name, () => assertSucceeded(runs[i]));
});

Deno.test("docs/writing_an_adapter.md works for those who install the package", async (t) => {
  await testAdapterPage(t, installed);
});

function assertSucceeded(run: PromiseSettledResult<void> | undefined): void {
  assert(run !== undefined, "It did not run");
  if (run.status === "rejected") throw run.reason;
}
