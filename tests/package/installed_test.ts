// The package as users install it. All tests share one installation.

import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { checkNpmPackage } from "../../scripts/checks/npm_package.ts";
import { npmBuildOptions, npmDependencies } from "../../scripts/npm_build_options.ts";
import { NPM, NpmProject } from "../../scripts/lib/npm_project.ts";
import { runProcess } from "../../scripts/lib/process.ts";
import { testAdapterPage } from "../support/adapter_page.ts";
import { findChromium, openPage } from "../support/chromium.ts";
import { COMPILATIONS, compile, COMPILERS, nameOf, NODE_TYPES } from "../support/compiler.ts";
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
  COMPILERS.typescript,
  COMPILERS.typescript56,
  NODE_TYPES,
  "esbuild@0.28.2",
  "ws@8.23.0",
];

/** The newest compiler needs a second, the oldest one three. `deno task test:long` compiles all. */
const QUICK = COMPILATIONS.filter(({ compiler, moduleResolution, dom }) =>
  compiler === "typescript" ||
  (compiler === "typescript56" && (dom ? moduleResolution === "node" : moduleResolution === "node16"))
);

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

const BOTH_KINDS = ["node:worker_threads ok", "MessagePort ok"];
const RUNTIMES: readonly (readonly [name: string, Runtime, lines: readonly string[]])[] = [
  ["Node 20", NODE_20, BOTH_KINDS],
  ["Node 22", NODE_22, BOTH_KINDS],
  ["Node 24", NODE_24, BOTH_KINDS],
  ["Bun 1.4", BUN, ["node:worker_threads ok", "Worker ok", "MessagePort ok"]],
];

/** Prints whether the classes are the same, whether \`instanceof\` holds, and whether a via is known to both. */
const BOTH = `
import { createRequire } from "node:module";
import * as imported from "@alkdev/pubsub";
const required = createRequire(import.meta.url)("@alkdev/pubsub");
const pubsub = required.createPubSub({ eventTarget: imported.createInProcessEventTarget() });
const subscription = pubsub.subscribe("news", "1", { capacity: 1 });
pubsub.publish("news", "1", 1);
pubsub.publish("news", "1", 2);
await subscription.next();
const error = await subscription.next().catch((reason) => reason);
const { SubscriptionOverflowError } = imported;
console.log(JSON.stringify([
  required.SubscriptionOverflowError === SubscriptionOverflowError,
  error instanceof SubscriptionOverflowError,
  error instanceof required.SubscriptionOverflowError,
]));
`;

/** Prints whether a subscription is a \`Repeater\`, which error comes from its 1,025th \`next()\`, and how it is shown. */
const BUNDLED = `
import { Repeater } from "@repeaterjs/repeater";
import { createPubSub } from "@alkdev/pubsub";
const { inspect } = process.getBuiltinModule("node:util");
const subscription = createPubSub().subscribe("news", "1");
const reads = Array.from({ length: 1025 }, () => subscription.next().catch(({ name }) => name));
subscription[Symbol.dispose]();
for await (const event of subscription) throw event;
console.log(JSON.stringify([
  subscription instanceof Repeater,
  (await Promise.all(reads)).at(-1),
  inspect(subscription).startsWith("Subscription {"),
]));
`;

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installPackage(TOOLS);
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

Deno.test("the package works for its users", async (t) => {
  const { project, tarball, manifest } = installed;

  await t.step("it has every export, and no file that does not belong there", async () => {
    const files = (await project.run("tar", "-tzf", tarball)).trimEnd().split("\n");
    const problems = checkNpmPackage({
      manifest,
      files: files.map((file) => file.replace("package/", "")),
    }, {
      manifest: { ...npmPackage },
      exports: Object.keys(config.exports),
      formats: ["import", "require"],
      dependencies: npmDependencies(config.imports),
    });
    assertEquals(problems, []);
  });

  await t.step("packages that only some sub-paths need are not installed with it", async () => {
    for (const name of Object.keys(npmPackage.peerDependencies)) {
      await assertRejects(() => Deno.stat(project.path(`node_modules/${name}`)), Deno.errors.NotFound);
    }
  });

  await t.step("import and require give the exports of the sources", async () => {
    // ./react imports it.
    await project.install("react@19");
    const imported = (specifier: string) => `Object.keys(await import("${specifier}")).sort()`;
    assertEquals(await namesInNode(project, "mjs", imported), await namesInSources());
    const required = (specifier: string) => `Object.keys(require("${specifier}")).sort()`;
    assertEquals(await namesInNode(project, "cjs", required), await namesInSources());
  });

  await t.step("what is imported and what is required work as one library", async () => {
    await project.write({ "both.mjs": BOTH });
    assertEquals(JSON.parse(await project.run("node", "both.mjs")), [false, true, true]);
  });

  for (const platform of ["node", "browser"]) {
    await t.step(`a bundle for the platform "${platform}" of esbuild works`, async () => {
      await project.write({ "bundled.mjs": BUNDLED });
      const options = [`--platform=${platform}`, "--bundle", "--format=esm", "--outfile=bundle.mjs"];
      await project.run(project.bin("esbuild"), "bundled.mjs", "--log-level=error", ...options);
      const isServer = platform === "node";
      const printed = JSON.parse(await project.run("node", "bundle.mjs"));
      assertEquals(printed, [isServer, "RepeaterOverflowError", isServer]);
    });
  }

  await t.step("npm installs it beside an ioredis that no event target takes", async () => {
    await using other = await NpmProject.create();
    await other.run(...NPM, "install", "--package-lock-only", "ioredis@4", tarball);
  });

  for (const compilation of QUICK) {
    await t.step(`${nameOf(compilation)}: programs of users compile`, async () => {
      await compile(project, compilation, await writeConsumers(project, ["mts", "cts"]));
    });
  }

  await t.step("publint finds nothing", async () => {
    const output = await project.run(project.bin("publint"), "run", "--strict", tarball);
    assertEquals(output.includes("All good!"), true, output);
  });

  await t.step("are the types wrong finds nothing", async () => {
    await project.run(project.bin("attw"), "--profile", "strict", tarball);
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
  const host = fileURLToPath(new URL("../support/programs/runtime_host.mjs", import.meta.url));
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
