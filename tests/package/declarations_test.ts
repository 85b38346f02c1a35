import config from "../../deno.json" with { type: "json" };
import { npmBuildOptions, npmDependencies } from "../../scripts/npm_build_options.ts";
import { NpmProject } from "../../scripts/lib/npm_project.ts";
import { OLDEST_TYPESCRIPT, TYPESCRIPT, USER_OPTIONS } from "../support/compiler.ts";

const { compilerOptions, package: { devDependencies } } = npmBuildOptions(config);

// With the options of dnt: the npm package has declarations of internal modules too.
Deno.test("declarations need types of browsers or of Node, not both, also in internal modules", async () => {
  await using project = await NpmProject.create();
  const packages = Object.entries({ ...npmDependencies(config.imports), ...devDependencies });
  await project.install(
    TYPESCRIPT,
    OLDEST_TYPESCRIPT,
    ...packages.map(([name, range]) => `${name}@${range}`),
  );
  await Deno.symlink(new URL("../../", import.meta.url), project.path("sources"));
  const compile = async (
    options: object,
    include: readonly string[],
    compiler = "typescript",
  ): Promise<void> => {
    const tsconfig = { compilerOptions: { module: "nodenext", ...options }, include };
    await project.write({ "tsconfig.json": JSON.stringify(tsconfig) });
    await project.run("node", `node_modules/${compiler}/bin/tsc`);
  };

  await compile({
    ...compilerOptions,
    types: ["node"],
    preserveSymlinks: true,
    allowImportingTsExtensions: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: "sources",
    outDir: "declarations",
  }, config.publish.include.map((path) => `sources/${path}`));
  const withoutDom = { ...USER_OPTIONS, lib: ["es2022", "esnext.disposable"], types: ["node"] };
  for (const compiler of ["typescript", "typescript56"]) {
    await compile(USER_OPTIONS, ["declarations"], compiler);
    await compile(withoutDom, ["declarations"], compiler);
  }
});
