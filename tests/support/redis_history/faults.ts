/** Faults of a Redis server and of the connections to it. */
import { eventually } from "../eventually.ts";
import { ask, type RedisServer } from "../redis.ts";
import type { RedisProxy } from "../redis_proxy.ts";

/** What happens during a burst. */
export type HistoryFault = (burst: () => void, random: () => number) => Promise<void>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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
