// How fast do events go from a spoke of one hub to those of three hubs over one Redis?
//
// `deno run -A bench/three_hubs.ts`. Every hub is a process. The same number of spokes receives every event each
// way, in three processes. So the rows compare the cost of three hubs with that of one: by the clock, on a machine with
// fewer processors than processes, and by the processor time of all hubs together. On three machines, each hub would
// send to a third of the spokes. All ways take turns, and the rows are medians.

import { setImmediate } from "node:timers";
import { startRedis } from "../scripts/lib/redis_server.ts";
import type { BusTask } from "./_bus_hub.ts";
import { startClients } from "./_clients.ts";
import { CONNECT } from "./_connect.ts";
import { BURST } from "./_load.ts";
import { denoCommand, startLineProcess } from "./_processes.ts";
import { printRows } from "./_report/rows.ts";
import { takeTurns } from "./_turns.ts";

/** The most hubs, and the number of processes of spokes. */
const HUBS = 3;
/** The numbers of spokes that receive the events. */
export const SPOKES = [30, 300] as const;
/** The bursts of a turn, back to back, so that all processes work at the same time. */
const BURSTS = 2;
/** V8 has compiled the paths of all hubs after them. */
const WARM_UP_ROUNDS = 15;
const ROUNDS = 9;

/** Hubs with their spokes. */
export interface Way {
  /** Publishes bursts at one spoke. Resolves when every other spoke has received them. */
  readonly go: () => Promise<void>;
  /** The processor time of all hubs together, in microseconds. */
  readonly cpu: () => Promise<number>;
}

if (import.meta.main) {
  await printRows(
    "three_hubs.ts",
    SPOKES.map((spokes) => [String(spokes)]),
    (spokes) => measure(Number(spokes)),
  );
}

async function measure(spokes: number): Promise<Record<string, number>> {
  await using server = await startRedis();
  const redis = (prefix: string) => ({ path: server.path, prefix });
  const ways: Readonly<Record<string, Way>> = {
    "three hubs over Redis": await open(HUBS, spokes, { protocol: "pubsub", redis: redis("three/") }),
    "three hubs over Redis, with a history": await open(HUBS, spokes, {
      protocol: "pubsub",
      redis: redis("kept/"),
      history: true,
    }),
    "one hub over Redis": await open(1, spokes, { protocol: "pubsub", redis: redis("one/") }),
    "one hub": await open(1, spokes, { protocol: "pubsub" }),
    "three of socket.io over Redis": await open(HUBS, spokes, { protocol: "socket.io", redis: redis("io/") }),
    "three of bare sockets over Redis, one message per burst": await open(HUBS, spokes, {
      protocol: "bare, joined",
      redis: redis("bare/"),
    }),
    "three of bare sockets over Redis, one message per event": await open(HUBS, spokes, {
      protocol: "bare, joined",
      redis: redis("each/"),
      each: true,
    }),
  };
  return await measureWays(ways, spokes);
}

/** Measures all ways in turns. */
export async function measureWays(
  ways: Readonly<Record<string, Way>>,
  spokes: number,
): Promise<Record<string, number>> {
  const turns = Object.fromEntries(Object.entries(ways).map(([name, { go }]) => [name, go]));
  await takeTurns(turns, { rounds: 0, warmUpRounds: WARM_UP_ROUNDS });
  const before = await processorTimes(ways);
  const took = await takeTurns(turns, { rounds: ROUNDS, warmUpRounds: 0 });
  const after = await processorTimes(ways);

  const load = `bursts of ${BURST.length} from a spoke to ${spokes} others`;
  const deliveries = BURSTS * BURST.length * spokes;
  const rows: Record<string, number> = {};
  for (const [name, { time }] of took) {
    rows[`a delivery, ${load}: ${name}`] = time / deliveries;
    const ns = ((after[name] ?? NaN) - (before[name] ?? NaN)) * 1e3;
    rows[`processor time of the hubs a delivery, ${load}: ${name}`] = ns / ROUNDS / deliveries;
  }
  return rows;
}

/** Starts so many hubs, with their share of the spokes each. */
export async function open(count: number, spokes: number, task: BusTask): Promise<Way> {
  const { protocol } = task;
  const hubs = await Promise.all(Array.from({ length: count }, () => startHub(task)));
  const clients = await Promise.all(Array.from({ length: HUBS }, (_, n) => {
    const port = hubs[n % count]?.port ?? NaN;
    return startClients({ port, protocol, count: spokes / HUBS, burst: BURST.length });
  }));
  // A hub that forwards frames unread sends them back too.
  const onStatus = protocol === "bare, joined" ? () => {} : failOn("its own event");
  const publish = await CONNECT[protocol](hubs[0]?.port ?? NaN, onStatus, failOn("an end"));
  return {
    async go() {
      for (let n = 0; n < BURSTS; n++) {
        publish(BURST);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      for (let n = 0; n < BURSTS; n++) await Promise.all(clients.map((each) => each.onBurst()));
    },
    async cpu() {
      const times = await Promise.all(hubs.map((hub) => hub.cpu()));
      return times.reduce((sum, time) => sum + time, 0);
    },
  };
}

async function startHub(task: BusTask): Promise<{ port: number; cpu(): Promise<number> }> {
  const { next, tell } = startLineProcess(denoCommand("_bus_hub.ts", JSON.stringify(task)));
  return {
    port: Number(await next()),
    async cpu() {
      tell("cpu");
      return Number(await next());
    },
  };
}

async function processorTimes(ways: Readonly<Record<string, Way>>): Promise<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const [name, { cpu }] of Object.entries(ways)) times[name] = await cpu();
  return times;
}

function failOn(what: string): (told: unknown) => never {
  return (told) => {
    throw new Error(`The publishing spoke received ${what}: ${JSON.stringify(told)}`);
  };
}
