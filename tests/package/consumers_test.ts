import { assertEquals, assertRejects } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { checkNpmPackage } from "../../scripts/checks/npm_package.ts";
import { npmBuildOptions, npmDependencies } from "../../scripts/npm_build_options.ts";
import type { NpmProject } from "../../scripts/npm_project.ts";
import { TYPESCRIPT, USER_OPTIONS } from "../support/compiler.ts";
import { installPackage } from "../support/package.ts";

const TOOLS = [
  "@arethetypeswrong/cli@0.18.5",
  "publint@0.3.25",
  TYPESCRIPT,
  "typescript5@npm:typescript@5.9.3",
];

/** A compiler, and `module` and `moduleResolution` of a project that the package has to be typed for. */
const COMPILATIONS = [
  ["typescript", "node16", "node16"],
  ["typescript", "nodenext", "nodenext"],
  ["typescript", "esnext", "bundler"],
  ["typescript5", "node16", "node16"],
] as const;

const root = new URL("../../", import.meta.url);
const npmPackage = npmBuildOptions(config).package;
const subPaths = Object.keys(config.exports);
const specifierOf = (subPath: string): string => subPath.replace(".", config.name);

Deno.test("the package works for those who install it", async (t) => {
  await using installed = await installPackage(...TOOLS);
  const { project, tarball, manifest, hasCommonJs } = installed;

  await t.step("it has every export, and nothing that does not belong there", async () => {
    const { name, version, license } = config;
    const files = (await project.run("tar", "-tzf", tarball)).trimEnd().split("\n");
    const problems = checkNpmPackage({
      manifest,
      files: files.map((file) => file.replace("package/", "")),
    }, {
      // What `deno pack` makes says no more than that.
      manifest: hasCommonJs ? { ...npmPackage } : { name, version, license },
      exports: subPaths,
      formats: hasCommonJs ? ["import", "require"] : ["import"],
      dependencies: npmDependencies(config.imports),
    });
    assertEquals(problems, []);
  });

  await t.step("import gives what the sources export", async () => {
    const load = (specifier: string) => `Object.keys(await import("${specifier}")).sort()`;
    assertEquals(await namesInNode(project, "mjs", load), await namesInSources());
  });

  if (hasCommonJs) {
    await t.step("require gives what the sources export", async () => {
      const load = (specifier: string) => `Object.keys(require("${specifier}")).sort()`;
      assertEquals(await namesInNode(project, "cjs", load), await namesInSources());
    });
  }

  await t.step("nothing that only some of its event targets need is installed with it", async () => {
    for (const name of Object.keys(npmPackage.peerDependencies)) {
      await assertRejects(() => Deno.stat(project.path(`node_modules/${name}`)), Deno.errors.NotFound);
    }
  });

  for (const [compiler, module, moduleResolution] of COMPILATIONS) {
    await t.step(`${compiler} compiles its users under ${moduleResolution}`, async () => {
      // Some types are inferred otherwise with the one than with the other.
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

  await t.step("are the types wrong? No", async () => {
    const profile = hasCommonJs ? "node16" : "esm-only";
    await project.run(project.bin("attw"), "--profile", profile, tarball);
  });
});

/** The names of each sub-path as Node has them, where `load` is an expression. */
async function namesInNode(
  project: NpmProject,
  extension: "mjs" | "cjs",
  load: (specifier: string) => string,
): Promise<unknown> {
  const entries = subPaths.map((subPath) => `${JSON.stringify(subPath)}: ${load(specifierOf(subPath))}`);
  await project.write({
    [`names.${extension}`]: `console.log(JSON.stringify({ ${entries.join(", ")} }));\n`,
  });
  return JSON.parse(await project.run("node", `names.${extension}`));
}

async function namesInSources(): Promise<unknown> {
  const names: Record<string, string[]> = {};
  for (const [subPath, file] of Object.entries(config.exports)) {
    names[subPath] = Object.keys(await import(new URL(file, root).href)).sort();
  }
  return names;
}

/** Projects of users: one of ESM, and one of CommonJS where there is that. */
async function writeConsumers(
  project: NpmProject,
  hasCommonJs: boolean,
  compilerOptions: object,
): Promise<void> {
  const consumer = await Deno.readTextFile(new URL("programs/consumer.ts", import.meta.url));
  const every = subPaths.map((subPath, i) => `export * as export${i} from "${specifierOf(subPath)}";\n`).join(
    "",
  );
  const extensions = hasCommonJs ? ["mts", "cts"] : ["mts"];
  for (const extension of extensions) {
    await project.write({ [`consumer.${extension}`]: consumer, [`every.${extension}`]: every });
  }
  await project.write({
    "tsconfig.json": JSON.stringify({
      compilerOptions: { ...USER_OPTIONS, ...compilerOptions },
      include: ["*.mts", "*.cts"],
    }),
  });
}
