import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { globSync } from "node:fs";
import { checkWorkflow } from "../../scripts/checks/workflows.ts";
import { commandsOf, readWorkflows } from "../support/workflows.ts";

const root = new URL("../../", import.meta.url);

const SHA = "3d3c42e5aac5ba805825da76410c181273ba90b1";

Deno.test("an action that is not pinned by its commit is refused, with its line", () => {
  const steps = (action: string) => `jobs:\n  a:\n    steps:\n      - uses: ${action}\n`;
  assertEquals(checkWorkflow("ci.yml", steps(`actions/checkout@${SHA} # v7.0.1`)), []);
  for (const action of ["actions/checkout@v7", `actions/checkout@${SHA}`, "actions/checkout@main # v7.0.1"]) {
    assertEquals(checkWorkflow("ci.yml", steps(action)), [
      `ci.yml:4: ${action} is not pinned by its commit, with its version as a comment`,
    ]);
  }
  assertEquals(checkWorkflow("ci.yml", `      - name: a\n        uses: a/b/c@v1 # v1.0.0\n`).length, 1);
});

Deno.test("only the jobs that publish can prove their identity, each after all checks and in its environment", async () => {
  const workflows = await readWorkflows();
  const trusted = Object.entries(workflows).flatMap(([file, { jobs }]) =>
    Object.entries(jobs).filter(([, { permissions }]) => permissions?.["id-token"] === "write")
      .map(([job, { needs, environment }]) => [file, job, needs, environment])
  );
  assertEquals(trusted, [
    ["release.yml", "npm", "verify", "release"],
    ["release.yml", "jsr", "npm", "release"],
  ]);
});

Deno.test("CI builds and tests the npm package on each push, and packs it as a release does", async () => {
  const { "ci.yml": ci, "release.yml": release } = await readWorkflows();
  assert(ci !== undefined && release !== undefined);
  const build = ["$DENO task npm", "$DENO task npm:hub", "$DENO task smoke npm"];
  const pack = [
    "npm pack ./npm ./npm-hub --pack-destination .",
    'for package in ./*.tgz; do npm publish "$package" --dry-run; done',
  ];
  assertEquals(commandsOf(ci, "package"), [...build, "$DENO task size", ...pack]);
  assertEquals(commandsOf(release, "verify").slice(-5), [...build, ...pack]);
});

Deno.test("every workflow runs the same Deno, and each path of a tarball has a slash", async () => {
  const ci = await Deno.readTextFile(new URL(".ci/run", root));
  const version = ci.match(/deno@[\d.]+/)?.[0];
  for (const [file, { env, jobs }] of Object.entries(await readWorkflows())) {
    assertEquals(env?.["DENO"], `npx -y ${version}`, file);
    for (const { run = "" } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      for (const path of run.match(/\S*\.tgz/g) ?? []) assertMatch(path, /^\.\//);
    }
  }
});

Deno.test("the tests that run on every system need no server, no other runtime and no package with binaries", async () => {
  const { "ci.yml": ci } = await readWorkflows();
  assert(ci !== undefined);
  const [, tests = ""] = commandsOf(ci, "portable");
  const ignored = tests.match(/--ignore=(\S+)/)?.[1]?.split(",") ?? [];
  const paths = (tests.match(/ tests\/\S+/g) ?? []).map((path) => path.trim());
  const files = paths.flatMap((path) =>
    path.endsWith(".ts") ? [path] : globSync(`${path}/**/*_test.ts`, { cwd: root })
  ).map((path) => path.replaceAll("\\", "/")).filter((path) => !ignored.includes(path));
  assert(files.length > 50);
  for (const file of files) {
    const text = await Deno.readTextFile(new URL(file, root));
    assertFalse(/support\/(runtimes|redis|redis_cluster|chromium|iroh)\.ts"|@number0\/iroh/.test(text), file);
  }
});
