// Prints how many bytes a page loads, bundled and minified by esbuild, of the npm package and of the one that `deno pack`
// makes. Prints for each module how many bytes it adds. Exits with 1 if a page grew, or loads a module that it never runs.

import { gzipSync } from "node:zlib";
import config from "../deno.json" with { type: "json" };
import { buildNpm } from "./build_npm.ts";
import { bundleSections } from "./checks/bundle_sections.ts";
import { packWithDeno } from "./lib/deno_pack.ts";
import { NpmProject } from "./lib/npm_project.ts";
import { npmDependencies } from "./npm_build_options.ts";

/** How much more than its figure a page may load. */
const MARGIN = 1.02;

/** The modules that each page may not load. */
const FOREIGN = {
  core: /\/pubsub\/(?:esm\/)?(?:operators|adapters)\//,
  client:
    /\/pubsub\/(?:esm\/)?(?:operators\/|adapters\/(?:_(?:hub|worker|redis|iroh)\/|_link\/resume\/|_session\/spoke_))/,
} as const;

const PAGES = {
  core: "createPubSub",
  client:
    "createPubSub, createWebSocketClientEventTarget, ConnectionLostError, RefusedError, SubscriptionOverflowError",
} as const;

/** The figures, in bytes after gzip. Lower them when a page gets smaller. Decision 033 has the goals. */
const FIGURES = {
  npm: { core: 8_832, client: 20_849 },
  "deno pack": { core: 13_164, client: 24_807 },
} as const;

/** The package of `deno pack` does not say that its modules have no side effects. */
const IS_SHAKEN = { npm: true, "deno pack": false } as const;

await using project = await NpmProject.create();
const dependencies = Object.entries(npmDependencies(config.imports)).map(([name, range]) =>
  `${name}@${range}`
);
await project.install("esbuild@0.28.2", ...dependencies);
await buildNpm(project.path("npm/node_modules/@alkdev/pubsub"));
await packWithDeno(project.path("pack.tgz"));
const packed = "deno pack/node_modules/@alkdev/pubsub";
await Deno.mkdir(project.path(packed), { recursive: true });
await project.run("tar", "-xzf", "pack.tgz", "--strip-components=1", "-C", packed);

const problems: string[] = [];
console.log("minified  gzipped  figure");
for (const [kind, figures] of entriesOf(FIGURES)) {
  for (const [page, figure] of entriesOf(figures)) {
    const bundle = await build(kind, page, "--log-level=error");
    const { minified, gzipped } = await measure(bundle);
    print(minified, gzipped, figure, `${kind}, ${page}`);
    if (gzipped > figure * MARGIN) {
      problems.push(`${kind}, ${page}: ${gzipped} bytes, more than ${figure} and 2 %`);
    }
    const modules = bundleSections(bundle);
    for (const { path } of IS_SHAKEN[kind] ? modules : []) {
      if (FOREIGN[page].test(path)) problems.push(`${kind}, ${page}: loads ${path}, which it never runs`);
    }
    if (kind !== "npm" || page !== "client") continue;
    for (const { path, code } of modules) {
      const rest = await measure(bundle.replace(code, ""));
      print(
        minified - rest.minified,
        gzipped - rest.gzipped,
        "",
        `  ${path.replace(/^.*node_modules\//, "")}`,
      );
    }
  }
}
for (const problem of problems) console.error(problem);
Deno.exitCode = problems.length === 0 ? 0 : 1;

function build(kind: keyof typeof FIGURES, page: keyof typeof PAGES, ...options: string[]): Promise<string> {
  const entry = `${kind}/${page}.js`;
  Deno.writeTextFileSync(
    project.path(entry),
    `import { ${PAGES[page]} } from "${config.name}"; use(${PAGES[page]});\n`,
  );
  return project.run(
    project.bin("esbuild"),
    entry,
    "--bundle",
    "--format=esm",
    "--target=es2022",
    ...options,
  );
}

async function measure(code: string): Promise<{ minified: number; gzipped: number }> {
  await project.write({ "code.js": code });
  const minify = ["--minify", "--format=esm", "--target=es2022", "--log-level=error"];
  const text = await project.run(project.bin("esbuild"), "code.js", ...minify);
  return { minified: text.length, gzipped: gzipSync(text, { level: 9 }).length };
}

function print(minified: number, gzipped: number, figure: number | "", what: string): void {
  const columns = [[minified, 8], [gzipped, 8], [figure, 7]] as const;
  console.log(`${columns.map(([value, width]) => String(value).padStart(width)).join(" ")}  ${what}`);
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  // Cast: Object.entries() is typed for records that may have further members.
  return Object.entries(record) as [K, V][];
}
