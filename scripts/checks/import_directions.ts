// Imports point one way: operators → core; adapters → adapters/_shared → core; mod.ts → all that is not opt-in.

/** A library module and what it imports: files of this repository (`core/topic.ts`) or specifiers (`npm:ws@8`). */
export interface ModuleImports {
  readonly path: string;
  readonly imports: readonly string[];
}

/** What a module may import, by the first folder (or file) that it belongs to. Anything else is refused. */
const MAY_IMPORT: readonly (readonly [from: string, targets: readonly string[]])[] = [
  ["core/", ["core/", "npm:@repeaterjs/repeater@"]],
  ["operators/", ["operators/", "core/"]],
  ["adapters/_shared/deflate.ts", ["node:zlib"]],
  ["adapters/_shared/", ["adapters/_shared/", "core/"]],
  ["adapters/_redis/", ["adapters/_redis/", "adapters/_shared/", "core/", "node:buffer"]],
  ["adapters/redis.ts", ["adapters/_redis/", "adapters/_shared/", "core/"]],
  ["adapters/", ["adapters/_shared/", "core/"]],
  ["mod.ts", ["core/", "operators/", "adapters/"]],
];

/** Adapters that mod.ts must leave out: their users import them by their own sub-path. */
const OPT_IN = ["adapters/redis.ts", "adapters/iroh.ts"];

/** Returns one line for each import that points the wrong way, and for each adapter that mod.ts forgets. */
export function checkImportDirections(modules: readonly ModuleImports[]): string[] {
  const problems: string[] = [];
  for (const { path, imports } of modules) {
    const targets = MAY_IMPORT.find(([from]) => path.startsWith(from))?.[1] ?? [];
    for (const imported of imports) {
      const allowed = targets.some((target) => imported.startsWith(target));
      if (!allowed || (path === "mod.ts" && OPT_IN.includes(imported))) {
        problems.push(`${path} must not import ${imported}`);
      }
    }
  }

  const reexported = modules.find(({ path }) => path === "mod.ts")?.imports ?? [];
  const forgotten = modules.map(({ path }) => path).filter((path) =>
    isAdapter(path) && !OPT_IN.includes(path) && !reexported.includes(path)
  );
  return [...problems, ...forgotten.map((path) => `mod.ts must re-export ${path}`)];
}

/** Whether `path` is an event target of its own, not a part that several share. */
export function isAdapter(path: string): boolean {
  return /^adapters\/[^/]+\.ts$/.test(path);
}
