// Builds the npm package: `build_npm.ts [folder]`, by default npm/. TypeScript compiles the sources to ES modules and to
// CommonJS, with declarations for both. npm_build_options.ts says what the package is.

import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { compileSources, TYPESCRIPT } from "./lib/compile_sources.ts";
import { NpmProject } from "./lib/npm_project.ts";
import { browserField, FORMATS, npmBuildOptions, PAGE_MODULES } from "./npm_build_options.ts";

const SOURCES = ["mod.ts", "{core,adapters,operators,http,react,opentelemetry,testing}/**/*.ts"];
const DOCUMENTS = ["LICENSE", "README.md", "CHANGELOG.md"];

const root = fileURLToPath(new URL("../", import.meta.url));

/** Builds the package in a folder, in place of what is there. */
export async function buildNpm(folder: string): Promise<void> {
  const { compilerOptions, devDependencies, package: manifest } = npmBuildOptions(config);
  await using project = await NpmProject.create();
  const packages = Object.entries({ ...manifest.dependencies, ...devDependencies });
  await project.install(TYPESCRIPT, ...packages.map(([name, range]) => `${name}@${range}`));
  for (const path of globSync(SOURCES, { cwd: root })) {
    write(project.path(`sources/${path}`), readFileSync(`${root}/${path}`, "utf8"));
  }

  rmSync(folder, { recursive: true, force: true });
  for (const { type, folder: format } of FORMATS) {
    write(project.path("sources/package.json"), JSON.stringify({ type }));
    await compileSources(project, {
      compilerOptions,
      files: [...Object.values(config.exports), ...Object.values(PAGE_MODULES)],
      outDir: `out/${format}`,
    });
    // Bundlers read the nearest package.json.
    write(
      `${folder}/${format}/package.json`,
      json({ type, sideEffects: manifest.sideEffects, browser: browserField() }),
    );
  }
  const out = project.path("out");
  for (const path of globSync("**/*.{js,d.ts}", { cwd: out })) {
    const code = readFileSync(`${out}/${path}`, "utf8");
    write(`${folder}/${path}`, path.endsWith(".d.ts") ? completeDeclarations(code) : withoutTypesOf(code));
  }
  for (const file of DOCUMENTS) write(`${folder}/${file}`, readFileSync(`${root}/${file}`, "utf8"));
  write(`${folder}/package.json`, json(manifest));
}

/** Leaves out the pragmas that name types for Deno: their files are not published. */
function withoutTypesOf(code: string): string {
  return code.replaceAll(/^\/\/ @ts-types=.*\n/gm, "");
}

/** Names the files that are published, and the library of types that a module needs and a program may not have named. */
function completeDeclarations(code: string): string {
  const named = code.replaceAll(/((?:from|import\() ?"\.{1,2}\/[^"]+)\.ts"/g, '$1.js"');
  return /\b(Async)?Disposable\b|\[Symbol\.(asyncD|d)ispose\]/.test(named)
    ? `/// <reference lib="esnext.disposable" />\n${named}`
    : named;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

if (import.meta.main) await buildNpm(Deno.args[0] ?? `${root}/npm`);
