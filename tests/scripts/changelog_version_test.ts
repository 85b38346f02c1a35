import { assertEquals } from "@std/assert";
import { checkChangelogVersion } from "../../scripts/checks/changelog_version.ts";

const CHANGELOG = "# Changelog\n\n## Unreleased\n\n## 0.2.0\n\n### Fixed\n\n## 0.1.0\n";

Deno.test("the version must be the newest entry of the changelog", () => {
  assertEquals(checkChangelogVersion("0.2.0", CHANGELOG), []);
  assertEquals(checkChangelogVersion("1.0.0-rc.1", "## [1.0.0-rc.1] - 2026-01-01\n"), []);
  assertEquals(checkChangelogVersion("0.1.0", CHANGELOG).length, 1);
  assertEquals(checkChangelogVersion("0.2", CHANGELOG).length, 1);
  assertEquals(checkChangelogVersion("0.1.0", "# Changelog\n").length, 1);
});
