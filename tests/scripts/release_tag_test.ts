import { assertEquals } from "@std/assert";
import { checkReleaseTag } from "../../scripts/checks/release_tag.ts";

const GOOD = {
  tag: "v1.2.3",
  version: "1.2.3",
  changelog: "# Changelog\n\n## 1.2.3 - 2026-12-24\n\n## 1.2.2 - 2026-12-01\n",
};

Deno.test("a tag, a version and a dated changelog entry that agree are accepted", () => {
  assertEquals(checkReleaseTag(GOOD), []);
});

Deno.test("a tag must name the version", () => {
  for (const tag of ["", "1.2.3", "v1.2.30", "v1.2.4"]) {
    assertEquals(checkReleaseTag({ ...GOOD, tag }), [`The tag is ${tag}, deno.json has version 1.2.3`]);
  }
});

Deno.test("the newest entry of the changelog must have the version", () => {
  assertEquals(checkReleaseTag({ ...GOOD, tag: "v1.3.0", version: "1.3.0" }), [
    "deno.json has version 1.3.0, CHANGELOG.md's newest entry is 1.2.3",
  ]);
});

Deno.test("a release must have a date, and nothing may be left unreleased", () => {
  const undated = GOOD.changelog.replace(" - 2026-12-24", " (not released yet)");
  assertEquals(checkReleaseTag({ ...GOOD, changelog: undated }), [
    'CHANGELOG.md starts with "## 1.2.3 (not released yet)", not with a version and the date of its release',
  ]);
  const unreleased = GOOD.changelog.replace("## 1.2.3", "## Unreleased\n\n## 1.2.3");
  assertEquals(checkReleaseTag({ ...GOOD, changelog: unreleased }).length, 1);
});
