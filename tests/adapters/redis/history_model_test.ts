import { LIBRARIES, openTarget, startRedis } from "../../support/redis.ts";
import { startRedisProxy } from "../../support/redis_proxy.ts";
import { flushed, harmlessFaults, killed } from "../../support/redis_history/faults.ts";
import { HISTORY, type Rig, runHistoryModel } from "../../support/redis_history/model.ts";

const AOF = ["--appendonly", "yes", "--appendfsync", "always"];

/** Runs the model over one server. */
async function run(
  library: keyof typeof LIBRARIES,
  seed: number,
  { steps = 8, isKept = true }: { steps?: number; isKept?: boolean },
): Promise<void> {
  await using server = await startRedis({
    args: ["--enable-debug-command", "yes", ...(isKept ? AOF : [])],
  });
  using proxy = startRedisProxy(server.path);
  const harmless = Object.values(harmlessFaults(server, proxy));
  const Client = LIBRARIES[library];
  const rig: Rig = {
    seed,
    steps,
    mayLose: !isKept,
    faults: [...harmless, killed(server), ...(isKept ? [] : [flushed(server)])],
    open: (onStatus) =>
      openTarget({
        publishClient: new Client(proxy.path),
        subscribeClient: new Client(server.path),
        history: HISTORY,
        publishTimeoutMs: 5000,
        onStatus,
      }),
  };
  await runHistoryModel(rig);
}

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 32));
  Deno.test(`history over ${library}: with an AOF, nothing is lost or heard twice, and no gap is told (seed ${seed})`, async () => {
    await run(library, seed, {});
  });
  Deno.test(`history over ${library}: without persistence, every loss is told (seed ${seed})`, async () => {
    await run(library, seed, { isKept: false });
  });
}
