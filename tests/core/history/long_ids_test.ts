import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createInProcessEventTarget, type HistoryCursor, type HistoryFrom } from "@alkdev/pubsub";
import { createMemoryHistory } from "@alkdev/pubsub/history";

const count = fc.integer({ min: 0, max: 100 });
const plan = fc.record({
  perId: fc.oneof(fc.integer({ min: 2, max: 80 }), fc.constantFrom(31, 32, 33, 64)),
  steps: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("publish" as const), id: fc.constantFrom("a", "b"), count }),
      fc.record({ kind: fc.constant("forget" as const), id: fc.constantFrom("a", "b") }),
      fc.record({
        kind: fc.constantFrom("start" as const, "last" as const, "after" as const, "floor" as const),
        id: fc.constantFrom("a", "b", undefined),
        count,
        maxReplay: fc.option(count, { nil: undefined }),
        isExact: fc.boolean(),
      }),
    ),
    { minLength: 10, maxLength: 30 },
  ),
});

Deno.test("an id with many events is read from any of them, and its last events are found", () => {
  fc.assert(
    fc.property(plan, ({ perId, steps }) => {
      const history = createMemoryHistory({ log: { perId } });
      const target = createInProcessEventTarget({ history });
      const head = (): string => history.head({ type: "log", id: undefined });
      const positions = [head()];
      let kept: { id: string; n: number }[] = [];
      let floor: Record<string, number> = { a: 0, b: 0 };
      for (const step of steps) {
        if (step.kind === "publish" || step.kind === "forget") {
          if (step.kind === "forget") history.forget("log", step.id);
          for (let i = 0; step.kind === "publish" && i < step.count; i++) {
            const n = positions.length;
            target.publish({ type: "log", id: step.id, payload: n });
            positions.push(head());
            kept.push({ id: step.id, n });
          }
          const own = kept.filter(({ id }) => id === step.id);
          const gone = new Set(step.kind === "forget" ? own : own.slice(0, -perId));
          floor = { ...floor, [step.id]: Math.max(floor[step.id] ?? 0, ...[...gone].map(({ n }) => n)) };
          kept = kept.filter((event) => !gone.has(event));
          continue;
        }
        const { id } = step;
        const floorOf = id === undefined ? Math.max(...Object.values(floor)) : floor[id] ?? 0;
        const isPosition = step.kind === "after" || step.kind === "floor";
        const after = step.kind === "floor" ? floorOf : Math.max(0, positions.length - 1 - step.count);
        const from: HistoryFrom = step.kind === "start"
          ? "start"
          : step.kind === "last"
          ? { last: step.count + 1 }
          : positions[after] ?? "";
        const wanted = kept.filter((event) =>
          (id === undefined || event.id === id) && (!isPosition || event.n > after)
        );
        const last = step.kind === "last" ? wanted.slice(-step.count - 1) : wanted;
        const maxReplay = step.isExact ? last.length : step.maxReplay;
        const isTooMany = maxReplay !== undefined && last.length > maxReplay;
        const isLost = isPosition && (after < floorOf || isTooMany);
        const expected = isLost ? [] : last.slice(last.length - Math.min(last.length, maxReplay ?? Infinity));
        const read: unknown[] = [];
        let next: HistoryFrom | HistoryCursor = from;
        const bounds = { maxEvents: 7, maxBytes: Infinity, ...(maxReplay !== undefined && { maxReplay }) };
        for (let isDone = false; !isDone;) {
          const page = history.read({ type: "log", id }, next, bounds);
          read.push(...page.events.map(({ payload }) => payload));
          next = page.next;
          isDone = page.done;
        }
        assertEquals(read, expected.map(({ n }) => n));
      }
    }),
    { numRuns: 500 },
  );
});
