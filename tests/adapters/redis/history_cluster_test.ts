import { assert, assertEquals } from "@std/assert";
import type { EventEnvelope, EventTargetStatus, HistoryPage } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { type OpenRedis, type OpenRedisOptions, openTarget } from "../../support/redis.ts";
import {
  addressesOf,
  CLUSTER_OPTIONS,
  CLUSTERS,
  type RedisClusterServers,
  startCluster,
} from "../../support/redis_cluster.ts";

const history = { run: {}, status: { perId: 1 }, other: {} };

async function publish(target: OpenRedis["target"], type: string, ...payloads: number[]): Promise<void> {
  for (const payload of payloads) target.publish({ type, id: String(payload % 2), payload });
  await target.flush();
}

function readAll({ target }: OpenRedis, type: string): Promise<HistoryPage<EventEnvelope>> {
  const page = target.history?.read({ type, id: undefined }, "start", { maxEvents: 999, maxBytes: 1e6 });
  if (page === undefined) throw new Error("The target has a history");
  return Promise.resolve(page);
}

/** Opens one of several event targets on a Cluster. */
function openOn(
  cluster: RedisClusterServers,
  library: keyof typeof CLUSTERS,
  { paths: _, ...options }: OpenRedisOptions = {},
): OpenRedis {
  const Cluster = CLUSTERS[library];
  const addresses = addressesOf(cluster);
  return openTarget({
    history,
    ...options,
    publishClient: new Cluster(addresses, CLUSTER_OPTIONS),
    subscribeClient: new Cluster(addresses, CLUSTER_OPTIONS),
  });
}

/** Sends a command to every node. */
async function everywhere({ nodes }: RedisClusterServers, command: string, ...args: string[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.alive ? node.ask(command, ...args).catch(() => {}) : undefined));
}

for (const library of Object.keys(CLUSTERS) as (keyof typeof CLUSTERS)[]) {
  Deno.test(`a Cluster by ${library} keeps each type at one node, and heals what was missed`, async () => {
    await using cluster = await startCluster();
    const statuses: EventTargetStatus[] = [];
    await using reader = openOn(cluster, library, { onStatus: (status) => void statuses.push(status) });
    await using writer = openOn(cluster, library);
    const heard: unknown[] = [];
    for (const type of ["run", "other"]) {
      await new Promise<void>((resolve) =>
        reader.target.listen(type, undefined, {
          onEvent: ({ payload }) => void heard.push(payload),
          onReady: resolve,
          onGap: () => void heard.push("gap"),
        })
      );
    }
    for (const type of ["run", "other"]) await publish(writer.target, type, 1, 2, 3);
    await eventually(() => assertEquals(heard.length, 6));
    await everywhere(cluster, "CLIENT", "KILL", "TYPE", "pubsub");
    for (const type of ["run", "other"]) await publish(writer.target, type, 4, 5);
    await eventually(() => statuses.at(-1)?.recovered === true);
    await eventually(() => assertEquals([...heard].sort(), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]));
    for (const type of ["run", "other"]) {
      const { events, whole } = await readAll(writer, type);
      assertEquals([events.map(({ payload }) => payload), whole], [[1, 2, 3, 4, 5], true]);
    }
    assertEquals(writer.faults, []);
  });
}

Deno.test("a failover to a replica that lags is a gap, and what is published then is heard", async () => {
  await using cluster = await startCluster({ replicas: 1, nodeTimeoutMs: 1500 });
  await using reader = openOn(cluster, "ioredis 5");
  await using writer = openOn(cluster, "ioredis 5");
  await publish(writer.target, "run", 1, 2);
  const position = String(await reader.target.history?.head({ type: "run", id: undefined }));
  const owner = await eventually(async () => {
    for (const node of cluster.nodes.slice(0, 3)) {
      if (String(await node.ask("KEYS", "pubsub:{run}:*")) !== "") return node;
    }
    return false as never;
  });
  const replica = cluster.nodes[cluster.nodes.indexOf(owner) + 3];
  if (replica === undefined) throw new Error("Each master has a replica");
  await eventually(async () => assertEquals(await replica.ask("DBSIZE"), await owner.ask("DBSIZE")));
  // The replica stops and loses its master, and does not get what comes now.
  await replica.kill("SIGSTOP");
  await owner.ask("CLIENT", "KILL", "TYPE", "replica");
  await publish(writer.target, "run", 3, 4);
  const lost = String(await reader.target.history?.head({ type: "run", id: undefined }));
  await owner.kill("SIGKILL");
  await replica.kill("SIGCONT");
  let published = 10;
  await eventually(async () => {
    await publish(writer.target, "run", published++).catch(() => {});
    return (await readAll(reader, "run")).events.some(({ payload }) => Number(payload) >= 10);
  }, { timeoutMs: 30_000 });
  for (const from of [position, lost]) {
    const page = await reader.target.history?.read({ type: "run", id: undefined }, from, {
      maxEvents: 9,
      maxBytes: 1e6,
    });
    assertEquals([page?.whole, page?.events], [false, []], from);
  }
  const { events, whole } = await readAll(reader, "run");
  assertEquals(whole, false);
  const payloads = events.map(({ payload }) => Number(payload));
  assertEquals(payloads.slice(0, 2), [1, 2]);
  assertEquals(payloads, [...new Set(payloads)].toSorted((a, b) => a - b));
  assert(payloads.every((payload) => payload <= 2 || payload >= 10));
});
