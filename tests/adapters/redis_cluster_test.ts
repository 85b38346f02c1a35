import { ConnectionLostError, createPubSub } from "@alkdev/pubsub";
import { createRedisEventTarget, hashTag } from "@alkdev/pubsub/event-target-redis";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { slotOf } from "../../adapters/_redis/slots.ts";
import { eventually } from "../_eventually.ts";
import { disconnect } from "../fixtures/redis.ts";
import {
  addressesOf,
  CLUSTER_SETUPS,
  CLUSTERS,
  openCluster,
  type RedisClusterServers,
  startCluster,
  untilUnused,
} from "../fixtures/redis_cluster.ts";

type Events = { news: unknown };

let cluster: RedisClusterServers;

Deno.test.beforeAll(async () => {
  cluster = await startCluster();
});

Deno.test.afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

Deno.test("Redis Cluster: what cannot work is refused, with what to do", async () => {
  const addresses = addressesOf(cluster);
  const plain = new CLUSTERS["ioredis 5"](addresses);
  const prefixed = new CLUSTERS["ioredis 5"](addresses, { shardedSubscribers: true, keyPrefix: "p:" });
  const create = (client: typeof plain, sharded: boolean) =>
    createRedisEventTarget({ publishClient: client, subscribeClient: client, sharded });
  assertThrows(() => create(plain, true), TypeError, "shardedSubscribers: true");
  assertThrows(() => create(prefixed, true), TypeError, "use the option prefix");
  await eventually(() => [plain, prefixed].every(({ status }) => status === "ready"));
  await disconnect(plain, prefixed);
  assertThrows(() => create(plain, false), TypeError, "has ended");
  await untilUnused(cluster);
});

for (const library of Object.keys(CLUSTERS) as (keyof typeof CLUSTERS)[]) {
  Deno.test(`Redis Cluster by ${library}: one client has both roles, and ends with the program alone`, async () => {
    await using open = openCluster(cluster, library, { oneClient: true });
    const subscription = createPubSub<Events>({ eventTarget: open.target }).subscribe("news");
    await subscription.ready;
    open.target.publish({ type: "news", id: "1", payload: "one" });
    assertEquals((await subscription.next()).value?.payload, "one");
    await open.target.close();
    assertEquals(open.subscribeClient.status, "ready");
  });
}

for (const { library, sharded } of CLUSTER_SETUPS) {
  const channels = sharded ? "sharded channels" : "channels";
  Deno.test(`Redis Cluster by ${library}: an event target with ${channels} leaves nothing on a client that was there before`, async () => {
    const client = new CLUSTERS[library](addressesOf(cluster), { shardedSubscribers: sharded });
    await eventually(() => client.status === "ready");
    {
      await using _end = { [Symbol.asyncDispose]: () => disconnect(client) };
      const countListeners = () =>
        new Map(client.eventNames().map((name) => [name, client.listenerCount(name)]));
      const before = countListeners();
      for (let i = 0; i < 2; i++) {
        const target = createRedisEventTarget({ publishClient: client, subscribeClient: client, sharded });
        const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
        await subscription.ready;
        target.publish({ type: "news", id: "1", payload: i });
        assertEquals((await subscription.next()).value?.payload, i);
        assertEquals(target.status, { state: "open" });
        await target.close();
        // Those that ioredis itself has may have become fewer.
        const more = [...countListeners()].filter(([name, count]) => count > (before.get(name) ?? 0));
        assertEquals(more, []);
      }
    }
    await untilUnused(cluster);
  });

  Deno.test(`Redis Cluster by ${library}: when a client with ${channels} ends, so does all that was made of it`, async () => {
    const client = new CLUSTERS[library](addressesOf(cluster), { shardedSubscribers: sharded });
    const target = createRedisEventTarget({ publishClient: client, subscribeClient: client, sharded });
    const subscription = createPubSub<Events>({ eventTarget: target }).subscribe("news", "1");
    await subscription.ready;
    await disconnect(client);
    await assertRejects(() => subscription.next(), ConnectionLostError);
    assert(await target.closed instanceof ConnectionLostError);
    await untilUnused(cluster);
  });
}

for (const library of ["ioredis 5", "ioredis 6"] as const) {
  Deno.test(`Redis Cluster by ${library}, sharded: flush waits for the messages of every shard`, async () => {
    await using open = openCluster(cluster, library, { sharded: true, prefix: crypto.randomUUID() });
    const ids = Array.from({ length: 30 }, (_, i) => String(i));
    let heard = 0;
    for (const id of ids) open.target.listen("news", id, { onEvent: () => void heard++ });
    await open.target.flush();
    for (let round = 1; round <= 20; round++) {
      for (const id of ids) {
        for (let n = 0; n < 10; n++) open.target.publish({ type: "news", id, payload: "x".repeat(500) });
      }
      await open.target.flush();
      assertEquals(heard, round * ids.length * 10);
    }
    // ioredis would keep a note of each time that a channel is subscribed to again.
    const { shardedSubscribers } = open.subscribeClient as unknown as {
      readonly shardedSubscribers: { readonly channels: ReadonlyMap<number, string[]> };
    };
    const noted = Array.from(shardedSubscribers.channels.values(), ({ length }) => length);
    assertEquals(noted.reduce((sum, length) => sum + length), ids.length);
  });

  Deno.test(`Redis Cluster by ${library}, sharded: what is given up while a shard is lost is given up on all others`, async () => {
    await using open = openCluster(cluster, library, { sharded: true, prefix: "given-up/" });
    const { target, subscribeClient } = open;
    const stop = target.listen("news", "1", { onEvent() {} });
    await target.flush();
    // A cluster loses none just when it is asked to.
    subscribeClient.emit("-node");
    assertEquals(target.status.state, "reconnecting");
    stop();
    await eventually(() => assertEquals(target.status, { state: "open", gap: true }));
    await target.flush();
    const counts = await Promise.all(
      cluster.nodes.map(({ ask }) => ask("PUBSUB", "SHARDCHANNELS", "given-up/*")),
    );
    assertEquals(counts.flat(), []);
  });

  Deno.test(`Redis Cluster by ${library}, sharded: topics with one hash tag are on one shard`, async () => {
    await using open = openCluster(cluster, library, { sharded: true });
    const pubsub = createPubSub<Events>({ eventTarget: open.target });
    const ids = ["a", "b", "c"].map((rest) => hashTag("proj_123", rest));
    const subscriptions = ids.map((id) => pubsub.subscribe("news", id));
    await Promise.all(subscriptions.map(({ ready }) => ready));
    const counts = await Promise.all(cluster.nodes.map(async ({ ask }) => {
      const channels = await ask("PUBSUB", "SHARDCHANNELS", "news:*") as string[];
      return channels.length;
    }));
    assertEquals(counts.toSorted(), [0, 0, ids.length]);
    assert(ids.every((id) => slotOf(id) === slotOf("proj_123")));
  });
}
