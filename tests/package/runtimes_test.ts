import { assertEquals } from "@std/assert";
import type { NpmProject } from "../../scripts/npm_project.ts";
import { runProcess, startProcess } from "../../scripts/process.ts";
import { BUN, NODE_20, NODE_22, NODE_24, type Runtime } from "../support/runtimes.ts";
import { findChromium, openPage } from "../support/chromium.ts";
import { installPackage } from "../support/package.ts";

const NUMBERS = Array.from({ length: 1000 }, (_, i) => i);
const EXCHANGED = { received: NUMBERS, heard: NUMBERS };
const SPOKE_REPORT = {
  before: EXCHANGED,
  lost: 1001,
  after: EXCHANGED,
  ended: true,
  status: "closed",
  error: "undefined",
  faults: [],
};
const HUB_REPORT = { lastCloseCode: 1000, faults: [] };

type Command = Runtime["program"];

/** The Deno that runs the tests. */
const deno: Command = () => Promise.resolve([Deno.execPath(), "run", "-A", "--no-lock"]);

const PAIRS: readonly (readonly [hub: string, Command, spoke: string, Command])[] = [
  ["Deno", deno, "Deno", deno],
  ["Deno", deno, "Node 20 with npm:ws", NODE_20.program],
  ["Deno", deno, "Node 22", NODE_22.program],
  ["Deno", deno, "Node 24", NODE_24.program],
  ["Deno", deno, "Bun 1.4", BUN.program],
  ["Node 20 with npm:ws", NODE_20.program, "Deno", deno],
];

Deno.test("hubs and spokes of every runtime exchange events in order, and end by themselves", async (t) => {
  await using installed = await installPackage("ws@8.23.0", "esbuild@0.28.2");
  const { project } = installed;
  await compilePrograms(project);
  for (const [hub, hubCommand, spoke, spokeCommand] of PAIRS) {
    await t.step(`a hub in ${hub}, a spoke in ${spoke}`, async () => {
      const [onHub, onSpoke] = await Promise.all([hubCommand(), spokeCommand()]);
      await withHub(project, onHub, async (url) => {
        const report = await runProcess([...onSpoke, "spoke.mjs", url, "spoke_1"], { cwd: project.folder });
        assertEquals(JSON.parse(report), SPOKE_REPORT);
      });
    });
  }
  await t.step("a hub in Deno, a spoke in a page in Chromium", async () => {
    const chromium = await findChromium();
    await withHub(project, await deno(), async (url) => {
      await using page = await openPage(chromium, project.path("page.mjs"), { hub: url, id: "spoke_1" });
      assertEquals(await page.report, SPOKE_REPORT);
    });
  });
});

/** Makes JavaScript of the programs, whose package is the installed one; that of the page has all in one file. */
async function compilePrograms(project: NpmProject): Promise<void> {
  const sources = new URL("programs/", import.meta.url);
  for await (const { name } of Deno.readDir(sources)) {
    await Deno.copyFile(new URL(name, sources), project.path(name));
  }
  const bundle = [
    project.bin("esbuild"),
    "--bundle",
    "--format=esm",
    "--outdir=.",
    "--out-extension:.js=.mjs",
  ];
  await project.run(...bundle, "--packages=external", "hub.ts", "spoke.ts");
  await project.run(...bundle, "page.ts");
}

/** Runs a hub while `use` is its spoke. It has to end by itself, after it. */
async function withHub(
  project: NpmProject,
  command: readonly string[],
  use: (url: string) => Promise<void>,
): Promise<void> {
  const hub = startProcess([...command, "hub.mjs"], { cwd: project.folder });
  try {
    await use(await hub.firstLine);
  } finally {
    // Whatever happens, no process outlives its test.
    await hub.ended;
  }
  const { code, stdout, stderr } = await hub.ended;
  const [first, ...rest] = stdout.trimEnd().split("\n");
  assertEquals([code, stderr, rest], [0, "", [first, JSON.stringify(HUB_REPORT)]]);
}
