import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  createInProcessEventTarget,
  createPubSub,
  type EventEnvelope,
  type HistoryFrom,
} from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";
import { microtasks } from "../../support/clock.ts";

const TYPES = ["a", "b"];
const IDS = ["1", "2"];

const topic = fc.record({
  type: fc.constantFrom(...TYPES),
  id: fc.option(fc.constantFrom(...IDS), { nil: undefined }),
});
const from = fc.oneof(
  fc.constantFrom("now" as const, "start" as const, "latest" as const),
  fc.record({ last: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ after: fc.nat(20) }),
  fc.record({ latest: fc.nat(20) }),
);
const reader = fc.record({ kind: fc.constantFrom("subscribe" as const, "on" as const), topic, from });
const event = { type: fc.constantFrom(...TYPES), id: fc.constantFrom(...IDS) };
const operation = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("publish" as const), ...event }) },
  // A listener publishes during the dispatch, and it or a later one may subscribe and read in it.
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("publish within" as const),
      ...event,
      inner: fc.record(event),
      subscribe: fc.option(reader, { nil: undefined }),
      reads: fc.option(fc.nat(5), { nil: undefined }),
    }),
  },
  { weight: 4, arbitrary: reader },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("read" as const), reader: fc.nat(5), count: fc.nat(4) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("read all" as const), reader: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), topic }) },
  { weight: 4, arbitrary: fc.constant({ kind: "turn" as const }) },
);

/** What a reader asked for and heard. */
interface Heard {
  readonly topic: { readonly type: string; readonly id: string | undefined };
  readonly from: HistoryFrom;
  /** The number of the last event before it began. */
  readonly began: number;
  readonly events: EventEnvelope[];
  /** How many gaps it knew when it heard each event. */
  readonly gapsBefore: number[];
  gaps(): number;
  position(): string | undefined;
  read(count: number): void;
  readAll?(): void;
}

Deno.test("each reader hears its topic in order and once, and what it misses lies in a gap that it was told before", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 2, 3, Infinity),
      fc.array(operation, { minLength: 1, maxLength: 40, size: "max" }),
      async (perId, operations) => {
        const history = createMemoryHistory({ a: { perId }, b: { perId } });
        const target = createInProcessEventTarget({ history });
        const pubsub = createPubSub({ eventTarget: target });
        const published: EventEnvelope[] = [];
        const readers: Heard[] = [];
        // Once the ids of a type are forgotten, each may have lost events.
        const unsure = new Set<string>();
        let within: (() => void) | undefined;
        // First of all listeners: it sees each event as soon as it is delivered.
        const first = {
          onEvent(event: EventEnvelope) {
            published.push(event);
            const run = within;
            within = undefined;
            run?.();
          },
        };
        for (const type of TYPES) for (const id of IDS) target.listen(type, id, first);
        const numberOf = ({ at }: EventEnvelope) => parseInt((at ?? "").slice(6), 36) - 36 ** 5;
        const newest = () => history.stats().appended;
        const startOf = (from: unknown): HistoryFrom => {
          if (typeof from !== "object" || from === null || "last" in from) return from as HistoryFrom;
          const own = from as { after?: number; latest?: number };
          const at = published[own.after ?? own.latest ?? 0]?.at ?? "aaaaa.100001";
          return own.latest === undefined ? at : { latest: at };
        };
        const add = (
          { kind, topic, from: asked }: { kind: "subscribe" | "on"; topic: Heard["topic"]; from: unknown },
        ) => {
          const from = startOf(asked);
          const rest = topic.id === undefined ? [] as const : [topic.id] as const;
          const events: EventEnvelope[] = [];
          const gapsBefore: number[] = [];
          const hear = (event: EventEnvelope, gaps = 0) => {
            events.push(event);
            gapsBefore.push(gaps);
          };
          const base = { topic, from, began: newest(), events, gapsBefore };
          if (kind === "on") {
            const callback = (event: EventEnvelope) => hear(event, stop.gaps);
            const stop = rest.length === 0
              ? pubsub.on(topic.type, callback, { from })
              : pubsub.on(topic.type, rest[0], callback, { from });
            readers.push({ ...base, gaps: () => stop.gaps ?? 0, position: () => stop.position, read() {} });
          } else {
            const subscription = rest.length === 0
              ? pubsub.subscribe(topic.type, { from })
              : pubsub.subscribe(topic.type, rest[0], { from });
            readers.push({
              ...base,
              gaps: () => subscription.gaps ?? 0,
              position: () => subscription.position,
              read(count) {
                for (let i = 0; i < count; i++) {
                  void subscription.next().then(({ value }) => value && hear(value, subscription.gaps));
                }
              },
              readAll: () => void subscription.replayed,
            });
          }
        };
        for (const operation of operations) {
          switch (operation.kind) {
            case "publish":
              pubsub.publish(operation.type, operation.id, 0);
              break;
            case "publish within":
              within = () => {
                pubsub.publish(operation.inner.type, operation.inner.id, 1);
                if (operation.subscribe !== undefined) add(operation.subscribe);
                if (operation.reads !== undefined) readers[operation.reads % (readers.length || 1)]?.read(3);
              };
              pubsub.publish(operation.type, operation.id, 0);
              break;
            case "subscribe":
            case "on":
              add(operation);
              break;
            case "read":
              readers[operation.reader % (readers.length || 1)]?.read(operation.count);
              break;
            case "read all":
              readers[operation.reader % (readers.length || 1)]?.readAll?.();
              break;
            case "forget":
              history.forget(operation.topic.type, operation.topic.id);
              if (operation.topic.id === undefined) unsure.add(operation.topic.type);
              break;
            case "turn":
              await microtasks();
              break;
          }
        }
        for (const reader of readers) reader.read(60);
        for (let i = 0; i < 20; i++) await microtasks();
        assertEquals(published.map(numberOf), published.map((_, i) => i + 1));
        for (const { topic, from, began, events, gapsBefore, gaps, position } of readers) {
          const numbers = events.map(numberOf);
          assertEquals(numbers, [...numbers].sort((a, b) => a - b), "order");
          assertEquals(new Set(numbers).size, numbers.length, "once");
          const own = published.filter(({ type, id }) =>
            type === topic.type && (topic.id === undefined || id === topic.id)
          );
          for (const event of events) assert(own.some((one) => one.at === event.at));
          // Where it began: before the first of the last n, after the position, or now.
          const isLatest = from === "latest" || (typeof from === "object" && "latest" in from);
          const text = typeof from === "object" && "latest" in from ? from.latest : from;
          const begin = from === "now"
            ? began
            : typeof from === "object" && "last" in from
            ? (numbers[0] ?? began + 1) - 1
            : typeof text === "string" && text.includes(".") && !text.startsWith("aaaaa")
            ? numberOf({ at: text } as EventEnvelope)
            : 0;
          assert(numbers.every((number) => number > begin), "an event came from before the beginning");
          let missing = 0;
          for (const event of own) {
            const number = numberOf(event);
            if (number <= begin || numbers.includes(number)) continue;
            const superseded = isLatest &&
              events.some((later) => later.id === event.id && numberOf(later) > number);
            if (superseded) continue;
            missing++;
            const next = numbers.findIndex((heard) => heard > number);
            assert(
              next < 0 ? gaps() > 0 : (gapsBefore[next] ?? 0) > 0,
              `event ${number} is missing, and no gap was told`,
            );
          }
          const isPlain = from === "now" ||
            (typeof from === "string" && published.some(({ at }) => at === from));
          if (missing === 0 && isPlain && !unsure.has(topic.type)) {
            assertEquals(gaps(), 0, "a gap was told, though nothing is missing");
          }
          const last = own.at(-1);
          if (events.length > 0 && position() !== undefined) {
            assert(history.isAfter(events.at(-1)?.at ?? "", position() ?? "") === false);
          }
          // Live by now.
          if (last !== undefined && numberOf(last) > began && gaps() === 0) {
            assertEquals(numbers.at(-1), numberOf(last));
          }
        }
        await pubsub.close();
      },
    ),
    { numRuns: 1000 },
  );
});
