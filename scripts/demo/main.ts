/**
 * A hub and three spokes, as four processes. The hub publishes the load, memory and CPU time of the machine every 100 ms.
 * Each spoke is subscribed to another part of it.
 *
 *     deno task demo [--seconds 5] [--serve]
 *
 * Prints each event that a spoke received, and a table at the end. The exit code is 0 only if every spoke received exactly
 * the events that the hub sent on its topic, in order, and at least one. With `--serve` it continues until SIGINT or
 * SIGTERM, and prints the link of a live page that shows the hub.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ensureLivePage } from "../build_live_page.ts";
import { type Child, startChild } from "../lib/child.ts";
import { aborted, readNumber, runProgram } from "../lib/program.ts";
import { hasMembers, isReadingEvent, type ReadingEvent, UNITS } from "./readings.ts";
import { formatTable } from "./table.ts";
import { Tally } from "./tally.ts";

/** The topics of the spokes, one each: an id, every id of a type, everything. */
const TOPICS = ["cpu:user", "load", "*"];

const COLORS = ["color: cyan", "color: yellow", "color: magenta"];

/** The time limit of each step. */
const STEP_MS = 30_000;

interface DemoOptions {
  readonly durationMs: number;
  readonly serve: boolean;
}

interface Spoke {
  readonly name: string;
  readonly topic: string;
  readonly child: Child;
  readonly color: string | undefined;
  readonly tally: Tally;
}

async function run({ durationMs, serve }: DemoOptions, interrupted: AbortSignal): Promise<number> {
  await using children = new AsyncDisposableStack();
  if (serve) await within("building the live page", ensureLivePage(), interrupted);
  const hub = children.use(startChild("scripts/demo/hub.ts", serve ? ["--live"] : [], ["-A"]));
  const { url, page } = await within("starting the hub", readStart(hub), interrupted);
  console.log(`The hub is at ${url}, pid ${hub.pid}`);
  if (page !== undefined) console.log(`Open its live page: ${page}`);
  const spokes = TOPICS.map((topic, index): Spoke => ({
    name: `spoke ${index + 1}`,
    topic,
    child: children.use(startChild("scripts/tools/spoke.ts", ["--json", url, topic])),
    color: COLORS[index],
    tally: new Tally(topic),
  }));
  await within("starting the spokes", Promise.all(spokes.map(readReady)), interrupted);

  // From here on, the output of every process is read to its end.
  const sending = readSent(hub, spokes);
  const receiving = spokes.map(readReceived);
  await hub.tell("start");
  const enough = [aborted(interrupted), ...(serve ? [] : [delay(durationMs, undefined, { ref: false })])];
  // A process that ends too early ends the demo.
  await Promise.race([...enough, sending, ...receiving]);

  await hub.tell("stop");
  const sent = await within("waiting for the spokes to handle what was sent", sending);
  for (const { child } of spokes) child.kill("SIGTERM");
  await within("ending the spokes", Promise.all(receiving));
  await hub.endInput();
  const processes = [{ name: "hub", child: hub }, ...spokes];
  const ends = await within("ending the processes", Promise.all(processes.map(readEnd)));

  for (const { tally } of spokes) tally.end();
  console.log(`\n${formatResults(hub, sent, spokes)}\n`);
  const problems = [
    ...ends,
    ...spokes.filter(({ tally }) => !tally.isExact).map(describeFault),
    ...(new Set(processes.map(({ child }) => child.pid)).size < processes.length
      ? ["Two processes have the same pid"]
      : []),
    ...(interrupted.aborted && !serve ? ["It was interrupted"] : []),
  ].filter((problem) => problem !== undefined);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return 1;
  console.log(`${processes.length} processes; every spoke got exactly what it had subscribed to, in order.`);
  return 0;
}

/** The URL of the hub, and of its live page if it serves one. */
async function readStart(hub: Child): Promise<{ readonly url: string; readonly page: string | undefined }> {
  void printErrors("hub", hub);
  const { value } = await hub.stdout.next();
  const message: unknown = JSON.parse(value ?? "null");
  if (!hasMembers(message, { url: "string" })) throw new Error("The hub did not start");
  return {
    url: String(message.url),
    page: hasMembers(message, { page: "string" }) ? String(message.page) : undefined,
  };
}

/** Waits until the hub has acknowledged the subscription of a spoke. */
async function readReady({ name, topic, child }: Spoke): Promise<void> {
  const { value } = await child.stderr.next();
  if (value !== `Subscribed to ${topic}`) throw new Error(`${name} did not start: ${value}`);
  console.log(`${name} is subscribed to ${topic}, pid ${child.pid}`);
  void printErrors(name, child);
}

async function printErrors(name: string, { stderr }: Child): Promise<void> {
  for await (const line of stderr) console.error(`${name}: ${line}`);
}

/** Records the events of the hub until its spokes have handled all of them. Returns their number. */
async function readSent({ stdout }: Child, spokes: readonly Spoke[]): Promise<number> {
  let sent = 0;
  for await (const line of stdout) {
    const message: unknown = JSON.parse(line);
    if (isReadingEvent(message)) {
      sent++;
      for (const { tally } of spokes) tally.onSent(message);
    } else if (hasMembers(message, { handled: "number" }) && message.handled === sent) {
      return sent;
    } else {
      throw new Error(`The hub says ${line} after ${sent} events`);
    }
  }
  throw new Error("The hub ended too early");
}

/** Prints and records the events of a spoke until it ends. */
async function readReceived(spoke: Spoke): Promise<void> {
  for await (const line of spoke.child.stdout) {
    const event: unknown = JSON.parse(line);
    if (!isReadingEvent(event) || !hasMembers(event, { receivedAt: "number" })) {
      throw new Error(`${spoke.name} says ${line}`);
    }
    const latencyMs = Number(event.receivedAt) - event.payload.sentAt;
    spoke.tally.onReceived(event, latencyMs);
    printReceived(spoke, event, latencyMs);
  }
}

function printReceived({ name, color }: Spoke, { type, id, payload }: ReadingEvent, latencyMs: number): void {
  console.log(
    `%c${name}%c  %s  %s  %s %s  %s ms`,
    color,
    "",
    `#${payload.seq}`.padStart(6),
    `${type}:${id}`.padEnd(16),
    payload.value.toFixed(2).padStart(10),
    UNITS[type].padEnd(3),
    latencyMs.toFixed(2).padStart(6),
  );
}

async function readEnd({ name, child }: { name: string; child: Child }): Promise<string | undefined> {
  const { success, code, signal } = await child.status;
  return success ? undefined : `${name} ended with ${signal ?? `the exit code ${code}`}`;
}

function formatResults(hub: Child, sent: number, spokes: readonly Spoke[]): string {
  const latency = (tally: Tally, share: number): string => `${tally.latencyMs(share)?.toFixed(2) ?? "-"} ms`;
  return formatTable([
    ["process", "pid", "subscribed to", "sent", "received", "missed", "latency p50", "p99"],
    ["hub", hub.pid, "", sent],
    ...spokes.map(({ name, topic, child, tally }) => [
      name,
      child.pid,
      topic,
      tally.sent,
      tally.received,
      tally.missed,
      latency(tally, 0.5),
      latency(tally, 0.99),
    ]),
  ]);
}

function describeFault({ name, tally }: Spoke): string {
  const { sent, missed, unexpected } = tally;
  return sent === 0
    ? `Nothing was sent for ${name}`
    : `${name} missed ${missed} events, and got ${unexpected} that were not next`;
}

/** Waits for a promise. Rejects at the time limit of a step, and when the signal aborts. */
async function within<T>(step: string, promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  const ends = [
    delay(STEP_MS, undefined, { ref: false }),
    ...(signal === undefined ? [] : [aborted(signal)]),
  ];
  const gaveUp = Promise.race(ends).then(() => Promise.reject(new Error(`Gave up ${step}`)));
  return await Promise.race([promise, gaveUp]);
}

if (import.meta.main) {
  await runProgram({
    usage: "demo/main.ts [--seconds 5] [--serve]",
    readOptions(args): DemoOptions {
      const { values } = parseArgs({
        args,
        options: { seconds: { type: "string" }, serve: { type: "boolean", default: false } },
      });
      return {
        durationMs: readNumber("the seconds", values.seconds ?? "5", 0, 86_400) * 1000,
        serve: values.serve,
      };
    },
    run,
  });
}
