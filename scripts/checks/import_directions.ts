// Imports point one way, by the import table of docs/architecture/architecture.md, and never in a circle. Hand-written
// because the checks must run without a network, on the module graph that Deno itself reports.

/** A library module and what it imports: files of this repository (`core/topic.ts`) or specifiers (`npm:ws@8`). */
export interface ModuleImports {
  readonly path: string;
  readonly imports: readonly string[];
}

/** Files of the tests that stand for packages of npm. */
const STAND_INS = ["tests/support/iroh_package/", "tests/support/ioredis.d.ts", "tests/support/ws.d.ts"];

/** The exports of the package that the program of the hub uses. */
const PACKAGE = ["mod.ts", "http/mod.ts", "adapters/history.ts", "adapters/redis.ts"];

/**
 * The import table: what a module may import, by the first row that its path starts with. Anything else is refused.
 * A transport knows the wire contract and nothing else; link and hub do not know each other; Redis stands on core.
 */
const MAY_IMPORT: readonly (readonly [from: string, targets: readonly string[]])[] = [
  ["core/", ["core/", "npm:@repeaterjs/repeater@"]],
  ["operators/", ["operators/", "core/"]],
  ["adapters/_wire/", ["adapters/_wire/", "core/"]],
  ["adapters/_session/", ["adapters/_session/", "adapters/_wire/", "core/"]],
  ["adapters/_link/", ["adapters/_link/", "adapters/_session/", "adapters/_wire/", "core/"]],
  ["adapters/_hub/", ["adapters/_hub/", "adapters/_session/", "adapters/_wire/", "core/"]],
  ["adapters/_websocket/", ["adapters/_websocket/", "adapters/_wire/", "core/"]],
  ["adapters/_worker/", ["adapters/_worker/", "adapters/_wire/", "core/"]],
  ["adapters/_iroh/deflate.ts", ["node:zlib"]],
  ["adapters/_iroh/", ["adapters/_iroh/", "adapters/_wire/", "core/"]],
  ["adapters/_redis/", ["adapters/_redis/", "core/", "node:buffer"]],
  ["adapters/redis.ts", ["adapters/_redis/", "core/"]],
  // A page that imports the history loads no transport.
  ["adapters/history.ts", ["adapters/_link/", "core/"]],
  ["adapters/wire.ts", [
    "adapters/_link/",
    "adapters/_hub/",
    "adapters/_session/",
    "adapters/_wire/",
    "core/",
  ]],
  // The other doors put a transport together with the link and the hub.
  ["adapters/", [
    ...["_wire", "_session", "_link", "_hub", "_websocket", "_worker", "_iroh"].map((room) =>
      `adapters/${room}/`
    ),
    "core/",
  ]],
  // Each sub-path beside the event targets stands on what the package exports.
  ["http/", ["http/", "mod.ts", "core/in_process.ts"]],
  // The program is a package of its own: a user of the library.
  ["hub/live/page/", ["hub/live/page/", "hub/live/events.ts", "mod.ts", "npm:uplot@"]],
  ["hub/", ["hub/", ...PACKAGE, "node:", "npm:"]],
  ["mod.ts", ["core/", "operators/", "adapters/"]],
  // These sub-paths import what the package exports.
  ["react/", ["react/", "mod.ts", "npm:react@"]],
  ["opentelemetry/", ["opentelemetry/", "mod.ts"]],
  ["testing/", ["testing/", "mod.ts", "adapters/wire.ts"]],
  // An example shows what a user writes: it imports the package, packages of npm, and files beside it.
  ["examples/", [
    "examples/",
    "mod.ts",
    "core/schemas/mod.ts",
    "adapters/redis.ts",
    "adapters/iroh.ts",
    "adapters/history.ts",
    "testing/mod.ts",
    "npm:",
    "node:",
    ...STAND_INS,
  ]],
  // The demo runs the hub of the program.
  ["scripts/demo/", ["scripts/", "hub/", "mod.ts", "node:"]],
  // What scripts, tests and benches share is in scripts/lib/, below all of them.
  ["scripts/", ["scripts/", "mod.ts", "node:", "npm:", "deno.json", "hub/deno.json", ...STAND_INS]],
  ["bench/", [
    "bench/",
    "scripts/",
    "mod.ts",
    "core/",
    "adapters/",
    "operators/",
    "node:",
    "npm:",
    ...STAND_INS,
  ]],
];

/** Modules that mod.ts must leave out: their users import them by their own sub-path. */
const OPT_IN = ["adapters/redis.ts", "adapters/iroh.ts", "adapters/wire.ts", "adapters/history.ts"];

/** Returns one line for each import in the wrong direction, and for each adapter that mod.ts lacks. */
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

/** The doors that make no event target: for authors of adapters, and to the history. */
const OTHER_DOORS = ["adapters/wire.ts", "adapters/history.ts"];

/** Whether `path` is a module of event targets: not a shared part, and no other door. */
export function isAdapter(path: string): boolean {
  return /^adapters\/[^/]+\.ts$/.test(path) && !OTHER_DOORS.includes(path);
}

/** Returns one line for each circle of imports that a depth-first walk finds. */
export function checkImportCircles(modules: readonly ModuleImports[]): string[] {
  const importsOf = new Map(modules.map(({ path, imports }) => [path, imports]));
  const walked = new Set<string>();
  const trail: string[] = [];
  const circles: string[] = [];
  const walk = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push(`circle of imports: ${[...trail.slice(start), path].join(" → ")}`);
    if (walked.has(path)) return;
    walked.add(path);
    trail.push(path);
    for (const imported of importsOf.get(path) ?? []) walk(imported);
    trail.pop();
  };
  for (const { path } of modules) walk(path);
  return circles;
}
