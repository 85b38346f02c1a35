// The commands of the workflows, in a fresh clone. The other tests run what these commands start; the clone shows that
// nothing is needed that only a developer's checkout has.

import { assert, assertEquals } from "@std/assert";
import { globSync } from "node:fs";
import config from "../../deno.json" with { type: "json" };
import { startProcess } from "../../scripts/lib/process.ts";
import { cloneInto, commandsOf, readWorkflows, type Workflow } from "../support/workflows.ts";

const TIMEOUT_MS = 600_000;

/** Run by other tests: the smoke test runs these files again, and `publish_npm_test.ts` publishes to its own registry. */
const TESTED_ELSEWHERE = /^(\$DENO task smoke npm|for package in .*publish_npm\.sh "\$package"; done)$/;

let folder: string;
let workflows: Record<string, Workflow>;

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir();
  await cloneInto(folder);
  workflows = await readWorkflows();
});

Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

for (
  const [file, job] of [["ci.yml", "portable"], ["ci.yml", "package"], ["release.yml", "verify"]] as const
) {
  Deno.test(`${file}, ${job}: every command succeeds in a fresh clone`, async (t) => {
    const workflow = workflows[file];
    assert(workflow !== undefined);
    if (job === "verify") await makeReleasable();
    for (const command of commandsOf(workflow, job).filter((command) => !TESTED_ELSEWHERE.test(command))) {
      await t.step(command, () => run(workflow, command));
    }
  });
}

Deno.test("release.yml: the npm job finds both tarballs, the library first, and JSR gets a clean checkout", async () => {
  const { version } = config;
  assertEquals(globSync("*.tgz", { cwd: folder }).sort(), [
    `alkdev-pubsub-${version}.tgz`,
    `alkdev-pubsub-hub-${version}.tgz`,
  ]);
  const status = await startProcess(["git", "status", "--porcelain"], { cwd: folder }).ended;
  assertEquals(status.stdout, "");
});

async function run(workflow: Workflow, command: string): Promise<void> {
  const env = { ...workflow.env, GITHUB_REF_NAME: `v${config.version}`, RUNNER_OS: "Linux" };
  const { code, stdout, stderr } = await startProcess(["bash", "-eo", "pipefail", "-c", command], {
    cwd: folder,
    env,
    timeoutMs: TIMEOUT_MS,
  }).ended;
  assertEquals(code, 0, stdout + stderr);
}

/** Does what docs/releasing.md asks for before the tag: the changelog gets the date, and the marked passages go. */
async function makeReleasable(): Promise<void> {
  const path = `${folder}/CHANGELOG.md`;
  const changelog = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, changelog.replace(/^## .*$/m, `## ${config.version} - 2026-12-24`));
  for (const page of globSync(["*.md", "docs/**/*.md"], { cwd: folder })) {
    const text = await Deno.readTextFile(`${folder}/${page}`);
    await Deno.writeTextFile(`${folder}/${page}`, text.replaceAll(/^.*<!-- before-release -->.*\n/gm, ""));
  }
  const commit = "git -c user.name=test -c user.email=test@localhost commit --all --quiet --message Release";
  await run({ jobs: {} }, commit);
}
