// The programs of docs/servers.md that need a large package: a Durable Object in Cloudflare's workerd, and a custom server of
// Next.js.

import { assertEquals } from "@std/assert";
import { createPubSub, createWebSocketClientEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { InteractiveProgram } from "../../support/interactive_program.ts";
import type { InstalledPackage } from "../../support/package.ts";
import { NODE_22 } from "../../support/runtimes.ts";
import { installServers } from "../../support/servers.ts";

const PACKAGES = ["workerd@1", "esbuild@0.28.2", "next@16", "react@19", "react-dom@19"];

const NUMBERS = Array.from({ length: 1000 }, (_, i) => i);

const WORKERD = (port: number) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-01-01",
  durableObjectNamespaces = [(className = "Hub", uniqueKey = "hub", enableSql = true)],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "HUB", durableObjectNamespace = "Hub")],
);
`;

const LAYOUT = "export default ({ children }) => <html><body>{children}</body></html>;\n";

let installed: InstalledPackage;

Deno.test.beforeAll(async () => {
  installed = await installServers(...PACKAGES);
});

Deno.test.afterAll(async () => {
  await installed[Symbol.asyncDispose]();
});

Deno.test("a Durable Object of Cloudflare is a hub, whose spokes exchange events and see its end", async () => {
  const { project } = installed;
  const port = freePort();
  await project.run(
    project.bin("esbuild"),
    "cloudflare/worker.ts",
    "--bundle",
    "--format=esm",
    "--external:cloudflare:workers",
    "--outfile=worker.js",
  );
  await project.write({ "config.capnp": WORKERD(port) });
  const command = [project.bin("workerd"), "serve", "config.capnp"];
  const server = new InteractiveProgram(command, project.folder);
  try {
    await eventually(() => answers(port), { timeoutMs: 30_000 });
    await exchange(port);
  } finally {
    await server[Symbol.asyncDispose]();
  }
  assertEquals(server.stderr, "");
});

Deno.test("a custom server of Next.js is a hub, beside the pages", async () => {
  const { project } = installed;
  await Deno.mkdir(project.path("next/app"));
  await project.write({
    "next/app/layout.jsx": LAYOUT,
    "next/app/page.jsx": "export default () => <p>Hello</p>;\n",
  });
  const node = await NODE_22.program();
  const build = [...node, project.path("node_modules/next/dist/bin/next"), "build", "next"];
  await project.run(...build);
  await using server = new InteractiveProgram([...node, "server.ts"], project.path("next"), {
    PORT: "0",
    NODE_ENV: "production",
  });
  const port = Number((await server.printed(/port: \d+/)).match(/port: (\d+)/)?.[1]);
  await exchange(port);
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  assertEquals(page.includes("<p>Hello</p>"), true);
});

/** Many events go to the hub and come back, in order. */
async function exchange(port: number): Promise<void> {
  await using link = createWebSocketClientEventTarget(new WebSocket(`ws://127.0.0.1:${port}/events`));
  const pubsub = createPubSub<{ "spoke.joined": { runtime: string }; "spoke.welcomed": { by: string } }>({
    eventTarget: link,
  });
  const welcomed = pubsub.subscribe("spoke.welcomed");
  await welcomed.ready;
  for (const n of NUMBERS) pubsub.publish("spoke.joined", String(n), { runtime: "Deno" });
  for (const n of NUMBERS) assertEquals((await welcomed.next()).value?.id, String(n));
}

async function answers(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assertEquals(await response.text(), "Hello\n");
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
