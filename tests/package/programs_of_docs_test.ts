// The programs of docs/servers.md and docs/testing.md (that of Jest is in tests/long/), with the packages that npm installs, and a hub that logs in servers of
// other people. tests/long/package/slow_spokes_test.ts has spokes that do not read.

import { assertEquals, assertMatch } from "@std/assert";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { startProcess } from "../../scripts/lib/process.ts";
import { eventually } from "../support/eventually.ts";
import { InteractiveProgram } from "../support/interactive_program.ts";
import type { InstalledPackage } from "../support/package.ts";
import { BUN, NODE_22, type Runtime } from "../support/runtimes.ts";
import { copyFolder, denoProgram, HANDLED, installServers } from "../support/servers.ts";

const denoChecked: Runtime["program"] = async () => [...await denoProgram(), "--check"];

const PROGRAMS: readonly (readonly [file: string, runtime: string, Runtime["program"]])[] = [
  ["deno.ts", "Deno", denoChecked],
  ["node_http.ts", "Node", NODE_22.program],
  ["express.ts", "Node", NODE_22.program],
  ["fastify.ts", "Node", NODE_22.program],
  ["hono_node.ts", "Node", NODE_22.program],
  ["hono_bun.ts", "Bun", BUN.program],
  ["hono_deno.ts", "Deno", denoChecked],
  ["bun.ts", "Bun", BUN.program],
  ["crossws.ts", "Node", NODE_22.program],
];

const NUMBERS = Array.from({ length: 1000 }, (_, i) => i);

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installServers("vitest@5.1.2");
  await copyFolder(new URL("../../examples/testing/", import.meta.url), installed.project.path("testing"));
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

Deno.test("the programs compile, with the types of each runtime", async () => {
  const { project } = installed;
  const compiler = "node_modules/typescript/bin/tsc";
  await Promise.all([
    project.run("node", compiler, "-p", "."),
    project.run("node", compiler, "-p", "cloudflare"),
  ]);
});

for (const [file, runtime, program] of PROGRAMS) {
  Deno.test(`examples/servers/${file} on ${runtime} welcomes a spoke`, async () => {
    const { folder } = installed.project;
    await using server = new InteractiveProgram([...await program(), file], folder, { PORT: "0" });
    // Deno says so on stderr.
    const line = await eventually(() => {
      const found = [...server.lines, ...server.stderr.split("\n")].find((line) => /listening/i.test(line));
      return found ?? Promise.reject(new Error(server.stderr));
    }, { timeoutMs: 20_000 });
    const port = line.match(/(?:port: |:)(\d+)[^:\d]*$/)?.[1];
    await using link = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}/events`));
    const pubsub = createPubSub<{ "spoke.joined": { runtime: string }; "spoke.welcomed": unknown }>({
      eventTarget: link,
    });
    const welcomed = pubsub.subscribe("spoke.welcomed", "me");
    await welcomed.ready;
    pubsub.publish("spoke.joined", "me", { runtime: "Deno" });
    assertEquals((await welcomed.next()).value?.payload, { by: "the hub" });
  });
}

for (const [server, runtime, program] of HANDLED) {
  Deno.test(`a hub over the handlers of ${server} on ${runtime} keeps order, and ends with code and reason`, async (t) => {
    const command = [...await program(), "logging_hub.ts", server];
    await using hub = new InteractiveProgram(command, installed.project.folder);
    const port = Number(JSON.parse(await hub.printed(/^\["port"/))[1]);
    const open = (name: string) => {
      const link = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}/?name=${name}`));
      return { link, pubsub: createPubSub<Record<string, unknown>>({ eventTarget: link }) };
    };

    await t.step("a thousand events go in each direction, in order", async () => {
      const { link, pubsub } = open("first");
      const answers = pubsub.subscribe("answered", "1");
      await answers.ready;
      for (const n of NUMBERS) pubsub.publish("sent", "1", n);
      for (const n of NUMBERS) assertEquals((await answers.next()).value?.payload, n);
      await link.close();
      await hub.printed(/^\["disconnection","first"\]$/);
    });

    await t.step("a close of the hub has its code and its reason", async () => {
      const { link, pubsub } = open("second");
      await link.flush();
      pubsub.publish("asked", "second", { code: 4403, reason: "enough" });
      await link.closed;
      assertEquals([link.status.code, link.status.reason], [4403, "enough"]);
      await hub.printed(/^\["disconnection","second"\]$/);
    });

    const count = (line: string): number => hub.lines.filter((other) => other === line).length;
    for (const name of ["first", "second"]) {
      assertEquals([name, count(`["connection","${name}"]`)], [name, 1]);
      assertEquals([name, count(`["disconnection","${name}"]`)], [name, 1]);
    }
    assertEquals(hub.lines.filter((line) => line.startsWith('["fault"')), []);
    assertEquals(hub.stderr, "");
  });
}

const RUNNERS:
  readonly (readonly [name: string, Runtime["program"], args: readonly string[], passed: RegExp])[] = [
    ["deno test", denoTest, ["sessions_test.ts"], /1 passed/],
    [
      "node:test",
      NODE_22.program,
      ["--test", "--test-reporter=tap", "conformance.node.test.ts"],
      /^# pass 3\d$/m,
    ],
    [
      "Vitest",
      NODE_22.program,
      ["../node_modules/vitest/vitest.mjs", "run", "--root", ".", "sessions.vitest"],
      /Tests +2 passed \(2\)/,
    ],
  ];

for (const [name, runtime, args, passed] of RUNNERS) {
  Deno.test(`the program of docs/testing.md passes with ${name}`, async () => {
    const command = [...await runtime(), ...args];
    const cwd = installed.project.path("testing");
    const { code, stdout, stderr } = await startProcess(command, { cwd, timeoutMs: 120_000 }).ended;
    assertEquals(code, 0, stdout + stderr);
    assertMatch(stdout + stderr, passed);
  });
}

function denoTest(): Promise<readonly string[]> {
  return Promise.resolve([Deno.execPath(), "test", "-A", "--no-lock"]);
}
