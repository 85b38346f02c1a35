/** The compilers of the users of the package, and their projects. */
import type { NpmProject } from "../../scripts/lib/npm_project.ts";

/** The supported compilers, by the name that each is installed under. */
export const COMPILERS = {
  typescript56: "typescript56@npm:typescript@5.6.3",
  typescript59: "typescript59@npm:typescript@5.9.3",
  typescript: "typescript@7.0.2",
} as const;

/** The types of Node of the users, as oldest as the package allows. */
export const NODE_TYPES = "@types/node@20.19.43";

/** The `moduleResolution`s, with the `module` of each. */
const MODULES = {
  node16: "node16",
  nodenext: "nodenext",
  bundler: "esnext",
  node: "commonjs",
} as const;

/** A project of a user. */
export interface Compilation {
  readonly compiler: keyof typeof COMPILERS;
  readonly moduleResolution: keyof typeof MODULES;
  /** With the types of browsers alone, or with those of Node alone. */
  readonly dom: boolean;
}

/** Every project for which the package must have types. TypeScript 7 has no `moduleResolution: node`. */
export const COMPILATIONS: readonly Compilation[] = keysOf(COMPILERS).flatMap((compiler) =>
  keysOf(MODULES)
    .filter((moduleResolution) => compiler !== "typescript" || moduleResolution !== "node")
    .flatMap((moduleResolution) => [true, false].map((dom) => ({ compiler, moduleResolution, dom })))
);

/** The name of a compilation, for tests. */
export function nameOf({ compiler, moduleResolution, dom }: Compilation): string {
  const version = COMPILERS[compiler].match(/[^@]+$/)?.[0];
  return `TypeScript ${version}, ${moduleResolution}, ${dom ? "types of browsers" : "types of Node"}`;
}

/** Compiles files of a project, and every declaration of the package. Throws unless there is no error. */
export async function compile(
  project: NpmProject,
  { compiler, moduleResolution, dom }: Compilation,
  files: readonly string[],
  options: object = {},
): Promise<void> {
  const compilerOptions = {
    target: "es2022",
    lib: dom ? ["es2022", "dom"] : ["es2022"],
    types: dom ? [] : ["node"],
    module: MODULES[moduleResolution],
    moduleResolution,
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  };
  await project.write({
    "tsconfig.json": JSON.stringify({
      compilerOptions,
      include: [...files, "node_modules/@alkdev/pubsub"],
      exclude: [],
    }),
  });
  await project.run("node", `node_modules/${compiler}/bin/tsc`, "-p", "tsconfig.json");
}

function keysOf<T extends string>(record: Readonly<Record<T, unknown>>): T[] {
  // Cast: Object.keys() is typed for records that may have further members.
  return Object.keys(record) as T[];
}
