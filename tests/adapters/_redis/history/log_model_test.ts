import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { EventEnvelope, HistoryCursor, HistoryFrom, HistoryPage, HistorySource } from "@alkdev/pubsub";
import { ask, openRedis, type SharedRedis, startRedis } from "../../../support/redis.ts";
import {
  type Cursor,
  type Published,
  ReferenceHistory,
  type Topic,
} from "../../../support/reference_history.ts";

const TYPE = "run";
const IDS = ["1", "2", "", "4:x"];
const FIRST = 100_000;

const bound = (most: number) => fc.option(fc.integer({ min: 1, max: most }), { nil: Infinity });
const bounds = fc.record({ perId: bound(4), perType: bound(8) });
/** Positions are given by the index of an event; -1 is of another history, and an index past the end is of the future. */
const index = fc.integer({ min: -1, max: 16 });
const from = fc.oneof(
  fc.constantFrom("now" as const, "start" as const, "latest" as const),
  fc.record({ last: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ after: index }),
  fc.record({ latest: index }),
);
const id = fc.option(fc.constantFrom(...IDS), { nil: undefined });
const operation = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      ids: fc.oneof(
        fc.array(fc.constantFrom(...IDS), { minLength: 1, maxLength: 4 }),
        // Events of one id in a row are one entry.
        fc.tuple(fc.constantFrom(...IDS), fc.integer({ min: 2, max: 7 }))
          .map(([id, count]) => new Array<string>(count).fill(id)),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("trim" as const), count: fc.nat(4) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("delete" as const), key: fc.constantFrom("events", "index") }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("read" as const), id, from }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("read on" as const), cursor: fc.nat(7) }) },
);

type Bounds = typeof bounds extends fc.Arbitrary<infer T> ? T : never;

/** What was known when a read of every id began. */
interface Begun {
  readonly trimmed: number;
  /** How many events there were, if ids had too many. */
  readonly within: number;
}

/** Keeps by the same bounds as Redis, in the plainest way. */
class Model extends ReferenceHistory {
  readonly #bounds: Bounds;
  /** Whether ids were dropped. */
  hasDropped = false;
  /** Events up to this number were forgotten whatever their ids are. */
  #trimmed = 0;
  /** Whether an id ever had too many events. */
  #hasExceeded = false;

  constructor(bounds: Bounds) {
    super([TYPE]);
    this.#bounds = bounds;
  }

  append(id: string, payload: unknown): void {
    const { perId, perType } = this.#bounds;
    // Redis knows which ids have no event any more, unless the hash has only the latest events.
    if (perId !== 1) { for (const entry of this.of({ type: TYPE, id })) entry.wasLatest = false; }
    this.publish(TYPE, id, payload);
    this.#keepNewest({ type: TYPE, id }, perId);
    this.#hasExceeded ||= this.of({ type: TYPE, id }).length > perId;
    // Of types with only the latest events, the number of these has the bound; else, that of all that were published.
    if (perId === 1) {
      this.hasDropped = this.#keepNewest({ type: TYPE, id: undefined }, perType) || this.hasDropped;
    } else this.trim(this.published.length - perType);
  }

  /** Forgets all events up to a number. */
  trim(last: number): void {
    this.#trimmed = Math.max(this.#trimmed, last);
    this.forget((_, number) => number <= last);
  }

  get #isWithin(): boolean {
    return this.#bounds.perId > 1 && this.#bounds.perId < Infinity;
  }

  protected override begin({ type, id }: Topic, number: number): Begun | undefined {
    if (!this.#isWithin || id !== undefined) return undefined;
    const hasTooMany = number === 0
      ? this.#hasExceeded
      : this.of({ type, id }).some((entry) => !entry.kept && entry.number > Math.max(number, this.#trimmed));
    return { trimmed: this.#trimmed, within: hasTooMany ? this.published.length : 0 };
  }

  /** Redis does not know the numbers of the events that ids have too many. */
  protected override isReported(topic: Topic, entry: Published, cursor: Cursor): boolean {
    const { trimmed, within } = (cursor.begun ?? {}) as Partial<Begun>;
    if (trimmed === undefined || within === undefined) return super.isReported(topic, entry, cursor);
    return entry.number <= (entry.number <= this.#trimmed ? trimmed : Math.max(trimmed, within));
  }

  #keepNewest(topic: { type: string; id: string | undefined }, count: number): boolean {
    const kept = this.of(topic).filter((entry) => entry.kept);
    const over = kept.slice(0, Math.max(0, kept.length - count));
    for (const entry of over) this.forget((_, number) => number === entry.number);
    return over.length > 0;
  }
}

function summaryOf({ events, whole, done }: HistoryPage<{ payload: unknown; id: string }>): unknown {
  return { events: events.map(({ id, payload }) => `${id}=${payload}`), whole, done };
}

/** A page may be short, of which a part was forgotten: reads until there are as many events as in the model's. */
async function readAtLeast(
  history: HistorySource<EventEnvelope>,
  topic: { type: string; id: string | undefined },
  after: HistoryFrom | HistoryCursor,
  { events: { length: count }, done }: HistoryPage<EventEnvelope>,
  maxEvents: number,
): Promise<HistoryPage<EventEnvelope> & { readonly seamless: number }> {
  // What a page without events says is the same.
  const head = await history.read(topic, after, { maxEvents: 0, maxBytes: 0 });
  assertEquals(head.events, []);
  let page = await history.read(topic, head.next, { maxEvents, maxBytes: Infinity });
  page = { ...page, whole: page.whole && head.whole };
  /** The events before the first loss. */
  let seamless = page.whole ? page.events.length : 0;
  while (!page.done && (page.events.length < count || (done && topic.id !== undefined))) {
    const bounds = { maxEvents: Math.max(1, count - page.events.length), maxBytes: Infinity };
    const rest = await history.read(topic, page.next, bounds);
    page = { ...rest, events: [...page.events, ...rest.events], whole: page.whole && rest.whole };
    if (page.whole) seamless = page.events.length;
  }
  return { ...page, seamless };
}

function isAfterPosition(after: unknown): boolean {
  return typeof after === "string" ? after.includes(".") : Object(Object(after).start).strict === true;
}

/** Nothing is replayed after a position where something is missing. */
function emptyIfStrict(after: unknown, { events }: { events: readonly unknown[] }): object {
  return isAfterPosition(after) && events.length === 0 ? { events: [], done: true } : {};
}

/** How many events are missing before the first entry of a stream. An entry has the number of its last event, and their count. */
async function trimmed(server: SharedRedis, key: string, published: number): Promise<number> {
  const [first] = await ask(server, "XRANGE", key, "-", "+", "COUNT", "1") as [string, string[]][];
  if (first === undefined) return published;
  const [id, [, chain = ""]] = first;
  return Number(id.split("-")[1]) - FIRST - Number(chain.split(":")[2] ?? 1);
}

/** What is read here, and by the model. */
interface Cursors {
  readonly id: string | undefined;
  readonly own: HistoryCursor;
  readonly model: HistoryCursor;
}

async function run(
  server: SharedRedis,
  prefix: string,
  bounds: Bounds,
  operations: Operation[],
): Promise<void> {
  await using redis = openRedis(server, "ioredis 5", { prefix, history: { [TYPE]: bounds } });
  const { target } = redis;
  const { history } = target;
  if (history === undefined) throw new Error("The target has a history");
  const page = { maxEvents: 3, maxBytes: Infinity };
  let model = new Model(bounds);
  let epoch = (await history.head({ type: TYPE, id: undefined })).slice(0, 5);
  let cursors: Cursors[] = [];
  let serial = 0;
  const positionAt = (index: number): { own: string; model: string } =>
    index < 0
      ? { own: `${epoch.split("").reverse().join("")}.100001`, model: "ref.x" }
      : { own: `${epoch}.${FIRST + index}`, model: `ref.${index}` };

  for (const operation of operations) {
    if (operation.kind === "publish") {
      for (const id of operation.ids) {
        model.append(id, ++serial);
        target.publish({ type: TYPE, id, payload: serial });
      }
      await target.flush();
    } else if (operation.kind === "trim") {
      // Of types with only the latest events, Redis removes more than the entry.
      if (bounds.perId === 1) continue;
      const left = Math.max(
        0,
        Number(await ask(server, "XLEN", `pubsub:{${prefix}${TYPE}}:events`)) - operation.count,
      );
      await ask(server, "XTRIM", `pubsub:{${prefix}${TYPE}}:events`, "MAXLEN", String(left));
      model.trim(await trimmed(server, `pubsub:{${prefix}${TYPE}}:events`, model.published.length));
    } else if (operation.kind === "delete") {
      // Until there is an event, there is no stream.
      if (model.published.length === 0 && operation.key === "events") continue;
      await ask(server, "DEL", `pubsub:{${prefix}${TYPE}}:${operation.key}`);
      const before = epoch;
      epoch = (await history.head({ type: TYPE, id: undefined })).slice(0, 5);
      if (epoch === before) throw new Error("The epoch is another one");
      model = new Model(bounds);
      cursors = [];
    } else {
      const chosen = operation.kind === "read" ? undefined : cursors.splice(operation.cursor, 1)[0];
      if (operation.kind === "read on" && chosen === undefined) continue;
      const id = operation.kind === "read" ? operation.id : chosen?.id;
      const topic = { type: TYPE, id };
      const ways = operation.kind === "read" ? waysOf(operation.from, positionAt) : chosen;
      if (ways === undefined) continue;
      const expected = model.read(topic, ways.model as never, page);
      const own = await readAtLeast(history, topic, ways.own, expected, page.maxEvents);
      // Where ids were dropped, what is known of an id is the same for all that are not there.
      const isUnsure = model.hasDropped && id !== undefined && !own.whole;
      // The events of an id that were walked over come even if they are forgotten meanwhile.
      const isOfWalk = operation.kind === "read on" && id !== undefined && own.seamless > 0;
      // After a position, an id that has too many events is found by the page that would have them.
      const isWithin = bounds.perId > 1 && bounds.perId < Infinity && id === undefined &&
        isAfterPosition(ways.own) && own.whole && !own.done;
      if ((isOfWalk || isWithin) && !expected.whole) {
        const place = typeof ways.model === "string" ? ways.model : String(Object(ways.model).after);
        const all = model.of(topic).filter(({ number }) => number > Number(place.slice(4)));
        const rest = all.slice(own.seamless);
        const kept = rest.filter((entry) => entry.kept);
        if (own.done) assertEquals(own.whole, rest.length === 0);
        else assert(own.whole || kept.length < rest.length);
        const late = isAfterPosition(ways.own)
          ? []
          : kept.slice(0, own.done ? undefined : own.events.length - own.seamless);
        assertEquals(
          own.events.map(({ payload }) => payload),
          [...all.slice(0, own.seamless), ...late].map(({ event }) => event.payload),
        );
        continue;
      }
      assertEquals(
        summaryOf(own),
        summaryOf(
          isUnsure
            ? { ...expected, whole: false, ...emptyIfStrict(ways.own, own) } as never
            : expected as never,
        ),
        JSON.stringify({ topic, ways }),
      );
      assertEquals(own.at.slice(0, 5), epoch);
      const [at, expectedAt] = [Number(own.at.slice(6)) - FIRST, Number(expected.at.slice(4))];
      // A walk over the events of an id began at the head of an earlier moment.
      const [early, late] = [Math.min(at, expectedAt), Math.max(at, expectedAt)];
      const between = model.of(topic).filter(({ number }) => number > early && number <= late);
      if (id === undefined) assertEquals(at, expectedAt);
      else if (own.whole) assertEquals(between, [], `at ${at}, expected ${expectedAt}`);
      cursors.push({ id, own: own.next, model: expected.next });
    }
  }
  assertEquals(redis.faults, []);
}

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

function waysOf(
  from: "now" | "start" | "latest" | { last: number } | { after: number } | { latest: number },
  positionAt: (index: number) => { own: string; model: string },
): { own: HistoryFrom; model: HistoryFrom } {
  if (typeof from === "string" || "last" in from) return { own: from, model: from };
  if ("after" in from) return positionAt(from.after);
  const { own, model } = positionAt(from.latest);
  return { own: { latest: own }, model: { latest: model } };
}

Deno.test("a history in Redis reads what was published and kept, and says exactly when it is whole", async () => {
  await using server = await startRedis();
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      bounds,
      fc.array(operation, { minLength: 1, maxLength: 40, size: "max" }),
      (bounds, operations) => run(server, `${++runs}:`, bounds, operations),
    ),
    {
      seed: Number(Deno.env.get("SEED") ?? 1),
      numRuns: Number(Deno.env.get("RUNS") ?? 60),
      endOnFailure: Deno.env.get("FAST") === "1",
    },
  );
});
