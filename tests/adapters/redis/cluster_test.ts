import { ConnectionLostError, createPubSub, type EventTargetStatus } from "@alkdev/pubsub";
import { createRedisEventTarget, hashTag } from "@alkdev/pubsub/event-target-redis";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { slotOf } from "../../../adapters/_redis/channels.ts";
import { eventually } from "../../support/eventually.ts";
import { disconnect, LIBRARIES, openTarget } from "../../support/redis.ts";
import {
  addressesOf,
  CLUSTER_SETUPS,
  CLUSTERS,
  openCluster,
  type RedisClusterServers,
  startCluster,
  untilUnused,
} from "../../support/redis_cluster.ts";

type Events = { news: unknown };

let cluster: RedisClusterServers;

Deno.test.beforeAll(async () => {
  cluster = await startCluster();
});

Deno.test.afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

Deno.test("Redis Cluster: clients that cannot work are refused with advice", async () => {
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
  Deno.test(`Redis Cluster by ${library}: one client can have both roles, and only the program ends it`, async () => {
    await using open = openCluster(cluster, library, { oneClient: true });
    const subscription = createPubSub<Events>({ eventTarget: open.target }).subscribe("news");
    await subscription.ready;
    open.target.publish({ type: "news", id: "1", payload: "one" });
    assertEquals((await subscription.next()).value?.payload, "one");
    await open.target.close();
    assertEquals(open.subscribeClient.status, "ready");
  });
}

/** The number of publish commands that each node has received. */
function countPublishes(): Promise<number[]> {
  return Promise.all(cluster.nodes.map(async ({ ask }) => {
    const stats = String(await ask("INFO", "commandstats"));
    return Number(/cmdstat_publish:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  }));
}

/** The number of publish commands that each node receives during an action. */
async function publishesDuring(action: () => Promise<void>): Promise<number[]> {
  const before = await countPublishes();
  await action();
  return (await countPublishes()).map((count, i) => count - (before[i] ?? 0));
}

Deno.test("Redis Cluster: events are published at the master that holds the subscriptions", async () => {
  for (let i = 0; i < 4; i++) {
    const prefix = `at${i}/`;
    await using open = openCluster(cluster, "ioredis 5", { prefix });
    open.target.listen("news", "1", { onEvent() {} });
    await open.target.flush();
    const subscribed = await Promise.all(
      cluster.nodes.map(async ({ ask }) =>
        (await ask("PUBSUB", "CHANNELS", `${prefix}*`) as string[]).length
      ),
    );
    const published = await publishesDuring(() => {
      open.target.publish({ type: "news", id: "1", payload: i });
      return open.target.flush();
    });
    assertEquals(published, subscribed);
  }
});

Deno.test("Redis Cluster: events are published at one master if none is known to hold the subscriptions", async () => {
  const [address] = addressesOf(cluster);
  assert(address);
  {
    await using open = openTarget({
      publishClient: new CLUSTERS["ioredis 5"](addressesOf(cluster)),
      subscribeClient: new LIBRARIES["ioredis 5"](address),
    });
    await eventually(() => open.target.status.state === "open");
    const published = await publishesDuring(async () => {
      for (let i = 0; i < 20; i++) {
        open.target.publish({ type: "news", id: "1", payload: i });
        await null;
      }
      await open.target.flush();
    });
    assertEquals(published.toSorted((a, b) => a - b), [0, 0, 20]);
  }
  await untilUnused(cluster);
});

/** The index of the node that holds the subscription to a channel. */
async function nodeSubscribedTo(channel: string): Promise<number> {
  const channels = await Promise.all(cluster.nodes.map(({ ask }) => ask("PUBSUB", "CHANNELS", channel)));
  return channels.findIndex((found) => Array.isArray(found) && found.length > 0);
}

Deno.test("Redis Cluster: each loss of the subscriber connection is reported, and another node takes the subscriptions", async () => {
  const client = new CLUSTERS["ioredis 5"](addressesOf(cluster), { clusterNodeRetryStrategy: () => 1 });
  {
    const statuses: EventTargetStatus[] = [];
    await using open = openTarget({
      publishClient: client,
      subscribeClient: client,
      onStatus: (status) => void statuses.push(status),
    });
    const received: unknown[] = [];
    open.target.listen("news", "1", { onEvent: ({ payload }) => void received.push(payload) });
    await open.target.flush();
    for (let losses = 1; losses <= 4; losses++) {
      const node = await nodeSubscribedTo("news:1");
      await cluster.nodes[node]?.ask("CLIENT", "KILL", "TYPE", "pubsub");
      await eventually(() => assertEquals(statuses.filter(({ gap }) => gap).length, losses));
      assert(await nodeSubscribedTo("news:1") !== node);
      open.target.publish({ type: "news", id: "1", payload: losses });
      await eventually(() => received.length === losses);
    }
    const states = Array.from({ length: 4 }, () => [
      { state: "reconnecting" },
      { state: "reconnecting", attempt: 1, delayMs: 0 },
      { state: "open", gap: true },
    ]);
    assertEquals<unknown[]>(statuses, [{ state: "open" }, ...states.flat()]);
  }
  await untilUnused(cluster);
});

for (const { library, sharded } of CLUSTER_SETUPS) {
  const channels = sharded ? "sharded channels" : "channels";
  Deno.test(`Redis Cluster by ${library}: an event target with ${channels} leaves no listener on its client`, async () => {
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
        // The listeners of ioredis itself may have become fewer.
        const more = [...countListeners()].filter(([name, count]) => count > (before.get(name) ?? 0));
        assertEquals(more, []);
      }
    }
    await untilUnused(cluster);
  });

  Deno.test(`Redis Cluster by ${library}: when a client with ${channels} ends, its event target and subscriptions end`, async () => {
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
    let received = 0;
    for (const id of ids) open.target.listen("news", id, { onEvent: () => void received++ });
    await open.target.flush();
    for (let round = 1; round <= 20; round++) {
      for (const id of ids) {
        for (let n = 0; n < 10; n++) open.target.publish({ type: "news", id, payload: "x".repeat(500) });
      }
      await open.target.flush();
      assertEquals(received, round * ids.length * 10);
    }
    // ioredis would record each repeated subscription.
    const { shardedSubscribers } = open.subscribeClient as unknown as {
      readonly shardedSubscribers: { readonly channels: ReadonlyMap<number, string[]> };
    };
    const noted = Array.from(shardedSubscribers.channels.values(), ({ length }) => length);
    assertEquals(noted.reduce((sum, length) => sum + length), ids.length);
  });

  Deno.test(`Redis Cluster by ${library}, sharded: a channel that is unsubscribed while a shard is lost is unsubscribed on all shards`, async () => {
    await using open = openCluster(cluster, library, { sharded: true, prefix: "given-up/" });
    const { target, subscribeClient } = open;
    const stop = target.listen("news", "1", { onEvent() {} });
    await target.flush();
    // A real Cluster does not lose a shard at a given moment.
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

Deno.test({
  name:
    "Redis Cluster: events that are published before the Cluster is known are not sent to servers outside it",
  // ioredis keeps timers for a moment for nodes that it cannot reach. So this test comes last.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const strangers = Array.from({ length: 20 }, (_, i) => ({ host: "127.0.0.1", port: 1 + i }));
    const client = new CLUSTERS["ioredis 5"]([...strangers, ...addressesOf(cluster)]);
    {
      await using open = openTarget({ publishClient: client, subscribeClient: client });
      open.target.publish({ type: "news", id: "1", payload: "early" });
      await eventually(() => open.target.status.state === "open");
      await open.target.flush();
      assertEquals(open.faults.filter(({ context }) => context.stage === "publish"), []);
    }
    await untilUnused(cluster);
  },
});

for (const { library, sharded } of CLUSTER_SETUPS) {
  Deno.test({
    name:
      `Redis Cluster by ${library}${
        sharded ? ", sharded" : ""
      }: flush rejects if an event before it is given up, ` +
      "or is published while the subscribing connection is lost",
    timeout: 30_000,
    // ioredis keeps a timer for the end of a sharded connection that has already ended.
    sanitizeOps: !sharded,
    sanitizeResources: !sharded,
    async fn() {
      const flushes: Promise<unknown>[] = [];
      await using open = openCluster(cluster, library, {
        sharded,
        publishTimeoutMs: 200,
        onStatus({ state, attempt }) {
          if (state !== "reconnecting" || attempt !== undefined) return;
          target.publish({ type: "news", id: "1", payload: "unheard" });
          flushes.push(target.flush().catch((error) => error.name));
        },
      });
      const { target } = open;
      target.listen("news", "1", { onEvent() {} });
      await target.flush();
      await eventually(() => target.status.state === "open");
      target.publish({ type: "news", id: "1", payload: "unanswered" });
      try {
        for (const node of cluster.nodes) await node.kill("SIGSTOP");
        target.publish({ type: "news", id: "1", payload: "unanswered" });
        const error = await assertRejects(() => target.flush(), Error, "in 200 ms");
        assertEquals(error.name, "TimeoutError");
      } finally {
        for (const node of cluster.nodes) await node.kill("SIGCONT");
      }
      await target.flush();
      assertEquals(flushes, []);

      await Promise.all(cluster.nodes.map((node) => node.ask("CLIENT", "KILL", "TYPE", "pubsub")));
      await eventually(() => assertEquals(target.status, { state: "open", gap: true }));
      assertEquals(await Promise.all(flushes), ["ConnectionLostError"]);
      await target.flush();
    },
  });
}
