import { assertEquals } from "@std/assert";
import {
  checkNpmPackage,
  type ExpectedNpmPackage,
  type NpmPackage,
} from "../../scripts/checks/npm_package.ts";

const GOOD: NpmPackage = {
  manifest: {
    name: "a",
    version: "1.0.0",
    engines: { node: ">=20", npm: "*" },
    exports: {
      "./b": { import: "./esm/b.js", require: "./script/b.js" },
      ".": { import: "./esm/mod.js", require: "./script/mod.js" },
    },
    dependencies: { c: "^1" },
    devDependencies: {},
  },
  files: [
    ...["package.json", "LICENSE", "README.md"],
    ...["esm", "script"].flatMap((folder) =>
      ["mod.js", "mod.d.ts", "b.js", "b.d.ts"].map((file) => `${folder}/${file}`)
    ),
  ],
};
const EXPECTED: ExpectedNpmPackage = {
  manifest: { version: "1.0.0", engines: { npm: "*", node: ">=20" } },
  exports: [".", "./b"],
  formats: ["import", "require"],
  dependencies: { c: "^1" },
};

const withField = (field: string, value: unknown): NpmPackage => ({
  ...GOOD,
  manifest: { ...GOOD.manifest, [field]: value },
});
const withoutFile = (file: string): NpmPackage => ({
  ...GOOD,
  files: GOOD.files.filter((path) => path !== file),
});

Deno.test("a package as expected is accepted", () => {
  assertEquals(checkNpmPackage(GOOD, EXPECTED), []);
});

Deno.test("a package must have every field, and no other dependency or script", () => {
  assertEquals(checkNpmPackage(withField("version", "1.0.1"), EXPECTED), [
    'package.json: version is "1.0.1", not "1.0.0"',
  ]);
  assertEquals(checkNpmPackage(withField("engines", undefined), EXPECTED), [
    'package.json: engines is missing, not {"node":">=20","npm":"*"}',
  ]);
  for (const dependencies of [{}, undefined, { c: "^2" }, { c: "^1", d: "1" }]) {
    assertEquals(checkNpmPackage(withField("dependencies", dependencies), EXPECTED).length, 1);
  }
  for (const field of ["optionalDependencies", "scripts"]) {
    assertEquals(checkNpmPackage(withField(field, { a: "b" }), EXPECTED), [
      `package.json: ${field} is {"a":"b"}, not {}`,
    ]);
  }
});

Deno.test("a package can export its package.json", () => {
  const exports = { ...Object(GOOD.manifest["exports"]), "./package.json": "./package.json" };
  assertEquals(checkNpmPackage(withField("exports", exports), EXPECTED), []);
});

Deno.test("a package must have every export in every format, and no other", () => {
  assertEquals(checkNpmPackage(GOOD, { ...EXPECTED, exports: ["."] }), [
    'package.json: the sub-paths of exports is [".","./b"], not ["."]',
  ]);
  const esm = { import: "./esm/mod.js" };
  assertEquals(checkNpmPackage(withField("exports", { ".": esm, "./b": esm }), EXPECTED), [
    "package.json: . has no require",
    "package.json: ./b has no require",
  ]);
  assertEquals(checkNpmPackage(withField("exports", { ".": "./mod.js", "./b": esm }), EXPECTED).length, 3);
});

Deno.test("a package must have the files of its exports, their types and its documents", () => {
  assertEquals(checkNpmPackage(withoutFile("script/b.js"), EXPECTED), ["no file ./script/b.js for ./b"]);
  assertEquals(checkNpmPackage(withoutFile("esm/mod.d.ts"), EXPECTED), ["no file ./esm/mod.d.ts for ."]);
  assertEquals(checkNpmPackage(withoutFile("LICENSE"), EXPECTED), ["no file LICENSE"]);
});

Deno.test("a package must contain neither tests nor shims", () => {
  const unwanted = ["tests/a.js", "esm/test/a.js", "esm/a_test.js", "esm/_dnt.shims.js", "test_runner.js"];
  for (const file of unwanted) {
    assertEquals(checkNpmPackage({ ...GOOD, files: [...GOOD.files, file] }, EXPECTED), [
      `${file} does not belong into the package`,
    ]);
  }
});
