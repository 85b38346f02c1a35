// Each line of the table in docs/public_hub.md, against the files of the page and each of its servers.

import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { createWebSocketClientEventTarget } from "@alkdev/pubsub";
// @ts-types="../support/ws.d.ts"
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { type InstalledPackage, installPackage } from "../support/package.ts";
import { type RunningProgram, startCommand, startProgram } from "../support/program.ts";
import { LINES, type Server } from "../support/public_hub_lines.ts";
import { connectRaw } from "../support/raw_websocket.ts";
import { NODE_22 } from "../support/runtimes.ts";

const FOLDER = "examples/public_hub";
/** The longest wait of another spoke, which shares a processor with this test. */
const MAX_WAIT_MS = 2000;

const SERVERS: Record<Server, () => Promise<RunningProgram>> = {
  "npm:ws on Node": async () => {
    const [node, { project }] = await Promise.all([NODE_22.program(), installed ??= install()]);
    return startCommand([...node, project.path("serve_ws.mjs"), "0"], project.path("."));
  },
  "npm:ws on Deno": () => Promise.resolve(startProgram(`${FOLDER}/serve_ws.mjs`, "0")),
  "Deno": () => Promise.resolve(startProgram(`${FOLDER}/serve_deno.ts`, "0")),
};

let installed: Promise<InstalledPackage> | undefined;

/** Installs the package with `npm:ws`, beside the files of the page. */
async function install(): Promise<InstalledPackage> {
  const installed = await installPackage(["ws@8"]);
  for (const file of ["hub.ts", "serve_ws.mjs"]) {
    await Deno.copyFile(
      fileURLToPath(new URL(`../../${FOLDER}/${file}`, import.meta.url)),
      installed.project.path(file),
    );
  }
  return installed;
}

Deno.test.afterAll(async () => void await (await installed)?.[Symbol.asyncDispose]());

for (const [server, start] of Object.entries(SERVERS) as [Server, () => Promise<RunningProgram>][]) {
  for (const [what, { attack, ends, starves = [] }] of Object.entries(LINES)) {
    Deno.test(`the public hub of the page stands ${what} (${server})`, async () => {
      await using program = await start();
      const port = Number(
        await eventually(
          () =>
            [...program.out, ...program.err].join("\n").match(/(?:port: |127\.0\.0\.1:)(\d+)/)?.[1] ?? false,
          { timeoutMs: 30_000 },
        ),
      );
      const headers = ["Origin: https://app.example.com"];
      const good = createWebSocketClientEventTarget(
        new WebSocket(`ws://127.0.0.1:${port}/?token=demo-good`, { origin: "https://app.example.com" }),
      );
      await good.flush();
      let longest = 0;
      let isOver = false;
      const pinging = (async () => {
        while (!isOver) {
          const start = performance.now();
          await good.flush();
          longest = Math.max(longest, performance.now() - start);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const how = await attack({
        port,
        program,
        connect: () => connectRaw(port, "/?token=demo-bad", headers),
        async rssMb() {
          const status = await Deno.readTextFile(`/proc/${program.pid}/status`);
          return Number(status.match(/VmRSS:\s+(\d+)/)?.[1]) / 1000;
        },
      }, server);
      isOver = true;
      await pinging;
      await good.close();
      if (Deno.env.has("PUBLIC_HUB_VERBOSE")) {
        console.log(server, what, String(how), Math.round(longest), "ms");
      }
      assert(ends.includes(how), `${how}`);
      if (!starves.includes(server)) assert(longest <= MAX_WAIT_MS, `${longest} ms`);
    });
  }
}

Deno.test("each line of the table of the page was tried", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/public_hub.md", import.meta.url));
  // The head and the line under it are rows too; three kinds of request share one.
  const rows = page.slice(page.indexOf("## What was tried")).match(/^\| .*\|$/gm)?.length ?? 0;
  assertEquals(rows - 2, Object.keys(LINES).length - 2);
});
