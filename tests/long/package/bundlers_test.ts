// Programs of users, built by bundlers.

import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertFalse } from "@std/assert";
import { runProcess } from "../../../scripts/lib/process.ts";
import { type InstalledPackage, installPackage } from "../../support/package.ts";
import { startRedis } from "../../support/redis.ts";

const TIMEOUT_MS = 300_000;

const BUNDLERS = ["vite@8.4.0", "webpack@5.113.0", "webpack-cli@7.3.1", "esbuild@0.28.2"];
const NEXT = ["next@16.4.6", "react@19.2.0", "react-dom@19.2.0", "ioredis@5.11.1"];

/** A page that only publishes and subscribes in its process. */
const PAGE = `
import { createPubSub } from "@alkdev/pubsub";
const pubsub = createPubSub();
const events = pubsub.subscribe("news", "1");
pubsub.publish("news", "1", "hello");
events.next().then(({ value }) => console.log(JSON.stringify(value.payload)));
`;

/** Words that only the code of hubs and of operators has. */
const FOREIGN = ["maxTopicsPerConnection", "backpressureGraceMs", "flatMap", "takeUntil"];

Deno.test("what bundlers make of a page runs, and contains no operator and no hub", async (t) => {
  await using installed = await installPackage(BUNDLERS);
  const { project } = installed;
  await project.write({
    "page.js": PAGE,
    "vite.config.js": `export default {
  logLevel: "error",
  build: { outDir: "vite", minify: false, lib: { entry: "page.js", formats: ["es"], fileName: "page" } },
};\n`,
    "webpack.config.cjs": `module.exports = {
  mode: "production", target: "web", entry: "./page.js", optimization: { minimize: false },
  output: { path: __dirname + "/webpack", filename: "page.cjs" },
};\n`,
  });
  const builds = {
    Vite: { command: ["node", "node_modules/vite/bin/vite.js", "build"], output: "vite/page.js" },
    webpack: { command: ["node", "node_modules/webpack/bin/webpack.js"], output: "webpack/page.cjs" },
    esbuild: {
      command: [project.bin("esbuild"), "page.js", "--bundle", "--format=esm", "--outfile=esbuild/page.mjs"],
      output: "esbuild/page.mjs",
    },
  };
  for (const [name, { command, output }] of Object.entries(builds)) {
    await t.step(name, async () => {
      await project.run(...command);
      assertEquals(await project.run("node", output), '"hello"\n');
      const code = await Deno.readTextFile(project.path(output));
      for (const word of FOREIGN) assertFalse(code.includes(word), `${name} loads the module of ${word}`);
      assert(code.includes("SubscriptionOverflowError"));
    });
  }
});

Deno.test("a route and the instrumentation of Next.js, each with a copy of the library, share one Redis client", async () => {
  await using server = await startRedis();
  await using installed = await installPackage(NEXT);
  const { project } = installed;
  cpSync(fileURLToPath(new URL("../../support/programs/next", import.meta.url)), project.folder, {
    recursive: true,
  });
  const env = { REDIS_PATH: server.path, NEXT_TELEMETRY_DISABLED: "1" };
  const next = ["node", "node_modules/next/dist/bin/next"];
  await runProcess([...next, "build"], { cwd: project.folder, env, timeoutMs: TIMEOUT_MS });

  await using running = await startNext(installed, [...next, "start"], env);
  const response = await fetch(`${running.url}/news`);
  assertEquals(await response.json(), {
    copies: 2,
    isInstance: true,
    received: ["after the route left"],
  });
});

/** Starts Next.js at a free port. Its disposal ends it. */
async function startNext(
  { project }: InstalledPackage,
  [command = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const child = new Deno.Command(command, {
    args: [...args, "--hostname", "127.0.0.1", "--port", String(port)],
    cwd: project.folder,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + 60_000;;) {
    const up = await fetch(url).then(({ body }) => body?.cancel().then(() => true), () => false);
    if (up) break;
    assert(Date.now() < until, "Next.js does not listen");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
