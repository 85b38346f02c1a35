import type { NpmProject } from "./npm_project.ts";

/** The compiler that builds the packages. */
export const TYPESCRIPT = "typescript@7.0.2";

/** The options in which two compilations differ. */
interface Compilation {
  readonly compilerOptions: object;
  /** The files of the folder sources/ that are compiled, with what they import; relative to the root. */
  readonly files: readonly string[];
  readonly outDir: string;
}

/** Compiles what is in the folder sources/ of a project that has TypeScript, to JavaScript with declarations. */
export async function compileSources(
  project: NpmProject,
  { compilerOptions, files, outDir }: Compilation,
): Promise<void> {
  await project.write({
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        ...compilerOptions,
        strict: true,
        module: "nodenext",
        rewriteRelativeImportExtensions: true,
        declaration: true,
        rootDir: "sources",
        outDir,
      },
      files: files.map((path) => `sources/${path}`),
    }),
  });
  await project.run("node", "node_modules/typescript/bin/tsc");
}
