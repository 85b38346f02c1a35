import { assertEquals, assertThrows } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { npmBuildOptions, npmDependencies } from "../../scripts/npm_build_options.ts";

const CONFIG = {
  name: "@scope/name",
  version: "1.2.3",
  license: "MIT",
  exports: { ".": "./mod.ts", "./a-b": "./a/b.ts" },
  imports: { "@repeaterjs/repeater": "npm:@repeaterjs/repeater@^3.1.0" },
};

Deno.test("the exports of deno.json are the exports of the npm package, for import, for require and for old resolvers", () => {
  const { main, module, types, exports, typesVersions } = npmBuildOptions(CONFIG).package;
  assertEquals({ main, module, types, exports, typesVersions }, {
    main: "./script/mod.js",
    module: "./esm/mod.js",
    types: "./script/mod.d.ts",
    exports: {
      ".": { import: "./esm/mod.js", require: "./script/mod.js" },
      "./a-b": { import: "./esm/a/b.js", require: "./script/a/b.js" },
      "./package.json": "./package.json",
    },
    typesVersions: { "*": { "a-b": ["./script/a/b.d.ts"] } },
  });
});

Deno.test("the npm package has the name, the version and the licence of deno.json, and can be published by anyone of the scope", () => {
  const { name, version, license, type, sideEffects, engines, publishConfig } =
    npmBuildOptions(CONFIG).package;
  assertEquals({ name, version, license, type, sideEffects, engines, publishConfig }, {
    name: "@scope/name",
    version: "1.2.3",
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: { node: ">=20" },
    publishConfig: { access: "public" },
  });
});

Deno.test("the registry shows where the npm package comes from", () => {
  const { homepage, bugs, repository, author, keywords, description } = npmBuildOptions(config).package;
  assertEquals([homepage, bugs.url, repository.url, author], [
    "https://github.com/alkdev/pubsub#readme",
    "https://github.com/alkdev/pubsub/issues",
    "git+https://github.com/alkdev/pubsub.git",
    "alkdev contributors",
  ]);
  assertEquals([keywords.length > 5, description.length > 50], [true, true]);
});

Deno.test("no version of a package that only some sub-paths need is refused", () => {
  const { peerDependencies, peerDependenciesMeta } = npmBuildOptions(config).package;
  assertEquals(peerDependencies, {
    "@number0/iroh": "*",
    "@opentelemetry/api": "*",
    ioredis: "*",
    react: "*",
  });
  const optional = { optional: true } as const;
  assertEquals(peerDependenciesMeta, {
    "@number0/iroh": optional,
    "@opentelemetry/api": optional,
    ioredis: optional,
    react: optional,
  });
});

Deno.test("Repeater is the only dependency of the npm package, in the range of the import map", () => {
  assertEquals(npmBuildOptions(CONFIG).package.dependencies, { "@repeaterjs/repeater": "^3.1.0" });
  assertEquals(npmDependencies({ a: "npm:a@1", "@repeaterjs/repeater": "npm:@repeaterjs/repeater@^3.1.0" }), {
    "@repeaterjs/repeater": "^3.1.0",
  });
  assertThrows(() => npmDependencies({}), TypeError, "does not import it");
});
