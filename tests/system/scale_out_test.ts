import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
// @ts-types="../support/ioredis.d.ts"
import { Redis } from "ioredis";
import { startRedis } from "../../scripts/lib/redis_server.ts";
import { LEAVES_TIMERS } from "../support/redis.ts";
import { SLOW_LOG } from "../support/redis_history/slow_log.ts";
import { startProgram } from "../support/program.ts";
import { COUNTS, testNumbers, testScaleOut } from "../support/scale_out.ts";
import { HeldWatch } from "./scale_out/held.ts";
import { Ledger } from "./scale_out/ledger.ts";
import { pause } from "./scale_out/pause.ts";
import { planFaults } from "./scale_out/schedule.ts";

// Without stops of a hub so long that its spokes leave it: events that the hub still had may then arrive after events that
// the spoke published at its next hub. tests/long/ has the run with such stops.
testScaleOut(
  "three hubs over one Redis, 300 spokes: whatever is killed or stopped briefly, every event arrives once and in " +
    "order, or lies in a reported gap",
  { moves: false },
);

Deno.test({
  name:
    "one hub with a history, 300 spokes: whatever is killed, stopped or cut, no event is lost and no gap is reported",
  timeout: 120_000,
  async fn() {
    const seed = Deno.env.get("SEED") ?? String(Math.floor(Math.random() * 2 ** 32));
    await using program = startProgram("tests/system/scale_out/main.ts", "--history", "--seed", seed);
    const code = await program.ended;
    console.log(program.out.join("\n"));
    assertEquals(code, 0, program.err.join("\n"));
    assertMatch(
      program.out.at(-2) ?? "",
      /^300 spokes, .* \d{3,} events published, \d{4,} heard, 0 problems, 0 gaps, \d{3,} recoveries$/,
    );
  },
});

testNumbers({ isKept: true });

Deno.test(
  "the watch over Redis finds the script that holds it, and none that only waits while Redis is stopped",
  LEAVES_TIMERS,
  async () => {
    await using server = await startRedis({ args: SLOW_LOG });
    const { path } = server;
    const client = new Redis(path);
    const [, pid = ""] = /process_id:(\d+)/.exec(String(await client.call("INFO", "server"))) ?? [];
    const watch = new HeldWatch(path, () => Number(pid));
    const loop = "local t = redis.call('TIME')\n while true do local n = redis.call('TIME') " +
      "if (n[1] - t[1]) * 1e6 + n[2] - t[2] > tonumber(ARGV[1]) then return 1 end end";
    await watch.whileStopped(200, async () => {
      const held = client.call("EVAL", loop, "0", "100000");
      await pause(Number(pid), 200);
      await held;
    });
    assertEquals(watch.slow, []);
    await client.call("EVAL", loop, "0", "300000");
    await watch.end();
    client.disconnect();
    assertMatch(watch.slow.join(), /^\d{6} µs: EVAL 0 300000$/);
  },
);

Deno.test("a schedule has every kind of fault in each round, and its seed repeats it", () => {
  const faults = planFaults(7, 2, COUNTS);
  assertEquals(planFaults(7, 2, COUNTS), faults);
  assertNotEquals(planFaults(8, 2, COUNTS), faults);
  for (const round of [faults.slice(0, 7), faults.slice(7)]) {
    const kinds = round.map(({ part, signal }) => `${signal} ${part}`).sort();
    assertEquals(kinds, [
      "SIGKILL Redis",
      "SIGKILL hub",
      "SIGKILL spokes",
      "SIGSTOP Redis",
      "SIGSTOP hub",
      "SIGSTOP hub",
      "SIGSTOP spokes",
    ]);
    const hubs = round.filter(({ part }) => part === "hub").map(({ index }) => index);
    assertEquals(hubs.sort(), [0, 1, 2]);
  }
});

/** A ledger in which `a` has published three events, a second apart. */
function openLedger(): Ledger {
  const ledger = new Ledger();
  for (let n = 0; n < 3; n++) ledger.onMessage({ kind: "said", spoke: "a", n, at: 10_000 + 1000 * n });
  return ledger;
}

/** `b` misses the second event. */
const JUMP = { kind: "jumped", spoke: "b", from: "a", after: 0, n: 2 } as const;

function gapOf(spoke: string, at: number) {
  return { kind: "status", spoke, gap: true, at } as const;
}

Deno.test("a ledger balances if missed events lie between a fault and the gap reported to their listener or publisher", () => {
  for (const spoke of ["a", "b"]) {
    const ledger = openLedger();
    ledger.onFault(10_500);
    ledger.onMessage(gapOf(spoke, 11_500));
    ledger.onMessage(JUMP);
    assertEquals(ledger.balance(), { lost: 1, problems: [] });
    assertEquals([ledger.said, ledger.gaps], [3, 1]);
  }
  const ledger = openLedger();
  ledger.onFault(10_500);
  ledger.onDeath("a");
  ledger.onMessage(JUMP);
  assertEquals(ledger.balance(), { lost: 1, problems: [] });
});

Deno.test("a ledger does not balance if events are missed outside of a gap, or heard twice or out of order", () => {
  const problemsOf = (...steps: ((ledger: Ledger) => void)[]): string[] => {
    const ledger = openLedger();
    for (const step of steps) step(ledger);
    ledger.onMessage(JUMP);
    return [...ledger.balance().problems];
  };
  const missed = ["b did not hear 1 of a, said at 11000, and got no gap"];
  assertEquals(problemsOf(), missed, "nothing was told");
  const told = (spoke: string, faultAt: number, gapAt: number) => (ledger: Ledger): void => {
    ledger.onFault(faultAt);
    ledger.onMessage(gapOf(spoke, gapAt));
  };
  assertEquals(problemsOf(told("c", 10_500, 11_500)), missed, "somebody else was told");
  assertEquals(problemsOf(told("b", 10_500, 10_900)), missed, "it was said after the gap was told");
  assertEquals(problemsOf(told("b", 12_500, 13_000)), missed, "it was said before the fault");
  assertEquals(
    problemsOf((ledger) => ledger.onMessage({ kind: "status", spoke: "b", gap: false, at: 11_500 })),
    missed,
    "it got no gap",
  );

  const ledger = openLedger();
  for (const n of [1, 0]) ledger.onMessage({ kind: "jumped", spoke: "b", from: "a", after: 1, n });
  assertEquals(ledger.balance(), { lost: 0, problems: ["b heard 1 of a after 1", "b heard 0 of a after 1"] });
});
