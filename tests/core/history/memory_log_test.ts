// These tests were tried on 57 changes of core/history, one at a time, such as
//
// - `>` for `>=` and the reverse in each bound: perId, perType, ttlMs, maxIds, maxBytes
// - no expiry before a read, or before an append
// - a floor that is set in place of raised, of an id, a type, the latest events, the dropped ids
// - a new record that begins at 0, an unknown id that counts as never forgotten
// - `>` for `>=` between position and floor; losses that were reported once being reported again, or not at all
// - a position of the future or of the time before the first event that counts; a strict start that replays after a loss
// - one event too many or too few: at the start, by `last`, in a page; superseded events among the latest ones
// - the newest of all types forgotten for maxBytes in place of the oldest; an id that is not moved by its last event
// - a cursor that trusts its entry though it was forgotten, or after a gap; a forgotten entry that keeps its record
// - live events that are not skipped while a reader reads, or all that are; a reader that turns live at the wrong end
// - a page with events as the last one of a callback; a gap that is not reported; nested events that do not wait
//
// All fail but one, which changes nothing: for a page without events, its `from` is as good an end as its `at`.

import FakeTimers from "@sinonjs/fake-timers";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  createInProcessEventTarget,
  type HistoryCursor,
  type HistoryFrom,
  type HistoryPageBounds,
} from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { ReferenceHistory } from "../../support/reference_history.ts";

const TYPES = ["a", "b"];
const IDS = ["1", "2", "3"];
const PAGE = { maxEvents: 2, maxBytes: Infinity };
/** What an event with a payload of two characters counts. */
const EVENT_BYTES = 108;

const bound = (most: number) => fc.option(fc.integer({ min: 1, max: most }), { nil: Infinity });
const bounds = fc.record({
  perId: bound(4),
  perType: bound(6),
  ttlMs: bound(20),
  maxIds: bound(3),
  maxEvents: bound(8),
});
const topic = fc.record({
  type: fc.constantFrom(...TYPES),
  id: fc.option(fc.constantFrom(...IDS), { nil: undefined }),
});
/** Positions are given by the index of an event; -1 is of another history, and an index past the end is of the future. */
const index = fc.integer({ min: -1, max: 12 });
const from = fc.oneof(
  fc.constantFrom("now" as const, "start" as const, "latest" as const),
  fc.record({ last: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ after: index }),
  fc.record({ latest: index }),
);
const operation = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      type: fc.constantFrom(...TYPES),
      id: fc.constantFrom(...IDS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("forget" as const), topic }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      topic,
      from,
      maxEvents: fc.constantFrom(0, 2, 2),
      maxReplay: fc.option(fc.nat(4), { nil: undefined }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("read on" as const), cursor: fc.nat(7) }) },
);

/** The number in a position. */
function numberOf(position = ""): number {
  return parseInt(position.slice(6), 36) - 36 ** 5;
}

/** A position of another history, of the time before the first event, or of the future. */
function strangeTo(head: string, index: number): string {
  if (index < 0) return `${head.startsWith("A") ? "B" : "A"}${head.slice(1)}`;
  return head.slice(0, 6) +
    (index % 3 === 0 ? 36 ** 5 - 1 - index : parseInt(head.slice(6), 36) + index).toString(36);
}

type Bounds = typeof bounds extends fc.Arbitrary<infer T> ? T : never;

/** Keeps by the same bounds as a memory history, in the plainest way. */
class Model extends ReferenceHistory {
  readonly #bounds: Bounds;
  readonly #times = new Map<number, number>();
  /** The known ids of each type, the one whose last event is the oldest first. */
  readonly #ids = new Map(TYPES.map((type) => [type, [] as string[]]));
  /** The types that do not know all ids any more. */
  readonly dropped = new Set<string>();
  now = 0;

  constructor(bounds: Bounds) {
    super(TYPES);
    this.#bounds = bounds;
  }

  append(type: string, id: string): void {
    const { maxIds, perId, perType, maxEvents } = this.#bounds;
    this.expire();
    const ids = this.#ids.get(type) ?? [];
    if (ids.includes(id)) ids.splice(ids.indexOf(id), 1);
    else if (ids.length >= maxIds) {
      const gone = ids.shift();
      this.dropped.add(type);
      this.forget((event) => event.type === type && event.id === gone);
    }
    ids.push(id);
    const { at } = this.publish(type, id, "xx");
    this.#times.set(Number(at?.slice(4)), this.now);
    this.#keepNewest({ type, id }, perId);
    this.#keepNewest({ type, id: undefined }, perType);
    const kept = this.published.filter((entry) => entry.kept);
    const oldest = kept.slice(0, Math.max(0, kept.length - maxEvents));
    for (const entry of oldest) this.forget((_, number) => number === entry.number);
  }

  expire(): void {
    this.forget((_, number) => this.now - (this.#times.get(number) ?? 0) >= this.#bounds.ttlMs);
  }

  forgetTopic(type: string, id: string | undefined): void {
    this.forget((event) => event.type === type && (id === undefined || event.id === id));
    if (id !== undefined) return;
    this.#ids.set(type, []);
    this.dropped.add(type);
  }

  #keepNewest(topic: { type: string; id: string | undefined }, count: number): void {
    const kept = this.of(topic).filter((entry) => entry.kept);
    const over = kept.length - count;
    if (over > 0) {
      for (const entry of kept.slice(0, over)) this.forget((_, number) => number === entry.number);
    }
  }
}

Deno.test("a memory history reads what was published and kept, and says exactly when it is whole", async () => {
  const clock = FakeTimers.install({ toFake: ["performance"] });
  try {
    await fc.assert(
      fc.asyncProperty(
        bounds,
        fc.array(operation, { minLength: 1, maxLength: 50, size: "max" }),
        async (bounds, operations) => {
          const { perId, perType, ttlMs, maxIds, maxEvents } = bounds;
          const types = Object.fromEntries(TYPES.map((type) => [type, { perId, perType, ttlMs }]));
          const history = createMemoryHistory(types, {
            ...(maxIds === Infinity ? {} : { maxIds }),
            maxBytes: maxEvents * EVENT_BYTES,
          });
          const target = createInProcessEventTarget({ history });
          const positions: string[] = [];
          target.listen("*", undefined, { onEvent: ({ at = "" }) => void positions.push(at) });
          const model = new Model(bounds);
          const cursors: {
            topic: { type: string; id: string | undefined };
            own: HistoryCursor;
            ref: HistoryCursor;
          }[] = [];
          const startOf = (from: unknown, nth: (index: number) => string): HistoryFrom => {
            if (typeof from !== "object" || from === null || "last" in from) return from as HistoryFrom;
            return "after" in from
              ? nth(Number(from.after))
              : { latest: nth(Number((from as { latest: number }).latest)) };
          };
          const check = (
            topic: { type: string; id: string | undefined },
            own: HistoryFrom | HistoryCursor,
            ref: HistoryFrom | HistoryCursor,
            bounds: HistoryPageBounds = PAGE,
          ) => {
            model.expire();
            const page = history.read(topic, own, bounds);
            const expected = model.read(topic, ref as HistoryFrom, bounds);
            // An id that is not known any more may have lost events.
            const unsure = topic.id !== undefined && model.dropped.has(topic.type) && !page.whole;
            if (!unsure) {
              assertEquals(
                [
                  page.whole,
                  page.done,
                  numberOf(page.from),
                  numberOf(page.at),
                  page.events.map(({ at }) => numberOf(at)),
                  page.left,
                ],
                [
                  expected.whole,
                  expected.done,
                  Number(expected.from.slice(4)),
                  Number(expected.at.slice(4)),
                  expected.events.map(({ at }) => Number(at?.slice(4))),
                  expected.left,
                ],
              );
            }
            return unsure ? undefined : { topic, own: page.next, ref: expected.next };
          };
          for (const operation of operations) {
            switch (operation.kind) {
              case "publish":
                target.publish({ type: operation.type, id: operation.id, payload: "xx" });
                model.append(operation.type, operation.id);
                break;
              case "wait":
                clock.tick(operation.ms);
                model.now += operation.ms;
                await Promise.resolve();
                break;
              case "forget":
                history.forget(operation.topic.type, operation.topic.id);
                model.forgetTopic(operation.topic.type, operation.topic.id);
                break;
              case "read": {
                const own = startOf(
                  operation.from,
                  (index) => positions[index] ?? strangeTo(history.head({ type: "a", id: undefined }), index),
                );
                const ref = startOf(
                  operation.from,
                  (index) => positions[index] ? `ref.${index + 1}` : "foreign",
                );
                const { maxEvents, maxReplay } = operation;
                const cursor = check(operation.topic, own, ref, {
                  maxEvents,
                  maxBytes: Infinity,
                  ...(maxReplay !== undefined && { maxReplay }),
                });
                if (cursor !== undefined) cursors.push(cursor);
                break;
              }
              case "read on": {
                const at = operation.cursor % Math.max(1, cursors.length);
                const cursor = cursors[at];
                const next = cursor && check(cursor.topic, cursor.own, cursor.ref);
                if (next !== undefined) cursors[at] = next;
                else cursors.splice(at, 1);
                break;
              }
            }
          }
          model.expire();
          assertEquals(history.stats().events, model.published.filter(({ kept }) => kept).length);
          assert(history.stats().bytes === history.stats().events * EVENT_BYTES);
        },
      ),
      { numRuns: 2000 },
    );
  } finally {
    clock.uninstall();
  }
});
