import { assertEquals } from "@std/assert";
import { checkExports, type ExportInputs } from "../../scripts/checks/exports.ts";

const PAGES = "docs/architecture/event-targets/";
const GOOD: ExportInputs = {
  exports: {
    ".": "./mod.ts",
    "./event-target-in-process": "./core/in_process.ts",
    "./event-target-websocket-client": "./adapters/websocket_client.ts",
    "./event-target-iroh": "./adapters/iroh.ts",
    "./wire": "./adapters/wire.ts",
  },
  files: [
    "mod.ts",
    "core/in_process.ts",
    "adapters/_link/link.ts",
    "adapters/websocket_client.ts",
    "adapters/iroh.ts",
    "adapters/wire.ts",
    ...["in-process", "websocket-client", "iroh-spoke", "iroh-hub"].map((page) => `${PAGES}${page}.md`),
  ],
  index: [
    "| [in-process](event-targets/in-process.md) | one process |",
    "| [WebSocket client](event-targets/websocket-client.md) | link |",
    "| [Iroh spoke](event-targets/iroh-spoke.md) | link |",
    "| [Iroh hub](event-targets/iroh-hub.md) | hub |",
  ].join("\n"),
};

const without = (file: string): ExportInputs => ({
  ...GOOD,
  files: GOOD.files.filter((path) => path !== file),
});
const withFile = (file: string): ExportInputs => ({ ...GOOD, files: [...GOOD.files, file] });

Deno.test("exports, files and docs that agree are accepted", () => {
  assertEquals(checkExports(GOOD), []);
});

Deno.test("an export must have its file", () => {
  assertEquals(checkExports(without("mod.ts")), ["export .: no file ./mod.ts"]);
});

Deno.test("an adapter must be exported by its name", () => {
  assertEquals(checkExports(withFile("adapters/worker_port.ts")), [
    "adapters/worker_port.ts is not exported as ./event-target-worker-port",
  ]);
});

Deno.test("the door for authors of adapters must be exported as ./wire, and needs no page", () => {
  const { "./wire": _, ...exports } = GOOD.exports;
  assertEquals(checkExports({ ...GOOD, exports }), ["adapters/wire.ts is not exported as ./wire"]);
});

Deno.test("an event target must have each of its pages", () => {
  assertEquals(checkExports(without(`${PAGES}in-process.md`)), [
    `export ./event-target-in-process: no page ${PAGES}in-process.md`,
  ]);
  assertEquals(checkExports(without(`${PAGES}iroh-hub.md`)), [
    `export ./event-target-iroh: no page ${PAGES}iroh-hub.md`,
  ]);
});

Deno.test("an event target must have a row in the table; a link elsewhere is not enough", () => {
  const index = GOOD.index.replace("| [in-process]", "See [in-process]");
  assertEquals(checkExports({ ...GOOD, index }), [
    "export ./event-target-in-process: no row in event-targets.md links in-process.md",
  ]);
});

Deno.test("a page must be linked in the index", () => {
  assertEquals(checkExports(withFile(`${PAGES}pigeon.md`)), [
    `${PAGES}pigeon.md is not linked in event-targets.md`,
  ]);
});
