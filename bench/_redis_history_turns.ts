// What does a history in Redis cost? One process of `redis_history.ts`, which prints its rows.

// @ts-types="../tests/support/ioredis.d.ts"
import { Redis } from "ioredis";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createRedisEventTarget } from "../adapters/redis.ts";
import type { PubSubEventTarget } from "../core/types.ts";
import { BURST, ID, type Status, TYPE } from "./_load.ts";
import { summaryOf } from "./_report/report.ts";
import { takeTurns } from "./_turns.ts";

const [path = ""] = process.argv.slice(2);
let ways = 0;

const asking = new Redis(path);
const [, serverId] = /process_id:(\d+)/.exec(String(await asking.call("INFO", "server"))) ?? [];
asking.disconnect();

/** The processor time of Redis, in nanoseconds. */
function redisTime(): number {
  return parseInt(readFileSync(`/proc/${serverId}/schedstat`, "utf8"));
}

/** Sets up a way: one publisher, and subscribers of which the first says when it has everything. */
async function openWay(
  subscribers: number,
  open: (prefix: string, publishes: boolean) => PubSubEventTarget,
): Promise<(statuses: readonly Status[]) => Promise<number>> {
  const prefix = `${++ways}/`;
  const publisher = open(prefix, true);
  let expected = 0;
  let onLast: (time: number) => void = () => {};
  for (let i = 0; i < subscribers; i++) {
    const subscriber = open(prefix, false);
    await new Promise<void>((resolve) =>
      subscriber.listen(TYPE, ID, {
        onEvent() {
          if (--expected === 0) onLast(performance.now());
        },
        onReady: resolve,
      })
    );
  }
  await publisher.flush();
  return async (statuses) => {
    expected = statuses.length * subscribers;
    const last = new Promise<number>((resolve) => onLast = resolve);
    for (const payload of statuses) publisher.publish({ type: TYPE, id: ID, payload });
    return await last;
  };
}

/** A pipeline of plain `PUBLISH`, without the library. */
async function openPipeline(subscribers: number): Promise<(statuses: readonly Status[]) => Promise<number>> {
  const channel = `${++ways}/${TYPE}:${ID}`;
  const publisher = new Redis(path);
  let expected = 0;
  let onLast: (time: number) => void = () => {};
  for (let i = 0; i < subscribers; i++) {
    const subscriber = new Redis(path);
    subscriber.on("message", (_: string, message: string) => {
      if (JSON.parse(message).type === TYPE && --expected === 0) onLast(performance.now());
    });
    await subscriber.subscribe(channel);
  }
  await publisher.ping();
  const stringify = (payload: Status): string => JSON.stringify({ type: TYPE, id: ID, payload });
  return async (statuses) => {
    expected = statuses.length * subscribers;
    const last = new Promise<number>((resolve) => onLast = resolve);
    const [status] = statuses;
    if (statuses.length === 1 && status !== undefined) void publisher.publish(channel, stringify(status));
    else void publisher.pipeline(statuses.map((status) => ["publish", channel, stringify(status)])).exec();
    return await last;
  };
}

const target = (history: object) => (prefix: string) =>
  createRedisEventTarget({
    publishClient: new Redis(path),
    subscribeClient: new Redis(path),
    prefix,
    ...history,
  });
const rows: Record<string, number> = {};
for (const subscribers of [1, 10]) {
  const carriers = {
    "@alkdev/pubsub, no history": await openWay(subscribers, target({})),
    "@alkdev/pubsub, history": await openWay(
      subscribers,
      target({ history: { [TYPE]: { perType: 10_000 } } }),
    ),
    "@alkdev/pubsub, latest of each id": await openWay(
      subscribers,
      target({ history: { [TYPE]: { perId: 1 } } }),
    ),
    "bare pipeline": await openPipeline(subscribers),
  };
  for (const [size, rounds] of [[1, 1500], [16, 600], [256, 120]] as const) {
    const statuses = BURST.slice(0, size);
    const times = new Map<string, number[]>();
    const ways = Object.entries(carriers).map(([way, carry]) => {
      const own: number[] = [];
      times.set(way, own);
      return [way, async () => {
        const before = redisTime();
        const end = await carry(statuses);
        own.push(redisTime() - before);
        return end;
      }] as const;
    });
    const took = await takeTurns(Object.fromEntries(ways), { rounds, warmUpRounds: rounds / 3 });
    for (const [way, { time, cpu }] of took) {
      const load = `bursts of ${size} with ${subscribers} subscribers`;
      rows[`${load}: ${way}`] = time;
      // On a loaded machine, the clock also measures the wait for a processor.
      rows[`processor time of the clients, ${load}: ${way}`] = cpu;
      rows[`processor time of Redis, ${load}: ${way}`] = summaryOf(times.get(way) ?? []).median;
    }
  }
}
console.log(JSON.stringify({ rows }));
process.exit(0);
