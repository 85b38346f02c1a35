/** Programs that share the history of Redis, faults, and what each of them must have heard at the end. */
import { assert, assertEquals } from "@std/assert";
import type { EventTargetStatus, PubSubEventTarget } from "@alkdev/pubsub";
import type { RedisHistoryBounds } from "@alkdev/pubsub/event-target-redis";
import { randomFrom } from "../../../scripts/lib/random.ts";
import type { Fault } from "../conformance/mod.ts";
import { imbalances } from "../audit.ts";
import { readKept } from "./kept.ts";
import { eventually } from "../eventually.ts";

/** The declared types. */
export const HISTORY: Readonly<Record<string, RedisHistoryBounds>> = {
  run: { perType: 20_000 },
  status: { perId: 1 },
  aged: { ttlMs: 3_600_000 },
};

const IDS = ["1", "2", "3", "4:x"];
const TOPICS: readonly (readonly [type: string, id: string | undefined])[] = [
  ["run", undefined],
  ["run", "1"],
  ["run", "4:x"],
  ["run", "idle"],
  ["aged", undefined],
  ["plain", undefined],
];

/** A program of the model. */
export interface Program extends AsyncDisposable {
  readonly target: PubSubEventTarget;
  readonly faults: Fault[];
}

/** The parts of a run. */
export interface Rig {
  readonly seed: number;
  /** Opens a program whose `onStatus` gets the statuses. */
  open(onStatus: (status: EventTargetStatus) => void): Program;
  /** Opens a program that publishes without declaring any type. */
  openUndeclared?(): Program;
  /** What can happen. Each resolves when Redis can be reached again. */
  readonly faults: readonly ((burst: () => void, random: () => number) => Promise<void>)[];
  /** Whether events may be lost, if that is reported. */
  readonly mayLose?: boolean;
  readonly steps: number;
}

interface Heard {
  readonly topic: string;
  /** The serial numbers that were heard, and 0 for each gap. */
  readonly serials: number[];
}

/** A program that listens, and what it heard. */
class Reader {
  readonly heard: Heard[] = [];
  readonly statuses: EventTargetStatus[] = [];
  readonly program: Program;

  constructor(rig: Rig) {
    this.program = rig.open((status) => void this.statuses.push(status));
  }

  async listen(): Promise<void> {
    await Promise.all(TOPICS.map(([type, id]) =>
      new Promise<void>((resolve) => {
        const heard: Heard = { topic: `${type}:${id ?? "*"}`, serials: [] };
        this.heard.push(heard);
        this.program.target.listen(type, id, {
          onEvent: ({ payload }) => void heard.serials.push(Number(payload)),
          onGap: () => void heard.serials.push(0),
          onReady: resolve,
        });
      })
    ));
  }
}

interface Published {
  readonly serial: number;
  readonly type: string;
  readonly id: string;
  /** Whether Redis may not have it. */
  uncertain: boolean;
  /** Whether it is in the history. */
  readonly kept: boolean;
}

/** Runs a model. Throws where an event is missing and not reported, is heard twice, or a gap is reported without a reason. */
export async function runHistoryModel(rig: Rig): Promise<void> {
  const random = randomFrom(rig.seed);
  const pick = <T>(things: readonly T[]): T => {
    const thing = things[Math.floor(random() * things.length)];
    if (thing === undefined) throw new Error("There is something to pick");
    return thing;
  };
  const published: Published[] = [];
  await using stack = new AsyncDisposableStack();
  const publisher = stack.use(rig.open(() => {}));
  const readers = [new Reader(rig), new Reader(rig)];
  for (const reader of readers) stack.use(reader.program);
  await Promise.all(readers.map((reader) => reader.listen()));

  const undeclared = rig.openUndeclared && stack.use(rig.openUndeclared());

  const publish = (type: string, id: string, program = publisher): void => {
    const serial = published.length + 1;
    published.push({ serial, type, id, uncertain: false, kept: program === publisher });
    program.target.publish({ type, id, payload: serial });
  };
  const burst = (): void => {
    for (let i = Math.floor(random() * 40); i >= 0; i--) {
      const [type, id] = [pick(["run", "run", "status", "aged", "plain"]), pick(IDS)];
      // Events of one topic in a row are one message, and one entry.
      const length = random() < 0.3 ? Math.ceil(random() * 12) : 1;
      for (let j = 0; j < length; j++) publish(type, id);
    }
  };
  /** Publishes, and notes whether Redis has all of it. */
  const settle = async (first: number): Promise<void> => {
    const reported = publisher.faults.length;
    let flushed = true;
    await publisher.target.flush().catch(() => flushed = false);
    const failed = publisher.faults.slice(reported).some(({ context }) => context.stage === "publish");
    if (flushed && !failed && reported === 0) return;
    for (const event of published.slice(first)) event.uncertain = true;
    publisher.faults.length = 0;
  };
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  /** Every reader hears every topic again. */
  const converge = async (): Promise<void> => {
    await eventually(async () => {
      const first = published.length;
      for (const [type, id] of TOPICS) publish(type, id ?? "end");
      await settle(first);
      await pause(20);
      return readers.every(({ heard }) => heard.every(({ serials }, i) => serials.includes(first + 1 + i)));
    }, { timeoutMs: 15_000 }).catch((cause) => {
      const states = [publisher, ...readers.map(({ program }) => program)].map(({ target, faults }) => ({
        status: { ...target.status, error: String(target.status.error) },
        faults: faults.map(({ error }) => String(error)).slice(-3),
      }));
      const last = readers.map(({ heard }) =>
        heard.map(({ topic, serials }) => `${topic} ${serials.slice(-6)}`)
      );
      throw new Error(`Not all is heard again with seed ${rig.seed}: ${JSON.stringify({ states, last })}`, {
        cause,
      });
    });
  };

  for (let step = 0; step < rig.steps; step++) {
    const first = published.length;
    publisher.faults.length = 0;
    burst();
    if (random() < 0.7) {
      if (random() < 0.5) await pause(random() * 4);
      await pick(rig.faults)(burst, random);
      burst();
    }
    await settle(first);
    if (undeclared !== undefined && random() < 0.5) {
      const late = published.length;
      for (const id of IDS) publish("run", id, undeclared);
      const failed = await undeclared.target.flush().then(() => false, () => true);
      await settle(late);
      for (const event of published.slice(late)) event.uncertain ||= failed;
    }
    if (random() < 0.5) await converge();
  }
  await converge();
  for (const { heard, statuses } of readers) {
    for (const each of heard) check(each, published, rig);
    await eventually(() => statuses.at(-1)?.state === "open");
  }
  for (const from of ["run", "status", "aged"]) await checkReplay(rig, from, published);
  const publishers: [name: string, PubSubEventTarget, count: number][] = [
    ["the publisher", publisher.target, published.filter(({ kept }) => kept).length],
  ];
  if (undeclared !== undefined) {
    const count = published.filter(({ kept }) => !kept).length;
    publishers.push(["the program that declares nothing", undeclared.target, count]);
  }
  assertEquals(audit(publishers, readers), [], `with seed ${rig.seed}`);
}

/** Returns what does not balance in the numbers of the programs, or is not what they know. */
function audit(
  publishers: readonly (readonly [name: string, PubSubEventTarget, count: number])[],
  readers: readonly Reader[],
): string[] {
  const faults: string[] = [];
  for (const [name, target, count] of publishers) {
    const stats = target.stats();
    faults.push(...imbalances(name, stats));
    if (stats.published.total !== count) {
      faults.push(`${name} counts ${stats.published.total} of ${count} events`);
    }
  }
  for (const [i, { program, heard }] of readers.entries()) {
    const { heard: counted, ...rest } = program.target.stats();
    faults.push(...imbalances(`reader ${i}`, { ...rest, heard: counted }));
    const events = heard.flatMap(({ serials }) => serials.filter((serial) => serial > 0)).length;
    if (counted.delivered !== events) {
      faults.push(`reader ${i} counts ${counted.delivered} of the ${events} events that it has heard`);
    }
  }
  return faults;
}

function check({ topic, serials }: Heard, published: readonly Published[], { seed, mayLose }: Rig): void {
  const [type, ...rest] = topic.split(":");
  const id = rest.join(":");
  const where = `${topic} with seed ${seed}`;
  const events = serials.filter((serial) => serial > 0);
  // ioredis sends again what was not answered, and only scripts notice it.
  if (type !== "plain") {
    assertEquals(events, [...new Set(events)], `heard twice: ${where}`);
    // An event without a position does not wait for those that were missed before.
    const kept = events.filter((serial) => published[serial - 1]?.kept);
    assertEquals(kept, kept.toSorted((a, b) => a - b), `out of order: ${where}`);
  }
  const heard = new Set(events);
  const wanted = published.filter((event) => event.type === type && (id === "*" || event.id === id));
  // Until a reader hears such an event, it cannot know that there are any.
  const firstUndeclared = events.find((serial) => !published[serial - 1]?.kept) ?? Infinity;
  const missing = wanted.filter(({ serial, uncertain, kept }) =>
    !heard.has(serial) && !uncertain && (kept || serial > firstUndeclared)
  );
  for (const { serial, kept } of missing) {
    // What is in no history is reported before the missed events that are.
    const isLike = (other: number): boolean => other > 0 && (kept || !published[other - 1]?.kept);
    const after = serials.findLastIndex((other) => isLike(other) && other < serial);
    const before = serials.findIndex((other) => isLike(other) && other > serial);
    // Events of other types do not wait for the report, and some arrive twice.
    const between = type === "plain" ? serials : serials.slice(after + 1, before < 0 ? undefined : before);
    const near = serials.slice(Math.max(0, after - 5), before < 0 ? undefined : before + 6);
    assert(between.includes(0), `${serial} is missing and was not told: ${where}, heard ${near}`);
  }
  if (mayLose || type === "plain") return;
  assertEquals(missing, [], `lost: ${where}`);
  assert(!serials.includes(0), `a gap was told: ${where}`);
}

/** A program that comes late gets the last events as they are in the history. */
async function checkReplay(rig: Rig, type: string, published: readonly Published[]): Promise<void> {
  await using program = rig.open(() => {});
  const { events, isWhole } = await readKept(program.target, type);
  const serials = events.map(({ payload }) => Number(payload));
  const where = `history of ${type} with seed ${rig.seed}`;
  assertEquals(serials, [...new Set(serials)].toSorted((a, b) => a - b), where);
  const own = published.filter((event) => event.type === type && event.kept);
  if (type === "status") {
    const latest = new Map(own.filter(({ uncertain }) => !uncertain).map(({ id, serial }) => [id, serial]));
    if (!rig.mayLose) {
      for (const { id, payload } of events) assert(Number(payload) >= (latest.get(id) ?? 0), where);
      assertEquals(new Set(events.map(({ id }) => id)).size, new Set(own.map(({ id }) => id)).size, where);
    }
    return;
  }
  const lost = own.filter(({ serial, uncertain }) => !uncertain && !serials.includes(serial));
  if (isWhole && !rig.mayLose) assertEquals(lost, [], where);
  if (!rig.mayLose) assert(isWhole, where);
}
