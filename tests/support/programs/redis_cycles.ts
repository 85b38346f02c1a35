/**
 * Publishes and listens on as many sharded channels as its argument says, each once, and prints how much the heap grew.
 * Runs as its own process with `--v8-flags=--expose-gc`.
 */
import { eventually } from "../eventually.ts";
import { settledHeap } from "../../../scripts/lib/heap.ts";
import { openTarget } from "../redis.ts";
import { CLUSTERS, openCluster, startCluster } from "../redis_cluster.ts";

const CHANNELS = Number(Deno.args[0]);
const AT_ONCE = 1000;

await using cluster = await startCluster();
// Answered messages must be forgotten at once, and not only at their time-out.
await using open = openCluster(cluster, "ioredis 5", { sharded: true, publishTimeoutMs: Infinity });
// There is no server at this port, so every event times out.
const unreachableClient = () =>
  new CLUSTERS["ioredis 5"]([{ host: "127.0.0.1", port: 1 }], { shardedSubscribers: true });
await using unreachable = openTarget({
  publishClient: unreachableClient(),
  subscribeClient: unreachableClient(),
  sharded: true,
  publishTimeoutMs: 1,
});
await eventually(() => open.target.status.state === "open");

let used = 0;
async function use(channels: number): Promise<void> {
  for (let done = 0; done < channels; done += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, () => String(++used));
    const stops = ids.map((id) => open.target.listen("news", id, { onEvent() {} }));
    for (const id of ids) {
      open.target.publish({ type: "news", id, payload: null });
      unreachable.target.publish({ type: "news", id, payload: null });
    }
    await open.target.flush();
    for (const stop of stops) stop();
    await open.target.flush();
    await eventually(() =>
      unreachable.faults.filter(({ context }) => context.stage === "publish").length === AT_ONCE
    );
    unreachable.faults.length = 0;
  }
}

await use(CHANNELS);
const before = await settledHeap();
await use(CHANNELS);
const growth = (await settledHeap()) - before;
console.log(JSON.stringify({ channels: CHANNELS, growth, faults: open.faults.length }));
