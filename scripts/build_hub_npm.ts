// Builds the npm package of the hub program: `build_hub_npm.ts [folder] [library]`, by default npm-hub/ and npm/. TypeScript
// compiles hub/ to ES modules, over the package of the library that `deno task npm` has built.

import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildLivePage } from "./build_live_page.ts";
import library from "../deno.json" with { type: "json" };
import config from "../hub/deno.json" with { type: "json" };
import { compileSources, TYPESCRIPT } from "./lib/compile_sources.ts";
import { NpmProject } from "./lib/npm_project.ts";
import { npmBuildOptions } from "./npm_build_options.ts";

/** Types of packages, which only the build needs. */
const TYPES = ["@types/node@^20.9.0", "@types/ws@^8.18.1"];

/** The library has a version of its own below, and the chart library is bundled into the page. */
const OTHERS = [library.name, "uplot"];

const root = fileURLToPath(new URL("../", import.meta.url));

/** Builds the package in a folder, in place of what is there. */
export async function buildHubNpm(folder: string, libraryFolder: string): Promise<void> {
  const { package: { description: _, keywords, ...base }, compilerOptions } = npmBuildOptions(library);
  const dependencies = {
    [library.name]: `^${library.version}`,
    ...Object.fromEntries(
      Object.entries(config.imports).filter(([name]) => !OTHERS.includes(name))
        .map(([name, specifier]) => [name, specifier.replace(`npm:${name}@`, "")]),
    ),
  };
  await using project = await NpmProject.create();
  const others = Object.entries(dependencies).filter(([name]) => name !== library.name);
  await project.install("--install-links", resolve(libraryFolder), TYPESCRIPT, ...TYPES);
  await project.install(...others.map(([name, range]) => `${name}@${range}`));
  const sources = globSync("**/*.ts", { cwd: `${root}/hub`, exclude: ["**/*.d.ts", "live/page/**"] });
  for (const path of sources) {
    write(project.path(`sources/${path}`), readFileSync(`${root}/hub/${path}`, "utf8"));
  }
  await compileSources(project, {
    compilerOptions: { ...compilerOptions, skipLibCheck: true },
    files: Object.values(config.exports),
    outDir: "out",
  });
  rmSync(folder, { recursive: true, force: true });
  const out = project.path("out");
  for (const path of globSync("**/*.{js,d.ts}", { cwd: out })) {
    const code = readFileSync(`${out}/${path}`, "utf8");
    write(`${folder}/esm/${path}`, code.replaceAll(/((?:from|import\() ?"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"'));
  }
  await buildLivePage();
  write(`${folder}/esm/live/assets.gen.js`, readFileSync(`${root}/hub/live/assets.gen.js`, "utf8"));
  for (const file of ["LICENSE", "CHANGELOG.md"]) {
    write(`${folder}/${file}`, readFileSync(`${root}/${file}`, "utf8"));
  }
  write(`${folder}/README.md`, readFileSync(`${root}/hub/README.md`, "utf8"));
  const { name, version } = config;
  const manifest = {
    name,
    version,
    description: "A hub for @alkdev/pubsub as a program: events over WebSocket, Server-Sent Events and HTTP",
    keywords,
    homepage: base.homepage,
    bugs: base.bugs,
    license: base.license,
    author: base.author,
    repository: { ...base.repository, directory: "hub" },
    type: "module",
    bin: { "pubsub-hub": "./esm/main.js" },
    exports: { "./config": "./esm/config.js", "./package.json": "./package.json" },
    engines: base.engines,
    dependencies,
    publishConfig: base.publishConfig,
  };
  write(`${folder}/package.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

if (import.meta.main) await buildHubNpm(Deno.args[0] ?? `${root}/npm-hub`, Deno.args[1] ?? `${root}/npm`);
