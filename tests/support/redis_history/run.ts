/** Runs of the model over one server. */
import { ask, LIBRARIES, openRedis, openTarget, type RedisServer, startRedis } from "../redis.ts";
import { startRedisProxy } from "../redis_proxy.ts";
import { addressesOf, CLUSTER_OPTIONS, CLUSTERS, startCluster } from "../redis_cluster.ts";
import { clusterFaults, flushed, harmlessFaults, type HistoryFault, killed } from "./faults.ts";
import { HISTORY, runHistoryModel } from "./model.ts";

/** What a server keeps: all that it has answered; nothing over a restart; or what its memory has room for. */
export type Keeps = "all" | "nothing" | "what fits";

const ARGS: Record<Keeps, readonly string[]> = {
  "all": ["--appendonly", "yes", "--appendfsync", "always"],
  "nothing": [],
  "what fits": ["--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru"],
};

/** Fills the memory, so that Redis evicts what is not used. */
function filled(server: RedisServer): HistoryFault {
  return async (burst, random) => {
    burst();
    for (let i = 0; i < 40; i++) await ask(server, "SET", `ballast:${random()}`, "x".repeat(100_000));
    burst();
  };
}

/** Runs the model over a Cluster of three masters and a replica of each. */
export async function runOnCluster(
  library: keyof typeof CLUSTERS,
  seed: number,
  { steps = 8 }: { steps?: number } = {},
): Promise<void> {
  await using cluster = await startCluster({ replicas: 1, nodeTimeoutMs: 1500 });
  const Cluster = CLUSTERS[library];
  await runHistoryModel({
    seed,
    steps,
    mayLose: true,
    faults: Object.values(clusterFaults(cluster)),
    open: (onStatus) =>
      openTarget({
        publishClient: new Cluster(addressesOf(cluster), CLUSTER_OPTIONS),
        subscribeClient: new Cluster(addressesOf(cluster), CLUSTER_OPTIONS),
        history: HISTORY,
        publishTimeoutMs: 5000,
        commandTimeoutMs: 1000,
        onStatus,
      }),
  });
}

/** Runs the model over one server. */
export async function runOnServer(
  library: keyof typeof LIBRARIES,
  seed: number,
  { steps = 8, keeps = "all", mixed = false }: { steps?: number; keeps?: Keeps; mixed?: boolean },
): Promise<void> {
  await using server = await startRedis({ args: ["--enable-debug-command", "yes", ...ARGS[keeps]] });
  using proxy = startRedisProxy(server.path);
  const Client = LIBRARIES[library];
  await runHistoryModel({
    seed,
    steps,
    mayLose: keeps !== "all" || mixed,
    faults: [
      ...Object.values(harmlessFaults(server, proxy)),
      killed(server),
      ...(keeps === "all" ? [] : [flushed(server)]),
      ...(keeps === "what fits" ? [filled(server), filled(server)] : []),
    ],
    ...(mixed ? { openUndeclared: () => openRedis(server, library) } : {}),
    open: (onStatus) =>
      openTarget({
        publishClient: new Client(proxy.path),
        subscribeClient: new Client(server.path),
        history: HISTORY,
        publishTimeoutMs: 5000,
        onStatus,
      }),
  });
}
