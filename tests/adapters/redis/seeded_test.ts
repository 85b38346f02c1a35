import type { EventTargetStatus } from "@alkdev/pubsub";
import { assert, assertEquals } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { eventually } from "../../support/eventually.ts";
import { randomFrom, shuffled } from "../../../scripts/lib/random.ts";
import { LIBRARIES, openRedis, type RedisServer, startRedis } from "../../support/redis.ts";
import { type RedisProxy, startRedisProxy } from "../../support/redis_proxy.ts";

/** The parts that a fault can act on. */
interface Rig {
  readonly server: RedisServer;
  /** The proxies of the two clients. */
  readonly publish: RedisProxy;
  readonly subscribe: RedisProxy;
  readonly burst: () => void;
}

/** Each fault returns whether a connection was lost. */
const FAULTS: readonly ((rig: Rig) => Promise<boolean>)[] = [
  async ({ server, burst }) => {
    await server.kill("SIGKILL");
    burst();
    await server.restart();
    return true;
  },
  async ({ server, burst }) => {
    await server.kill("SIGSTOP");
    burst();
    await server.kill("SIGCONT");
    return false;
  },
  async ({ publish, subscribe, burst }) => {
    burst();
    publish.cut();
    subscribe.cut();
    return await true;
  },
  async ({ publish, burst }) => {
    publish.stall("answers");
    burst();
    await eventually(() => publish.held > 0);
    publish.cut();
    return true;
  },
  async ({ publish, burst }) => {
    publish.tear("requests");
    burst();
    return await true;
  },
  async ({ subscribe, burst }) => {
    subscribe.tear("answers");
    burst();
    return await true;
  },
];

for (const library of Object.keys(LIBRARIES) as (keyof typeof LIBRARIES)[]) {
  Deno.test({
    name: `Redis by ${library}: with random faults during bursts, nothing arrives out of order, ` +
      "nothing arrives twice, and each loss is reported",
    timeout: 60_000,
    async fn() {
      const seed = Number(Deno.env.get("SEED") ?? Math.floor(Math.random() * 2 ** 32));
      console.log(`The seed is ${seed}: SEED=${seed} repeats these faults`);
      const random = randomFrom(seed);
      await using server = await startRedis();
      using publish = startRedisProxy(server.path, "publish");
      using subscribe = startRedisProxy(server.path, "subscribe");
      const statuses: EventTargetStatus[] = [];
      const received: number[] = [];
      let published = 0;
      const rejections = await unhandledRejections(async () => {
        await using open = openRedis(server, library, {
          paths: { publish: publish.path, subscribe: subscribe.path },
          publishTimeoutMs: 5000,
          onStatus: (status) => void statuses.push(status),
        });
        const { target, faults } = open;
        const send = (): void => target.publish({ type: "news", id: "1", payload: ++published });
        const burst = (): void => {
          for (let i = 0; i < 500; i++) send();
        };
        const count = () => ({
          missing: published - received.length,
          gaps: statuses.filter(({ gap }) => gap).length,
          reports: faults.filter(({ context }) => context.stage === "publish").length,
        });
        target.listen("news", "1", { onEvent: ({ payload }) => void received.push(Number(payload)) });
        await target.flush();
        for (const [round, strike] of shuffled([...FAULTS, ...FAULTS], random).entries()) {
          const where = `round ${round} of seed ${seed}`;
          const before = count();
          const changes = statuses.length;
          burst();
          // The fault strikes a random number of turns after the burst.
          for (let turns = Math.floor(random() * 10); turns > 0; turns--) {
            await new Promise((resolve) => setTimeout(resolve));
          }
          const lost = await strike({ server, publish, subscribe, burst });
          if (lost) await eventually(() => statuses.length > changes, { timeoutMs: 10_000 });
          await eventually(() => target.status.state === "open", { timeoutMs: 10_000 });
          await target.flush();
          send();
          await target.flush();
          assertEquals(received.at(-1), published, where);
          const after = count();
          const missing = after.missing - before.missing;
          assert(
            missing === 0 || after.gaps > before.gaps || missing <= after.reports - before.reports,
            where,
          );
        }
        assertEquals(received, [...new Set(received)].sort((a, b) => a - b), `seed ${seed}`);
      });
      assertEquals(rejections, []);
    },
  });
}
