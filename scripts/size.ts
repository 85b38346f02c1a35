// Prints how many bytes a page loads, bundled and minified by esbuild, of the npm package and of the one that `deno pack`
// makes. Prints for each purpose and module how many of them it takes. Exits with 1 if a page grew, or loads a module that
// it never runs.

import { gzipSync } from "node:zlib";
import config from "../deno.json" with { type: "json" };
import { buildNpm } from "./build_npm.ts";
import { byPurpose, moduleShares, type Page } from "./checks/page_account.ts";
import { packWithDeno } from "./lib/deno_pack.ts";
import { NpmProject } from "./lib/npm_project.ts";
import { npmDependencies } from "./npm_build_options.ts";

/** How much more than its figure a page may load. */
const MARGIN = 1.02;

/** The modules that each page may not load. */
const FOREIGN = {
  core: /\/(?:operators|adapters|http|history)\//,
  client: /\/(?:operators|http|history|_hub|_worker|_redis|_iroh|_link\/resume)\/|\/_session\/spoke_/,
} as const;

const PAGES = {
  core: "createPubSub",
  client:
    "createPubSub, createWebSocketClientEventTarget, ConnectionLostError, RefusedError, SubscriptionOverflowError",
} as const;

/** The figures, in bytes after gzip. Lower them when a page gets smaller. Decision 033 has the goals. */
const FIGURES = {
  npm: { core: 8_936, client: 20_781 },
  "deno pack": { core: 11_527, client: 23_697 },
} as const;

/**
 * The bytes from which on a module counts as loaded. The package of `deno pack` does not say that its modules have no side
 * effects, so that a few constants stay, and classes that name a member by a symbol.
 */
const LEAST_BYTES = { npm: 0, "deno pack": 50 } as const;

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
    const built = await build(kind, page);
    const { length } = built.gzip;
    print(built.code.length, length, figure, `${kind}, ${page}`);
    if (length > figure * MARGIN) {
      problems.push(`${kind}, ${page}: ${length} bytes, more than ${figure} and 2 %`);
    }
    const modules = moduleShares(built);
    for (const { name, gzipped } of modules) {
      if (FOREIGN[page].test(name) && gzipped >= LEAST_BYTES[kind]) {
        problems.push(`${kind}, ${page}: loads ${name}, which it never runs`);
      }
    }
    if (kind !== "npm") continue;
    for (const { name, minified, gzipped, modules: own } of byPurpose(modules)) {
      print(minified, gzipped, "", `  ${name}`);
      for (const { name, minified, gzipped } of own) print(minified, gzipped, "", `    ${pathOf(name)}`);
    }
  }
}
for (const problem of problems) console.error(problem);
Deno.exitCode = problems.length === 0 ? 0 : 1;

async function build(kind: keyof typeof FIGURES, page: keyof typeof PAGES): Promise<Page> {
  const entry = `${kind}/${page}.js`;
  const output = `${kind}/${page}.min.js`;
  await project.write({
    [entry]: `import { ${PAGES[page]} } from "${config.name}"; use(${PAGES[page]});\n`,
  });
  await project.run(
    project.bin("esbuild"),
    entry,
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--log-level=error",
    "--sourcemap=external",
    `--outfile=${output}`,
  );
  const code = await Deno.readTextFile(project.path(output));
  const map = JSON.parse(await Deno.readTextFile(project.path(`${output}.map`)));
  return { code, map, gzip: gzipSync(code, { level: 9 }) };
}

/** The path of a module in its package. */
function pathOf(name: string): string {
  return name.replace(/^.*node_modules\/(@alkdev\/pubsub\/esm\/)?/, "");
}

function print(minified: number, gzipped: number, figure: number | "", what: string): void {
  const columns = [[minified, 8], [Math.round(gzipped), 8], [figure, 7]] as const;
  console.log(`${columns.map(([value, width]) => String(value).padStart(width)).join(" ")}  ${what}`);
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  // Cast: Object.entries() is typed for records that may have further members.
  return Object.entries(record) as [K, V][];
}
