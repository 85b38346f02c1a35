// Reads the imports of modules from Deno's own parser, types and dynamic imports included.

import type { ModuleImports } from "./import_directions.ts";

/** The part of `deno info --json` that is read here. */
interface ModuleGraph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/** Returns the imports of each of `paths`, which are relative to `root`. */
export async function readModuleImports(root: URL, paths: readonly string[]): Promise<ModuleImports[]> {
  // `deno info` takes one root, and some modules may be reachable from no other.
  const everything = paths.map((path) => `import ${JSON.stringify(new URL(path, root).href)};`).join("");
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", `data:application/typescript,${encodeURIComponent(everything)}`],
    cwd: root,
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot read the module graph: deno info failed");

  // Cast: this is the output format of the Deno that runs this script.
  const graph = JSON.parse(new TextDecoder().decode(stdout)) as ModuleGraph;
  return paths.map((path) => {
    const module = graph.modules.find(({ specifier }) => specifier === new URL(path, root).href);
    if (!module || module.error !== undefined) {
      throw new Error(`Cannot read the imports of ${path}: ${module?.error ?? "not in the module graph"}`);
    }
    const imports = (module.dependencies ?? []).flatMap(({ specifier, code, type }) => {
      const resolved = [code?.specifier, type?.specifier].filter((target) => target !== undefined);
      return resolved.length > 0 ? resolved : [specifier];
    });
    return { path, imports: [...new Set(imports.map((target) => target.replace(root.href, "")))] };
  });
}
