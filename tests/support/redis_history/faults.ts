/** Faults of a Redis server and of the connections to it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../eventually.ts";
import { ask, type RedisServer } from "../redis.ts";
import type { ClusterNode, RedisClusterServers } from "../redis_cluster.ts";
import type { RedisProxy } from "../redis_proxy.ts";

/** What happens during a burst. */
export type HistoryFault = (burst: () => void, random: () => number) => Promise<void>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const STEP_BACK = `
local marks = redis.call('HGET', KEYS[1], 'm')
if not marks then return end
marks = string.gsub(marks, '(%d+):', function(time) return string.format('%d', time + ARGV[1]) .. ':' end)
redis.call('HSET', KEYS[1], 'm', marks)
`;

/** Faults after which a history is whole. */
export function harmlessFaults(server: RedisServer, publish: RedisProxy): Record<string, HistoryFault> {
  return {
    async killSubscribers(burst) {
      await ask(server, "CLIENT", "KILL", "TYPE", "pubsub");
      burst();
    },
    async killClients(burst) {
      burst();
      await ask(server, "CLIENT", "KILL", "TYPE", "normal");
      burst();
    },
    async stop(burst, random) {
      await server.kill("SIGSTOP");
      burst();
      await pause(random() * 200);
      await server.kill("SIGCONT");
    },
    async sleep(burst) {
      const asleep = ask(server, "DEBUG", "SLEEP", "0.1");
      burst();
      await asleep;
    },
    async flushScripts(burst) {
      burst();
      await ask(server, "SCRIPT", "FLUSH");
    },
    // All that the history knows of time is later than the clock of the server.
    async stepBack(burst, random) {
      burst();
      const shift = String(Math.floor(random() * 3_000_000));
      await ask(server, "EVAL", STEP_BACK, "1", "pubsub:{aged}:index", shift);
      burst();
    },
    // The client sends again what Redis has done already.
    async loseAnswers(burst) {
      publish.stall("answers");
      burst();
      await eventually(() => publish.held > 0).catch(() => {});
      publish.cut();
    },
    async tearRequest(burst) {
      publish.tear("requests");
      burst();
      await pause(5);
      publish.cut();
    },
  };
}

/** Faults of a Cluster, of which each master has a replica. */
export function clusterFaults({ nodes }: RedisClusterServers): Record<string, HistoryFault> {
  const masters = nodes.length / 2;
  /** Asks all nodes that are up. */
  const everywhere = (command: string, ...args: string[]): Promise<unknown> =>
    Promise.all(nodes.map((node) => node.alive ? node.ask(command, ...args).catch(() => {}) : undefined));
  const roleOf = async (node: ClusterNode): Promise<string> =>
    String(await node.ask("ROLE")).split(",")[0] ?? "";
  return {
    async killSubscribers(burst) {
      await everywhere("CLIENT", "KILL", "TYPE", "pubsub");
      burst();
    },
    async killClients(burst) {
      burst();
      await everywhere("CLIENT", "KILL", "TYPE", "normal");
      burst();
    },
    async flushScripts(burst) {
      burst();
      await everywhere("SCRIPT", "FLUSH");
    },
    async stop(burst, random) {
      const node = nodes[Math.floor(random() * nodes.length)];
      await node?.kill("SIGSTOP");
      burst();
      await pause(random() * 300);
      await node?.kill("SIGCONT");
    },
    /** A replica stops, and does not get what comes now. Then its master is killed, and comes back as a replica. */
    async failOver(burst, random) {
      const pair = Math.floor(random() * masters);
      const own = nodes.filter((_, i) => i % masters === pair);
      const roles = await Promise.all(own.map(roleOf));
      const master = own[roles.indexOf("master")];
      const replica = own[roles.indexOf("slave")];
      if (master === undefined || replica === undefined) {
        throw new Error(`There is no pair of nodes: ${roles}`);
      }
      await replica.kill("SIGSTOP");
      await master.ask("CLIENT", "KILL", "TYPE", "replica");
      burst();
      await pause(random() * 50);
      await master.kill("SIGKILL");
      burst();
      await replica.kill("SIGCONT");
      await eventually(async () => assertEquals(await roleOf(replica), "master"), { timeoutMs: 20_000 });
      await master.restart();
      await eventually(async () => {
        const states = await Promise.all(nodes.map((node) => node.ask("CLUSTER", "INFO")));
        assert(states.every((state) => String(state).includes("cluster_state:ok")));
        assertMatch(String(await master.ask("INFO", "replication")), /master_link_status:up/);
      }, { timeoutMs: 20_000 });
    },
  };
}

/** The server is killed during a burst, and starts again. */
export function killed(server: RedisServer): HistoryFault {
  return async (burst, random) => {
    burst();
    await pause(random() * 3);
    await server.kill("SIGKILL");
    burst();
    await server.restart();
  };
}

/** Everything is deleted. */
export function flushed(server: RedisServer): HistoryFault {
  return async (burst) => {
    burst();
    await ask(server, "FLUSHALL");
    burst();
  };
}
