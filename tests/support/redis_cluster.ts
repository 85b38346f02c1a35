/** Real Redis Clusters on free loopback ports, and event targets over them. */
// @ts-types="./ioredis.d.ts"
import { Cluster as Cluster5 } from "ioredis";
// @ts-types="./ioredis.d.ts"
import { Cluster as Cluster6 } from "ioredis6";
// @ts-types="./ioredis.d.ts"
import { Cluster as ClusterValkey } from "iovalkey";
import { assertEquals } from "@std/assert";
import { eventually } from "./eventually.ts";
import {
  ask,
  type OpenRedis,
  type OpenRedisOptions,
  openTarget,
  type RedisServer,
  startRedis,
} from "./redis.ts";

/** The client libraries that the tests run on. The Cluster of iovalkey has no sharded channels. */
export const CLUSTERS = { "ioredis 5": Cluster5, "ioredis 6": Cluster6, iovalkey: ClusterValkey } as const;

/** Every supported way to use a Cluster. */
export const CLUSTER_SETUPS = [
  { library: "ioredis 5", sharded: false },
  { library: "ioredis 6", sharded: false },
  { library: "iovalkey", sharded: false },
  { library: "ioredis 5", sharded: true },
  { library: "ioredis 6", sharded: true },
] as const;

const MASTERS = 3;
const SLOTS = 16_384;
const HOST = "127.0.0.1";

/**
 * For the clients of a Cluster. When ioredis gives up a connection, it waits so long for the end, even of one that has ended
 * already, as that to a node that was killed.
 */
export const CLUSTER_OPTIONS = { redisOptions: { disconnectTimeout: 10 } } as const;

/** One server of a Cluster. */
export interface ClusterNode extends Pick<RedisServer, "alive" | "kill" | "restart"> {
  readonly port: number;
  /** Sends a command on a new connection. */
  ask(command: string, ...args: string[]): Promise<unknown>;
}

/** A Cluster of three masters. */
export interface RedisClusterServers extends AsyncDisposable {
  /** The masters, then the replicas. */
  readonly nodes: readonly ClusterNode[];
}

interface Node extends ClusterNode {
  readonly busPort: number;
  readonly server: RedisServer;
}

/** The options of {@linkcode startCluster}. */
interface ClusterOptions {
  /** The number of replicas of each master. */
  readonly replicas?: number;
  /**
   * The time after which an unreachable node counts as failed. After half of it without a pong, a node drops its link to
   * another and the events on that link. So only tests of a failover set it to a short time.
   */
  readonly nodeTimeoutMs?: number;
}

/** Starts three masters and their replicas, and waits until they form a Cluster. */
export async function startCluster(
  { replicas = 0, nodeTimeoutMs = 15_000 }: ClusterOptions = {},
): Promise<RedisClusterServers> {
  await using started = new AsyncDisposableStack();
  const nodes: Node[] = [];
  for (let i = 0; i < MASTERS * (1 + replicas); i++) {
    const node = await startNode(nodeTimeoutMs);
    started.use(node.server);
    nodes.push(node);
  }
  await join(nodes);
  const servers = started.move();
  return {
    nodes,
    async [Symbol.asyncDispose]() {
      await servers.disposeAsync();
      // The timers of connections that clients have given up.
      await new Promise((resolve) => setTimeout(resolve, 2 * CLUSTER_OPTIONS.redisOptions.disconnectTimeout));
    },
  };
}

async function startNode(nodeTimeoutMs: number): Promise<Node> {
  const [port, busPort] = pickPorts();
  const options = {
    "bind": HOST,
    "port": port,
    "cluster-enabled": "yes",
    "cluster-port": busPort,
    "cluster-node-timeout": nodeTimeoutMs,
    "repl-diskless-sync-delay": 0,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = await startRedis({ args });
  return {
    port,
    busPort,
    server,
    get alive() {
      return server.alive;
    },
    kill: (signal) => server.kill(signal),
    restart: () => server.restart(),
    // Not over TCP, where a client gives up while the node is busy.
    ask: (command, ...args) => ask(server, command, ...args),
  };
}

/** Two ports that are free now. */
function pickPorts(): [number, number] {
  using first = Deno.listen({ hostname: HOST, port: 0 });
  using second = Deno.listen({ hostname: HOST, port: 0 });
  return [first.addr.port, second.addr.port];
}

async function join(nodes: readonly Node[]): Promise<void> {
  const masters = nodes.slice(0, MASTERS);
  const [first] = masters;
  if (first === undefined) throw new Error("A Cluster has nodes");
  for (const [i, master] of masters.entries()) {
    const [from, to] = [i, i + 1].map((n) => Math.ceil(n * SLOTS / MASTERS));
    await master.ask("CLUSTER", "ADDSLOTSRANGE", String(from), String(Number(to) - 1));
    await master.ask("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1));
  }
  for (const { port, busPort } of nodes.slice(1)) {
    await first.ask("CLUSTER", "MEET", HOST, String(port), String(busPort));
  }
  const everywhere = (check: (node: Node) => Promise<boolean>): Promise<unknown> =>
    eventually(async () => (await Promise.all(nodes.map(check))).every(Boolean), { timeoutMs: 20_000 });
  await everywhere(async (node) => {
    const known = String(await node.ask("CLUSTER", "NODES")).trim().split("\n");
    return known.length === nodes.length && known.every((line) => !line.includes("handshake"));
  });
  for (const [i, replica] of nodes.slice(MASTERS).entries()) {
    await replica.ask("CLUSTER", "REPLICATE", String(await masters[i % MASTERS]?.ask("CLUSTER", "MYID")));
  }
  await everywhere(async (node) => {
    const isUp = String(await node.ask("CLUSTER", "INFO")).includes("cluster_state:ok");
    const replicates = masters.includes(node) ||
      String(await node.ask("INFO", "replication")).includes("master_link_status:up");
    return isUp && replicates;
  });
}

/** Moves a slot without keys to the next of the three masters. */
export async function moveSlot({ nodes }: RedisClusterServers, slot: number): Promise<void> {
  const owner = Math.floor(slot * MASTERS / SLOTS);
  const [from, to, other] = [0, 1, 2].map((step) => nodes[(owner + step) % MASTERS]);
  if (!from || !to || !other) throw new Error("A Cluster has three masters");
  const [fromId, toId] = await Promise.all(
    [from, to].map((node) => node.ask("CLUSTER", "MYID").then(String)),
  );
  const set = (node: ClusterNode, ...state: (string | undefined)[]): Promise<unknown> =>
    node.ask("CLUSTER", "SETSLOT", String(slot), ...state.map(String));
  await set(to, "IMPORTING", fromId);
  await set(from, "MIGRATING", toId);
  for (const node of [to, from, other]) await set(node, "NODE", toId);
}

/** Opens an event target on a Cluster. Its disposal disconnects the clients. */
export function openCluster(
  cluster: RedisClusterServers,
  library: keyof typeof CLUSTERS,
  { oneClient = false, ...options }: Omit<OpenRedisOptions, "paths"> = {},
): OpenRedis {
  const addresses = addressesOf(cluster);
  const Cluster = CLUSTERS[library];
  const publishClient = new Cluster(addresses, CLUSTER_OPTIONS);
  const subscribeClient = oneClient
    ? publishClient
    : new Cluster(addresses, { ...CLUSTER_OPTIONS, shardedSubscribers: options.sharded === true });
  const open = openTarget({ ...options, publishClient, subscribeClient });
  return {
    ...open,
    async [Symbol.asyncDispose]() {
      await open[Symbol.asyncDispose]();
      await untilUnused(cluster);
    },
  };
}

/** The addresses that a client of the Cluster takes. */
export function addressesOf({ nodes }: RedisClusterServers): { host: string; port: number }[] {
  return nodes.map(({ port }) => ({ host: HOST, port }));
}

/** Waits until no client is connected. The servers may notice a disconnect a moment later. */
export async function untilUnused({ nodes }: RedisClusterServers): Promise<void> {
  await eventually(async () => assertEquals(await Promise.all(nodes.map(countClients)), nodes.map(() => 0)));
}

/** The number of clients of a node, without replicas and without the connection that asks. */
async function countClients(node: ClusterNode): Promise<number> {
  if (!node.alive) return 0;
  const clients = String(await node.ask("CLIENT", "LIST")).trim().split("\n");
  return clients.filter((line) => !/ cmd=client\|list | flags=[MS] /.test(line)).length;
}
