import { assertEquals } from "@std/assert";
import { checkImportCircles, checkImportDirections } from "../../scripts/checks/import_directions.ts";

const GOOD = [
  { path: "core/topic.ts", imports: ["core/utf8.ts", "npm:@repeaterjs/repeater@^3.1.0"] },
  { path: "operators/map.ts", imports: ["core/types.ts", "operators/pipe.ts"] },
  {
    path: "adapters/_hub/hub.ts",
    imports: ["core/topic.ts", "adapters/_wire/frame.ts", "adapters/_session/session.ts"],
  },
  { path: "adapters/redis.ts", imports: ["core/topic.ts"] },
  { path: "adapters/worker.ts", imports: ["adapters/_link/link.ts", "core/types.ts"] },
  { path: "adapters/wire.ts", imports: ["adapters/_link/create_link.ts", "adapters/_wire/codec.ts"] },
  { path: "mod.ts", imports: ["core/topic.ts", "operators/map.ts", "adapters/worker.ts"] },
];

Deno.test("imports in the right direction are accepted", () => {
  assertEquals(checkImportDirections(GOOD), []);
});

const WRONG_WAY: [path: string, imported: string][] = [
  ["core/topic.ts", "adapters/_wire/frame.ts"],
  ["core/topic.ts", "operators/map.ts"],
  ["core/topic.ts", "mod.ts"],
  ["core/topic.ts", "node:events"],
  ["core/topic.ts", "npm:@repeaterjs/repeater-fork@1"],
  ["operators/map.ts", "adapters/worker.ts"],
  ["adapters/_hub/hub.ts", "adapters/worker.ts"],
  ["adapters/_hub/hub.ts", "adapters/_link/link.ts"],
  ["adapters/_link/link.ts", "adapters/_hub/hub.ts"],
  ["adapters/_session/session.ts", "adapters/_hub/hub.ts"],
  ["adapters/_wire/wire.ts", "adapters/_session/batch.ts"],
  ["adapters/_websocket/websocket_wire.ts", "adapters/_session/heartbeat.ts"],
  ["adapters/_worker/worker_wire.ts", "adapters/_iroh/deflate.ts"],
  ["adapters/_iroh/iroh_wire.ts", "adapters/_worker/worker_wire.ts"],
  ["adapters/_iroh/iroh_wire.ts", "node:zlib"],
  ["adapters/_redis/client.ts", "adapters/_wire/wire.ts"],
  ["adapters/redis.ts", "adapters/_session/options.ts"],
  ["adapters/worker.ts", "adapters/redis.ts"],
  ["adapters/worker.ts", "operators/map.ts"],
  ["adapters/redis.ts", "npm:ioredis@^5"],
  ["examples/hub.ts", "core/topic.ts"],
  ["examples/hub.ts", "scripts/lib/lines.ts"],
  ["scripts/demo/main.ts", "tests/support/eventually.ts"],
  ["bench/topics.ts", "examples/hub.ts"],
  ["bench/topics.ts", "tests/support/redis.ts"],
  ["adapters/iroh.ts", "npm:@number0/iroh@1"],
  ["adapters/redis.ts", "ioredis"],
  ["mod.ts", "adapters/redis.ts"],
  ["mod.ts", "adapters/iroh.ts"],
  ["mod.ts", "adapters/wire.ts"],
  ["adapters/wire.ts", "adapters/_websocket/websocket_wire.ts"],
  ["mod.ts", "tests/support/redis.ts"],
  ["elsewhere/a.ts", "core/topic.ts"],
];

for (const [path, imported] of WRONG_WAY) {
  Deno.test(`${path} must not import ${imported}`, () => {
    const problems = checkImportDirections([...GOOD, { path, imports: [imported] }]);
    assertEquals(problems, [`${path} must not import ${imported}`]);
  });
}

Deno.test("imports must not form a circle", () => {
  const modules = [
    { path: "core/a.ts", imports: ["core/b.ts"] },
    { path: "core/b.ts", imports: ["core/c.ts"] },
    { path: "core/c.ts", imports: ["core/b.ts"] },
    { path: "core/d.ts", imports: ["core/d.ts"] },
    { path: "core/e.ts", imports: ["core/a.ts", "core/c.ts"] },
  ];
  assertEquals(checkImportCircles(GOOD), []);
  assertEquals(checkImportCircles(modules), [
    "circle of imports: core/b.ts → core/c.ts → core/b.ts",
    "circle of imports: core/d.ts → core/d.ts",
  ]);
});

Deno.test("mod.ts must re-export every adapter that is not opt-in", () => {
  const modules = GOOD.map((module) => module.path === "mod.ts" ? { ...module, imports: [] } : module);
  assertEquals(checkImportDirections(modules), ["mod.ts must re-export adapters/worker.ts"]);
});
