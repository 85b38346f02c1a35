import { assertEquals, assertRejects } from "@std/assert";
import { readConfigFile } from "../../hub/config_file.ts";
import { withFiles } from "../support/temp_files.ts";

/** Settings of a file that the flags of the same names would refuse. */
const WRONG_SETTINGS = [
  'port: "8787"',
  "port: 65536",
  'live: "off"',
  'liveToken: ""',
  'origin: "https://a.example"',
  'key: "key.json"',
  'open: "false"',
  "maxConnections: NaN",
  'jwks: "file:///keys"',
  "hub: 1",
  "hub: []",
  'history: ["news"]',
  'history: new Map([["news", { perId: 1 }]])',
  "history: new Date()",
  "hub: Promise.resolve({ authorize: () => false })",
  "hub: new class { authorize() { return false; } }()",
];

/** Functions of the hub that are none. */
const WRONG_FUNCTIONS = ["authorize: true", "authorizeEvent: {}", "onError: null"];

/** Names that are nearly those of settings. */
const UNKNOWN_SETTINGS = [
  ["hub: { authorise: () => false }", "hub.authorise"],
  ["history: { news: { perid: 1 } }", "history.news.perid"],
] as const;

Deno.test("a file cannot set what a flag of the same name could not", async () => {
  const files = Object.fromEntries(
    WRONG_SETTINGS.map((text, i) => [`${i}.ts`, `export default { ${text} };`]),
  );
  await withFiles(files, async (root) => {
    for (const [i, text] of WRONG_SETTINGS.entries()) {
      const path = decodeURIComponent(new URL(`${i}.ts`, root).pathname);
      const [name] = text.split(":");
      await assertRejects(() => readConfigFile(path), TypeError, `has a wrong ${name}: it must be `);
    }
  });
});

Deno.test("settings that come later, or that are of a class, are refused instead of ignored", async () => {
  const files = {
    "later.ts": "export default Promise.resolve({ port: 1 });",
    "class.ts": "export default new class { get port() { return 1; } }();",
    "namespace.ts": "export * as default from './named.ts';",
    "named.ts": "export const port = 1;",
  };
  await withFiles(files, async (root) => {
    const path = (name: string) => decodeURIComponent(new URL(name, root).pathname);
    for (const name of ["later.ts", "class.ts"]) {
      await assertRejects(() => readConfigFile(path(name)), TypeError, "must export its settings");
    }
    assertEquals(await readConfigFile(path("namespace.ts")), { port: 1 });
  });
});

Deno.test("an option of the hub that must be a function is refused if it has another value", async () => {
  const files = Object.fromEntries(
    WRONG_FUNCTIONS.map((text, i) => [`${i}.ts`, `export default { hub: { ${text} } };`]),
  );
  await withFiles(files, async (root) => {
    for (const [i, text] of WRONG_FUNCTIONS.entries()) {
      const path = decodeURIComponent(new URL(`${i}.ts`, root).pathname);
      const [name] = text.split(":");
      const reason = `has a wrong hub.${name}: it must be a function`;
      await assertRejects(() => readConfigFile(path), TypeError, reason);
    }
  });
});

Deno.test("a misspelt option or bound in a file is refused", async () => {
  const files = Object.fromEntries(
    UNKNOWN_SETTINGS.map(([text], i) => [`${i}.ts`, `export default { ${text} };`]),
  );
  await withFiles(files, async (root) => {
    for (const [i, [, name]] of UNKNOWN_SETTINGS.entries()) {
      const path = decodeURIComponent(new URL(`${i}.ts`, root).pathname);
      await assertRejects(() => readConfigFile(path), TypeError, `has an unknown setting '${name}'`);
    }
  });
});

Deno.test("a setting of a file that is undefined is as if it were absent", async () => {
  await withFiles(
    {
      "some.ts":
        "export default { port: 0, hostname: undefined, live: false, hub: { heartbeatMs: undefined, maxPending: 5 } };",
    },
    async (root) => {
      const path = decodeURIComponent(new URL("some.ts", root).pathname);
      assertEquals(await readConfigFile(path), { port: 0, live: false, hub: { maxPending: 5 } });
    },
  );
});
