import { assert, assertEquals, assertMatch } from "@std/assert";
import { buildLivePage } from "../../scripts/build_live_page.ts";
import { eventually } from "../support/eventually.ts";
import { serveHub } from "../support/hub_program.ts";
import { openLivePage, rowsOf, serveLivePage, textOf } from "../support/live_page.ts";
import { startProgram } from "../support/program.ts";
import { LEAVES_TIMERS, startRedis } from "../support/redis.ts";

const STATES = `${rowsOf("#hubs")}.map(([, state]) => state)`;

Deno.test.beforeAll(buildLivePage);

Deno.test(
  "a hub without a page is beside the others, and silent once it was killed",
  LEAVES_TIMERS,
  async () => {
    await using redis = await startRedis();
    await using hub = await serveHub({ redis: redis.path });
    await using page = await serveLivePage(hub);
    await using browser = await openLivePage(page.url);
    const other = startProgram("hub/main.ts", "--redis", redis.path, "--live", "off", "--port", "0");
    await eventually(async () => assertEquals(await browser.value(STATES), ["ready", "ready"]), {
      timeoutMs: 20_000,
    });
    other.kill("SIGKILL");
    await eventually(async () => assertMatch(String(await browser.value(STATES)), /^ready,silent \d s$/), {
      timeoutMs: 10_000,
    });
    await other.ended;
    await eventually(async () => assertEquals(await browser.value(STATES), ["ready"]), { timeoutMs: 70_000 });
  },
);

Deno.test("a page shows a Redis that hangs as not ready, and comes back with it", LEAVES_TIMERS, async () => {
  await using redis = await startRedis();
  await using hub = await serveHub({ redis: redis.path });
  await using page = await serveLivePage(hub);
  await using browser = await openLivePage(page.url);
  const about = textOf("#about");
  await redis.kill("SIGSTOP");
  const before = await browser.value(about);
  // The page continues.
  await eventually(async () => assert(await browser.value(about) !== before));
  await eventually(async () => {
    assertMatch(String(Object(await browser.value(rowsOf("#hubs")))[0]?.[1]), /^silent/);
  }, { timeoutMs: 10_000 });
  await redis.kill("SIGCONT");
  await eventually(async () => {
    assertEquals(Object(await browser.value(rowsOf("#hubs")))[0]?.[1], "ready");
  }, { timeoutMs: 10_000 });
});
