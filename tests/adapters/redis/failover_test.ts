import { createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { assert, assertEquals } from "@std/assert";
import { unhandledRejections } from "../../support/unhandled_rejections.ts";
import { slotOf } from "../../../adapters/_redis/channels.ts";
import { eventually } from "../../support/eventually.ts";
import { disconnect, LIBRARIES } from "../../support/redis.ts";
import {
  addressesOf,
  CLUSTER_SETUPS,
  moveSlot,
  openCluster,
  startCluster,
} from "../../support/redis_cluster.ts";

type Events = { news: number | "after"; tick: number };

const TOPICS = 12;

for (const library of ["ioredis 5", "ioredis 6"] as const) {
  Deno.test(`Redis Cluster by ${library}, sharded: when a slot moves to another master, a gap is reported, and later events arrive`, async () => {
    await using cluster = await startCluster();
    const statuses: EventTargetStatus[] = [];
    await using open = openCluster(cluster, library, {
      sharded: true,
      onStatus: (status) => void statuses.push(status),
    });
    const { target } = open;
    const received: unknown[] = [];
    target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
    await target.flush();
    // A flush of nothing does not need the publishing client.
    await eventually(() => assertEquals(statuses, [{ state: "open" }]));
    await moveSlot(cluster, slotOf("news:1"));
    await eventually(() => assertEquals(target.status, { state: "open", gap: true }));
    target.publish({ type: "news", id: "1", payload: "after" });
    await target.flush();
    assertEquals(received, ["after"]);
  });
}

Deno.test("Redis Cluster: while every master refuses the subscriber connection, each failure is reported", async () => {
  await using cluster = await startCluster();
  const masters = addressesOf(cluster).map((address) => new LIBRARIES["ioredis 5"](address));
  const askAll = (command: string, ...args: string[]) =>
    Promise.all(masters.map((master) => master.call(command, ...args)));
  await using open = openCluster(cluster, "ioredis 5");
  const { target, faults } = open;
  target.listen("news", "1", { onEvent() {} });
  await target.flush();
  await askAll("CONFIG", "SET", "requirepass", "unknown");
  await askAll("CLIENT", "KILL", "TYPE", "pubsub");
  await eventually(() => faults.filter(({ error }) => String(error).includes("NOAUTH")).length > 3);
  assert(faults.every(({ context }) => context.stage === "connect"));
  assertEquals(target.status.state, "reconnecting");
  await askAll("CONFIG", "SET", "requirepass", "");
  await eventually(() => assertEquals(target.status, { state: "open", gap: true }));
  await disconnect(...masters);
});

for (const { library, sharded } of CLUSTER_SETUPS) {
  Deno.test({
    name:
      `Redis Cluster by ${library}${
        sharded ? ", sharded" : ""
      }: every topic survives the failover of a master, a gap is ` +
      "reported, and later events arrive once",
    timeout: 60_000,
    // The sharded subscriber of ioredis never clears the timers of its attempts.
    sanitizeOps: !sharded,
    sanitizeResources: !sharded,
    async fn() {
      await using cluster = await startCluster({ replicas: 1, nodeTimeoutMs: 1500 });
      const statuses: EventTargetStatus[] = [];
      const rejections = await unhandledRejections(async () => {
        await using open = openCluster(cluster, library, {
          sharded,
          commandTimeoutMs: 1000,
          onStatus: (status) => void statuses.push(status),
        });
        const pubsub = createPubSub<Events>({ eventTarget: open.target });
        const subscriptions = Array.from({ length: TOPICS }, (_, i) => pubsub.subscribe("news", String(i)));
        await Promise.all(subscriptions.map(({ ready }) => ready));
        let ticks = 0;
        const received = Array.from({ length: TOPICS }, (_, i) => {
          const numbers: unknown[] = [];
          open.target.listen("tick", String(i), { onEvent: ({ payload }) => void numbers.push(payload) });
          return numbers;
        });
        await open.target.flush();
        // Only one node holds the subscriptions to classic channels; every master holds some to sharded ones.
        const subscribed = await Promise.all(cluster.nodes.map(async ({ ask }) => {
          const channels = await ask("PUBSUB", sharded ? "SHARDCHANNELS" : "CHANNELS") as string[];
          return channels.length;
        }));
        await cluster.nodes[subscribed.findIndex((channels) => channels > 0)]?.kill("SIGKILL");
        // Whatever is sent again meanwhile, each topic stays in order.
        await eventually(() => {
          for (let i = 0; i < TOPICS; i++) pubsub.publish("tick", String(i), ++ticks);
          return statuses.some(({ gap }) => gap === true);
        }, { timeoutMs: 20_000 });
        for (let i = 0; i < TOPICS; i++) pubsub.publish("news", String(i), i);
        for (const [i, subscription] of subscriptions.entries()) {
          assertEquals((await subscription.next()).value?.payload, i);
          pubsub.publish("news", String(i), "after");
          assertEquals((await subscription.next()).value?.payload, "after");
        }
        await open.target.flush();
        for (const numbers of received) {
          assertEquals(numbers, numbers.toSorted((a, b) => Number(a) - Number(b)));
          assert(numbers.length > 0);
        }
      });
      assertEquals(rejections, []);
    },
  });
}
