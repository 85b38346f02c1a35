/**
 * Three hubs over one Redis behind one port, with 300 spokes. Processes are killed and stopped while events flow, on a
 * schedule that its seed repeats.
 *
 *     deno task scale-out [--seed 1] [--rounds 1] [--without-moves | --without-faults | --history | --redis-history]
 *
 * The exit code is 0 only if every spoke is back after each fault, received every event once and in the order of its
 * publisher, and missed only events that were published between a fault and the report of the gap, to the spoke or to the
 * publisher. With `--without-moves`, no hub is stopped for so long that its spokes go to another hub.
 *
 * No command may hold Redis for more than 2.5 ms.
 *
 * At the end, the numbers of all processes that still run must balance: at each end, between the two ends of each connection,
 * and with what the programs know. With `--without-faults`, all of them must be equal.
 *
 * With `--history`, it is one hub with a history and no Redis, whose spokes continue where they stood: no event may be lost,
 * and no gap told. With `--redis-history`, Redis keeps the events, and each spoke must hear all that Redis has.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readNumber, runProgram } from "../../../scripts/lib/program.ts";
import { Fleet } from "./fleet.ts";
import { runWithHistory } from "./history_run.ts";
import { auditKept, auditTotals } from "./totals.ts";
import { type Fault, movesSpokes, planFaults } from "./schedule.ts";

const HUBS = 3;
const SPOKES_PROCESSES = 3;
const SPOKES_PER_PROCESS = 100;
const ROOMS = 50;

/** How long spokes talk in a run without faults, in milliseconds. */
const TALK_MS = 1000;

/** The most problems that are printed. */
const MAX_PROBLEMS = 20;

interface Options {
  readonly seed: number;
  readonly rounds: number;
  /** Whether hubs are also stopped for so long that their spokes go to another hub. */
  readonly moves: boolean;
  /** Whether anything is killed or stopped. */
  readonly faults: boolean;
  /** Whether it is one hub with a history. */
  readonly history: boolean;
  /** Whether Redis has a history. */
  readonly redisHistory: boolean;
}

async function run(options: Options, interrupted: AbortSignal): Promise<number> {
  const { seed, rounds, moves } = options;
  const plannedRounds = options.faults ? rounds : 0;
  if (options.history) return await runWithHistory(options, interrupted);
  const faults = planFaults(seed, plannedRounds, { hub: HUBS, Redis: 1, spokes: SPOKES_PROCESSES })
    .filter((fault) => moves || !movesSpokes(fault));
  console.log(`Seed ${seed}: --seed ${seed} repeats this schedule`);
  for (const [number, fault] of faults.entries()) console.log(`${describe(number, fault)}`);

  const size = {
    hubs: HUBS,
    processes: SPOKES_PROCESSES,
    perProcess: SPOKES_PER_PROCESS,
    rooms: ROOMS,
    history: options.redisHistory,
  };
  await using fleet = await Fleet.start(size);
  const { ledger } = fleet;
  const started = performance.now();
  await fleet.talk();
  for (const [number, fault] of faults.entries()) {
    await delay(fault.restMs, undefined, { signal: interrupted });
    const before = performance.now();
    const gaps = ledger.gaps;
    await fleet.strike(fault);
    await fleet.settle();
    const seconds = ((performance.now() - before) / 1000).toFixed(1);
    console.log(`${describe(number, fault)}: all back after ${seconds} s, ${ledger.gaps - gaps} gaps told`);
  }
  if (!options.faults) await delay(TALK_MS, undefined, { signal: interrupted });
  await fleet.finish();
  const slow = await fleet.slowCommands();

  const accounts = await fleet.account();
  const kept = options.redisHistory ? await fleet.readHistory() : undefined;
  const { lost, problems: own } = ledger.balance(kept);
  const problems = [
    ...own,
    ...slow.map((command) => `Redis was held for too long, ${command}`),
    ...accounts.audit(),
    ...options.faults ? [] : auditTotals(accounts),
    ...kept === undefined ? [] : auditKept(accounts, kept.size, accounts.unaccounted + ledger.saidByDead),
  ];
  console.log(`\n${accounts.pairs} connections audited at both ends, of ${accounts.hubs.length} hubs`);
  const total = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${fleet.spokes} spokes, ${total} s: ${ledger.said} events published, ${ledger.heard} heard, ${lost} missed in ${ledger.gaps} gaps`,
  );
  if (problems.length > 0) {
    for (const line of [...fleet.reports, ...problems.slice(0, MAX_PROBLEMS)]) console.error(line);
    console.error(`${problems.length} problems; --seed ${seed}`);
    return 1;
  }
  console.log("Every event was heard once and in order, or lies in a gap that was told.");
  return 0;
}

function describe(number: number, { part, index, signal, downMs }: Fault): string {
  return `${String(number + 1).padStart(3)}. ${signal} ${part} ${index}, for ${downMs} ms`;
}

if (import.meta.main) {
  await runProgram({
    usage:
      "scale_out/main.ts [--seed 1] [--rounds 1] [--without-moves | --without-faults | --history | --redis-history]",
    readOptions(args): Options {
      const { values } = parseArgs({
        args,
        options: {
          seed: { type: "string" },
          rounds: { type: "string", default: "1" },
          "without-faults": { type: "boolean", default: false },
          "without-moves": { type: "boolean", default: false },
          history: { type: "boolean", default: false },
          "redis-history": { type: "boolean", default: false },
        },
      });
      const random = String(Math.floor(Math.random() * 2 ** 32));
      return {
        seed: readNumber("the seed", values.seed ?? random, 0, 2 ** 32 - 1),
        rounds: readNumber("the rounds", values.rounds, 1, 1000),
        moves: !values["without-moves"],
        faults: !values["without-faults"],
        history: values.history,
        redisHistory: values["redis-history"],
      };
    },
    run,
  });
}
