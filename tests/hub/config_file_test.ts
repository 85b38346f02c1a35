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
];

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
    { "some.ts": "export default { port: 0, hostname: undefined, live: false };" },
    async (root) => {
      const path = decodeURIComponent(new URL("some.ts", root).pathname);
      assertEquals(await readConfigFile(path), { port: 0, live: false });
    },
  );
});
