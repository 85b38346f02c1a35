import { assertEquals, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { npmBuildOptions, npmDependencies } from "../../scripts/npm_build_options.ts";

Deno.test("the options of dnt describe the npm package", () => {
  const options = npmBuildOptions({
    name: "@scope/name",
    version: "1.2.3",
    license: "MIT",
    exports: { ".": "./mod.ts", "./a-b": "./a/b.ts" },
  });
  assertEquals(options, {
    entryPoints: [{ name: ".", path: "./mod.ts" }, { name: "./a-b", path: "./a/b.ts" }],
    outDir: "./npm",
    importMap: "./deno.json",
    shims: {},
    polyfills: {
      arrayFindLast: false,
      arrayFromAsync: false,
      errorCause: false,
      objectHasOwn: false,
      promiseWithResolvers: false,
      stringReplaceAll: false,
    },
    test: false,
    typeCheck: "both",
    declaration: "inline",
    declarationMap: false,
    esModule: true,
    scriptModule: "cjs",
    skipSourceOutput: true,
    compilerOptions: { target: "ES2022", lib: ["ESNext", "DOM"] },
    package: {
      name: "@scope/name",
      version: "1.2.3",
      description: options.package.description,
      license: "MIT",
      type: "module",
      repository: { type: "git", url: "git+https://github.com/alkdev/pubsub.git" },
      engines: { node: ">=20" },
      sideEffects: false,
      peerDependencies: { "@number0/iroh": "^1", ioredis: "^5 || ^6" },
      peerDependenciesMeta: { "@number0/iroh": { optional: true }, ioredis: { optional: true } },
      devDependencies: { "@types/node": "^20.9.0" },
    },
  });
});

Deno.test("the npm package has the exports and the version of deno.json", () => {
  const { entryPoints, package: { name, version, license } } = npmBuildOptions(config);
  assertEquals(Object.fromEntries(entryPoints.map(({ name, path }) => [name, path])), config.exports);
  assertEquals([name, version, license], [config.name, config.version, config.license]);
});

Deno.test("Repeater is the only dependency of the npm package, in the range of the import map", () => {
  assertEquals(npmDependencies({ a: "npm:a@1", "@repeaterjs/repeater": "npm:@repeaterjs/repeater@^3.1.0" }), {
    "@repeaterjs/repeater": "^3.1.0",
  });
  assertThrows(() => npmDependencies({}), TypeError, "does not import it");
});
