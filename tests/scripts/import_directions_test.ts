import { assertEquals } from "@std/assert";
import { checkImportDirections } from "../../scripts/checks/import_directions.ts";

const GOOD = [
  { path: "core/topic.ts", imports: ["core/utf8.ts", "npm:@repeaterjs/repeater@^3.1.0"] },
  { path: "operators/map.ts", imports: ["core/types.ts", "operators/pipe.ts"] },
  { path: "adapters/_shared/hub.ts", imports: ["core/topic.ts", "adapters/_shared/frame.ts"] },
  { path: "adapters/redis.ts", imports: ["core/topic.ts"] },
  { path: "adapters/worker.ts", imports: ["adapters/_shared/link.ts", "core/types.ts"] },
  { path: "mod.ts", imports: ["core/topic.ts", "operators/map.ts", "adapters/worker.ts"] },
];

Deno.test("imports that point the right way are accepted", () => {
  assertEquals(checkImportDirections(GOOD), []);
});

const WRONG_WAY: [path: string, imported: string][] = [
  ["core/topic.ts", "adapters/_shared/frame.ts"],
  ["core/topic.ts", "operators/map.ts"],
  ["core/topic.ts", "mod.ts"],
  ["core/topic.ts", "node:events"],
  ["core/topic.ts", "npm:@repeaterjs/repeater-fork@1"],
  ["operators/map.ts", "adapters/worker.ts"],
  ["adapters/_shared/hub.ts", "adapters/worker.ts"],
  ["adapters/worker.ts", "adapters/redis.ts"],
  ["adapters/worker.ts", "operators/map.ts"],
  ["adapters/redis.ts", "npm:ioredis@^5"],
  ["adapters/iroh.ts", "npm:@number0/iroh@1"],
  ["adapters/redis.ts", "ioredis"],
  ["mod.ts", "adapters/redis.ts"],
  ["mod.ts", "adapters/iroh.ts"],
  ["mod.ts", "tests/fixtures.ts"],
  ["elsewhere/a.ts", "core/topic.ts"],
];

for (const [path, imported] of WRONG_WAY) {
  Deno.test(`${path} must not import ${imported}`, () => {
    const problems = checkImportDirections([...GOOD, { path, imports: [imported] }]);
    assertEquals(problems, [`${path} must not import ${imported}`]);
  });
}

Deno.test("mod.ts must re-export every adapter that is not opt-in", () => {
  const modules = GOOD.map((module) => module.path === "mod.ts" ? { ...module, imports: [] } : module);
  assertEquals(checkImportDirections(modules), ["mod.ts must re-export adapters/worker.ts"]);
});
