import { assertEquals } from "@std/assert";
import { checkTestGroups } from "../../scripts/checks/test_groups.ts";
import { filesOf, type TestGroup } from "../../scripts/test_groups.ts";

const group = (name: string, ...paths: string[]): TestGroup => ({
  name,
  paths,
  parallel: false,
  coverage: true,
  byDefault: true,
});

const FILES = ["tests/a_test.ts", "tests/b_test.ts", "tests/long/c_test.ts"];
const GROUPS = [group("rest"), group("alone", "tests/b_test.ts"), group("long", "tests/long/")];

Deno.test("a group has the files and folders that it names, and a group without names has all others", () => {
  assertEquals(GROUPS.map((group) => filesOf(group, FILES, GROUPS)), FILES.map((file) => [file]));
  assertEquals(checkTestGroups(GROUPS, FILES), []);
});

Deno.test("a test file that no group runs is reported", () => {
  assertEquals(checkTestGroups(GROUPS.slice(1), FILES), ["tests/a_test.ts belongs to no group of tests"]);
});

Deno.test("a test file that two groups run is reported", () => {
  assertEquals(checkTestGroups([...GROUPS, group("again", "tests/long/c_test.ts")], FILES), [
    "tests/long/c_test.ts belongs to long and to again",
  ]);
});

Deno.test("a path without a test file is reported", () => {
  assertEquals(checkTestGroups([...GROUPS, group("gone", "tests/d_test.ts", "tests/gone/")], FILES), [
    'tests/d_test.ts: no such test, but the group "gone" names it',
    'tests/gone/: no such test, but the group "gone" names it',
  ]);
});
