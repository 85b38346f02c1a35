import { assert, assertArrayIncludes, assertEquals, assertNotEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { type RunningProgram, startProgram } from "../support/program.ts";

const VERDICT = "4 processes; every spoke got exactly what it had subscribed to, in order.";

interface Row {
  readonly process: string;
  readonly pid: number;
  readonly topic: string;
  readonly sent: number;
  readonly received: number;
  readonly missed: number;
}

/** Returns the rows of the table at the end. */
function readTable({ out }: RunningProgram): Row[] {
  const header = out.findIndex((line) => line.startsWith("process "));
  const cut = [...(out[header + 1] ?? "").matchAll(/-+/g)].map((
    { index, 0: { length } },
  ) => [index, index + length]);
  return out.slice(header + 2, header + 6).map((line) => {
    const [process = "", pid, topic = "", sent, received, missed] = cut.map(([start, end]) =>
      line.slice(start, end).trim()
    );
    return {
      process,
      topic,
      pid: Number(pid),
      sent: Number(sent),
      received: Number(received),
      missed: Number(missed),
    };
  });
}

/** Returns the pids of the hub and the spokes once all have started. */
function readPids({ out }: RunningProgram): Promise<number[]> {
  return eventually(() => {
    const pids = out.flatMap((line) => line.match(/, pid (\d+)$/)?.[1] ?? []).map(Number);
    assertEquals(pids.length, 4);
    return pids;
  }, { timeoutMs: 30_000 });
}

/** Waits until each spoke has received an event. */
function untilFlowing({ out }: RunningProgram): Promise<void> {
  return eventually(
    () =>
      assertArrayIncludes(out.map((line) => line.match(/^spoke \d {2}/)?.[0]), [
        "spoke 1  ",
        "spoke 2  ",
        "spoke 3  ",
      ]),
    { timeoutMs: 30_000 },
  );
}

function isRunning(pid: number): boolean {
  try {
    // Harmless to a running process. Deno has no signal 0.
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function untilGone(pids: readonly number[]): Promise<void> {
  return eventually(() => assertEquals(pids.filter(isRunning), []));
}

Deno.test("every spoke of the demo receives exactly the events of its topic, in its own process", async () => {
  await using demo = startProgram("scripts/demo/main.ts", "--seconds", "0.5");
  const code = await demo.ended;
  assertEquals([code, demo.err, demo.out.at(-1)], [0, [], VERDICT]);
  const [hub, ...spokes] = readTable(demo);
  assert(hub !== undefined && hub.sent > 0);
  assertEquals(
    spokes.map(({ process, topic, missed }) => [process, topic, missed]),
    [["spoke 1", "cpu:user", 0], ["spoke 2", "load", 0], ["spoke 3", "*", 0]],
  );
  for (const { sent, received } of spokes) {
    assert(sent > 0);
    assertEquals(received, sent);
  }
  assertEquals(spokes[2]?.sent, hub.sent);
  const pids = [hub, ...spokes].map(({ pid }) => pid);
  assertEquals([...new Set(pids)].toSorted(), (await readPids(demo)).toSorted());
  const received = demo.out.filter((line) => /^spoke 3 +#/.test(line));
  assertEquals(
    received.map((line) => line.match(/#(\d+)/)?.[1]),
    Array.from({ length: hub.sent }, (_, i) => `${i + 1}`),
  );
  await untilGone(pids);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`a demo that serves ends in order at ${signal}`, async () => {
    await using demo = startProgram("scripts/demo/main.ts", "--serve");
    await untilFlowing(demo);
    const [page] = demo.out.flatMap((line) => line.match(/live page: (http:\S+)$/)?.[1] ?? []);
    const response = await fetch(page ?? "", { redirect: "manual" });
    await response.body?.cancel();
    assertEquals(response.status, 303);
    demo.kill(signal);
    assertEquals([await demo.ended, demo.err, demo.out.at(-1)], [0, [], VERDICT]);
    await untilGone(readTable(demo).map(({ pid }) => pid));
  });
}

Deno.test("a demo that is interrupted fails, and leaves no process behind", async () => {
  await using demo = startProgram("scripts/demo/main.ts", "--seconds", "60");
  await untilFlowing(demo);
  demo.kill("SIGINT");
  assertEquals([await demo.ended, demo.err], [1, ["It was interrupted"]]);
  await untilGone(readTable(demo).map(({ pid }) => pid));
});

Deno.test("a demo with a spoke that dies fails, and prints how many events that spoke missed", async () => {
  await using demo = startProgram("scripts/demo/main.ts", "--serve");
  const pids = await readPids(demo);
  await untilFlowing(demo);
  const victim = demo.out.map((line) => line.match(/^spoke 2 .*, pid (\d+)$/)?.[1]).find(Boolean);
  // Stopped, so that it misses all events from now on.
  Deno.kill(Number(victim), "SIGSTOP");
  const before = demo.out.length;
  await eventually(() =>
    assertEquals(demo.out.slice(before).some((line) => line.startsWith("spoke 3")), true)
  );
  await eventually(() => assertEquals(demo.out.length > before + 20, true));
  Deno.kill(Number(victim), "SIGKILL");
  assertEquals(await demo.ended, 1);
  assertArrayIncludes(demo.err, ["spoke 2 ended with SIGKILL"]);
  assertNotEquals(readTable(demo)[2]?.missed, 0);
  assertEquals([readTable(demo)[1]?.missed, readTable(demo)[3]?.missed], [0, 0]);
  await untilGone(pids);
});

Deno.test("a demo whose hub dies fails, and leaves no process behind", async () => {
  await using demo = startProgram("scripts/demo/main.ts", "--serve");
  const pids = await readPids(demo);
  await untilFlowing(demo);
  const [hub] = pids;
  Deno.kill(Number(hub), "SIGKILL");
  assertEquals(await demo.ended, 1);
  assertArrayIncludes(demo.err, ["The hub ended too early"]);
  await untilGone(pids);
});

Deno.test("a demo that is killed leaves no process behind", async () => {
  await using demo = startProgram("scripts/demo/main.ts", "--serve");
  const pids = await readPids(demo);
  demo.kill("SIGKILL");
  await demo.ended;
  await untilGone(pids);
});

Deno.test("a demo that is interrupted while it starts leaves no process behind", async () => {
  await using demo = startProgram("scripts/demo/main.ts", "--serve");
  const hub = await eventually(() => {
    const pid = demo.out[0]?.match(/, pid (\d+)$/)?.[1];
    return pid !== undefined && Number(pid);
  }, { timeoutMs: 30_000 });
  demo.kill("SIGTERM");
  await demo.ended;
  await untilGone([Number(hub)]);
});
