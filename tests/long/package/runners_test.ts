// Programs of users under test runners, which load modules by rules of their own.

import { assertMatch } from "@std/assert";
import { runProcess, startProcess } from "../../../scripts/lib/process.ts";
import { type InstalledPackage, installPackage } from "../../support/package.ts";
import { NODE_22 } from "../../support/runtimes.ts";

const TOOLS = [
  "jest@30.5.2",
  "jest-environment-jsdom@30.5.2",
  "ts-jest@29.4.15",
  // ts-jest takes no newer one. Its `module: commonjs` comes with `moduleResolution: node`.
  "typescript@5.9.3",
  "@types/node@22.20.7",
  "vitest@5.1.2",
];

/** A test of a user: the head imports the names and the runner. */
const TEST = `
test("a program publishes, subscribes and ends", async () => {
  const eventTarget = createInProcessEventTarget();
  const pubsub = createPubSub({ eventTarget });
  const abort = new AbortController();
  const heard = [];
  eventTarget.addEventListener("news:1", ({ detail }) => heard.push(detail.payload), { signal: abort.signal });
  const events = pubsub.subscribe("news", "1", { signal: abort.signal, capacity: 1 });
  pubsub.publish("news", "1", "hello");
  expect((await events.next()).value).toEqual({ type: "news", id: "1", payload: "hello" });
  pubsub.publish("news", "1", 1);
  pubsub.publish("news", "1", 2);
  await events.next();
  await expect(events.next()).rejects.toBeInstanceOf(SubscriptionOverflowError);
  abort.abort();
  pubsub.publish("news", "1", 3);
  expect(heard).toEqual(["hello", 1, 2]);
  expect(await pipe([1, 2, 3], filter((n) => n > 1), toArray())).toEqual([2, 3]);
  await pubsub.close();
});
`;

const NAMES = "createInProcessEventTarget, createPubSub, filter, pipe, SubscriptionOverflowError, toArray";
const REQUIRE =
  `const { ${NAMES} } = require("@alkdev/pubsub");\nrequire("@alkdev/pubsub/event-target-redis");\n`;
const IMPORT = `import { ${NAMES} } from "@alkdev/pubsub";\nimport "@alkdev/pubsub/event-target-redis";\n`;

const TYPED = `
import { createPubSub, pipe, toArray, take } from "@alkdev/pubsub";
import { createRedisEventTarget } from "@alkdev/pubsub/event-target-redis";
import type { WireEnd } from "@alkdev/pubsub/wire";

test("a program in TypeScript", async () => {
  const pubsub = createPubSub<{ news: number }>();
  const events = pubsub.subscribe("news", "1");
  pubsub.publish("news", "1", 1);
  const [first] = await pipe(events, take(1), toArray());
  const payload: number | undefined = first?.payload;
  const end: WireEnd = { code: 1000 };
  expect([payload, end.code, typeof createRedisEventTarget]).toEqual([1, 1000, "function"]);
});
`;

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installPackage([...TOOLS, "@types/jest@30.0.0"]);
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

for (const environment of ["node", "jsdom"]) {
  Deno.test(`Jest runs a program in CommonJS, in its environment ${environment}`, async () => {
    const folder = await writeFolder(`jest-${environment}`, {
      "package.json": "{}",
      "jest.config.js": `module.exports = { testEnvironment: "${environment}" };\n`,
      "a.test.js": REQUIRE + TEST,
    });
    assertMatch(await jest(folder), /^Tests: +1 passed, 1 total$/m);
  });
}

Deno.test("Jest runs the program of docs/testing.md", async () => {
  const program = new URL("../../../examples/testing/sessions.jest.test.cjs", import.meta.url);
  const folder = await writeFolder("jest-page", {
    "package.json": "{}",
    "jest.config.js": 'module.exports = { testMatch: ["**/*.test.cjs"] };\n',
    "sessions.jest.test.cjs": await Deno.readTextFile(program),
  });
  assertMatch(await jest(folder), /^Tests: +1 passed, 1 total$/m);
});

Deno.test("ts-jest compiles a program to CommonJS, and finds all its types", async () => {
  const compilerOptions = {
    module: "commonjs",
    target: "es2022",
    lib: ["es2022"],
    types: ["node", "jest"],
    strict: true,
  };
  const folder = await writeFolder("ts-jest", {
    "package.json": "{}",
    "jest.config.js": 'module.exports = { testEnvironment: "node", preset: "ts-jest" };\n',
    "tsconfig.json": JSON.stringify({ compilerOptions }),
    "a.test.ts": TYPED,
  });
  assertMatch(await jest(folder), /^Tests: +1 passed, 1 total$/m);
});

Deno.test("Vitest runs a program in ES modules", async () => {
  const folder = await writeFolder("vitest", {
    "package.json": '{ "type": "module" }',
    "a.test.js": `import { expect, test } from "vitest";\n${IMPORT}${TEST}`,
  });
  const vitest = installed.project.path("node_modules/vitest/vitest.mjs");
  const command = [...await NODE_22.program(), vitest, "run", "--root", "."];
  const output = await runProcess(command, { cwd: folder, timeoutMs: 120_000 });
  assertMatch(output, /Tests +1 passed \(1\)/);
});

async function writeFolder(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = installed.project.path(name);
  await Deno.mkdir(folder);
  for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${file}`, text);
  return folder;
}

/** Runs Jest and returns its report, which it prints on stderr. */
async function jest(folder: string): Promise<string> {
  const command = ["node", installed.project.path("node_modules/jest/bin/jest.js"), "--ci", "--rootDir", "."];
  const { code, stdout, stderr } = await startProcess(command, { cwd: folder, timeoutMs: 120_000 }).ended;
  if (code !== 0) throw new Error(stdout + stderr);
  return stderr;
}
