import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assertEquals } from "@std/assert";
import { checkBeforeRelease } from "../../scripts/checks/before_release.ts";
import { type EndedProcess, startProcess } from "../../scripts/lib/process.ts";
import { withFiles } from "../support/temp_files.ts";

const root = new URL("../../", import.meta.url);

const MARKED = "# A page\n\n<!-- before-release -->\n\nVersion 1.2.3 is not released yet.\n";

Deno.test("a page that holds a passage for the time before the release is refused, with its line", () => {
  assertEquals(checkBeforeRelease("README.md", MARKED), [
    "README.md:3: remove what <!-- before-release --> marks before the release",
  ]);
  assertEquals(checkBeforeRelease("docs/page.md", `\`\`\`sh\nls\n\`\`\`\n${MARKED}${MARKED}`).length, 2);
});

Deno.test("a page without a marker is accepted, also one that names the marker in code", () => {
  assertEquals(checkBeforeRelease("README.md", "# A page\n"), []);
  assertEquals(checkBeforeRelease("docs/releasing.md", "Remove `<!-- before-release -->`.\n"), []);
  assertEquals(checkBeforeRelease("docs/releasing.md", "```md\n<!-- before-release -->\n```\n"), []);
});

Deno.test("a page or module that says that a version is not released is refused, marked or not", () => {
  for (
    const text of [
      "Version 1.2.3 is not released yet.",
      "It has not been released.",
      "until 1.2.3 is released",
    ]
  ) {
    for (const path of ["README.md", "core/types.ts"]) {
      assertEquals(checkBeforeRelease(path, `/**\n * ${text}\n */\n`), [
        `${path}:2: this will be untrue once the version is released`,
      ]);
    }
  }
  assertEquals(
    checkBeforeRelease("README.md", "A socket counts until it is released. Not every event is.\n"),
    [],
  );
});

Deno.test("the release check ends with 1 while any page holds such a passage, and with 0 afterwards", async () => {
  const files = {
    "deno.json": `{ "version": "1.2.3" }`,
    "CHANGELOG.md": "# Changelog\n\n## 1.2.3 - 2026-12-24\n",
    "README.md": "# A page\n",
    "docs/page.md": MARKED,
  };
  const refused = await runCheck(files);
  assertEquals(refused.code, 1);
  assertEquals(
    refused.stderr,
    "docs/page.md:3: remove what <!-- before-release --> marks before the release\n",
  );
  const ready = { ...files, "docs/page.md": "# A page\n" };
  const untrue = await runCheck({ ...ready, "core/types.ts": "/** Not released yet. */\nexport {};\n" });
  assertEquals([untrue.code, untrue.stderr], [
    1,
    "core/types.ts:1: this will be untrue once the version is released\n",
  ]);
  assertEquals(await runCheck(ready), {
    code: 0,
    stdout: "",
    stderr: "",
  });
});

Deno.test("this repository can be released once the changelog has a date and the marked lines are gone", () => {
  const files = globSync(["*.md", "docs/**/*.md", "mod.ts", "{core,adapters,operators}/**/*.ts"], {
    cwd: root,
  });
  const problems = files.flatMap((path) => {
    const text = readFileSync(new URL(path, root), "utf8").replaceAll(/^.*<!-- before-release -->.*\n/gm, "");
    return checkBeforeRelease(path, text.replace(/^## \d+\.\d+\.\d+ \(not released yet\)$/m, ""));
  });
  assertEquals([problems, files.length > 100], [[], true]);
});

function runCheck(files: Readonly<Record<string, string>>): Promise<EndedProcess> {
  const script = fileURLToPath(new URL("../../scripts/check_release.ts", import.meta.url));
  return withFiles(
    files,
    (root) => startProcess([Deno.execPath(), "run", "-A", script, "v1.2.3", fileURLToPath(root)]).ended,
  );
}
