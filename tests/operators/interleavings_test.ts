// The laws hold for every order of events.
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { mergeMap, pipe, share, switchMap, take } from "@alkdev/pubsub";
import { unhandledRejections } from "../support/unhandled_rejections.ts";
import { ManualSource, ReopenedSource, type ReturnMode } from "../support/operators/manual_source.ts";
import { SUBJECTS } from "../support/operators/subjects.ts";

const SEED = 20_261_121;

type Act = "next" | "push" | "turn" | "end" | "fail" | "return" | "abort";

const acts = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Act>("next", "push", "turn") },
    { weight: 1, arbitrary: fc.constantFrom<Act>("end", "fail", "return", "abort") },
  ),
  { maxLength: 40 },
);

const modes = fc.constantFrom<ReturnMode>("resolves", "hangs", "rejects", "throws");
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

for (const { name, apply, withSignal, oneToOne } of SUBJECTS) {
  Deno.test(`${name} keeps the laws in every order of events`, async () => {
    const unhandled = await unhandledRejections(() =>
      fc.assert(
        fc.asyncProperty(acts, modes, async (acts, mode) => {
          const source = new ManualSource<number>(mode);
          const controller = new AbortController();
          const values = withSignal === undefined ? apply(source) : withSignal(source, controller.signal);
          const results: string[] = [];
          const order: number[] = [];
          const endings: Promise<unknown>[] = [];
          let [pushed, asked] = [0, 0];
          let [closed, left] = [false, false];
          for (const act of acts) {
            if (act === "next") {
              const index = asked++;
              void values.next().then(({ done }) => done ? "done" : "value", () => "error").then((result) => {
                results[index] = result;
                order.push(index);
              });
            } else if (act === "push" && !closed) source.push(pushed++);
            else if (act === "turn") await turn();
            else if (act === "end" || act === "fail") {
              if (act === "end") source.end();
              else source.fail(new Error("lost"));
              closed = true;
            } else if (act === "return") {
              endings.push(values.return().catch(() => {}));
              left = true;
            } else if (act === "abort" && withSignal !== undefined) {
              controller.abort();
              left = true;
            }
          }
          void values.return().catch(() => {});
          await turn();
          await turn();
          // Each next() is answered once.
          assertEquals(order.length, asked);
          assert(source.returned <= 1, "it is returned once");
          // After the last value comes at most one error, then the end.
          const told = results.filter((result) => result !== "value");
          assert(told.slice(1).every((result) => result === "done"), told.join());
          const firstEnd = results.findIndex((result) => result !== "value");
          const last = results.lastIndexOf("value");
          assert(firstEnd < 0 || last < firstEnd, results.join());
          if (!closed && (asked > 0 || left)) assertEquals(source.returned, 1);
          if (oneToOne === true && withSignal === undefined) {
            assert(results.filter((result) => result === "value").length <= pushed);
            assertEquals(order, [...order].sort((a, b) => a - b));
          }
          if (mode !== "hangs") await Promise.all(endings);
        }),
        { seed: SEED, numRuns: 60 },
      )
    );
    assertEquals(unhandled, []);
  });
}

Deno.test("readers of share start and end in every order, and no reader misses a value", async () => {
  const step = fc.record({
    act: fc.constantFrom("push", "join", "read", "leave", "turn"),
    reader: fc.nat({ max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const source = new ManualSource<number>();
      const shared = pipe(source, share({ capacity: 1000 }));
      const held = shared[Symbol.asyncIterator]();
      const readers = [{ values: held, heard: [] as number[], left: false }];
      let pushed = 0;
      for (const { act, reader } of steps) {
        const chosen = readers[reader % readers.length];
        assert(chosen !== undefined);
        if (act === "push") source.push(pushed++);
        else if (act === "join") {
          readers.push({ values: shared[Symbol.asyncIterator](), heard: [], left: false });
        } else if (act === "read") {
          void chosen.values.next().then(({ value }) => value === undefined || chosen.heard.push(value));
        } else if (act === "leave" && chosen.values !== held) {
          chosen.left = true;
          await chosen.values.return();
        } else await turn();
      }
      await turn();
      for (const { heard } of readers) {
        // No value is missing, and none comes twice.
        assertEquals(heard, heard.map((_, i) => (heard[0] ?? 0) + i));
      }
      assertEquals(source.returned, 0);
      for (const { values } of readers) await values.return();
      assertEquals(source.returned, 1);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("share opens its source again in every order of readers, and never twice at the same time", async () => {
  const step = fc.record({
    act: fc.constantFrom("push", "join", "join", "read", "read", "leave", "end", "fail", "turn"),
    reader: fc.nat({ max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const source = new ReopenedSource();
      const shared = pipe(source, share({ capacity: 1000 }));
      const readers: { values: AsyncIterator<number>; heard: number[] }[] = [];
      const over = new Set<ManualSource<number>>();
      let pushed = 0;
      for (const { act, reader } of steps) {
        const current = source.opened.at(-1);
        assert(current !== undefined);
        const chosen = readers[reader % readers.length];
        if (act === "push") current.push(pushed++);
        else if (act === "end" || act === "fail") {
          if (act === "end") current.end();
          else current.fail(new Error("lost"));
          over.add(current);
          await turn();
        } else if (act === "join") readers.push({ values: shared[Symbol.asyncIterator](), heard: [] });
        else if (act === "read" && chosen !== undefined) {
          void chosen.values.next().then(
            ({ value }) => value === undefined || chosen.heard.push(value),
            () => {},
          );
        } else if (act === "leave") await chosen?.values.return?.();
        else await turn();
        const open = source.opened.filter((each) => each.returned === 0 && !over.has(each));
        assert(open.length <= 1, "at most one is open");
        for (const { returned } of source.opened) assert(returned <= 1, "each is returned once");
      }
      await turn();
      for (const { heard } of readers) assertEquals(heard, heard.map((_, i) => (heard[0] ?? 0) + i));
      await shared.return();
      for (const each of source.opened) assertEquals(over.has(each) || each.returned === 1, true);
    }),
    { seed: SEED, numRuns: 60 },
  );
});

for (
  const [name, limit, operator] of [
    ["mergeMap", 2, mergeMap((source: ManualSource<number>) => source, { concurrency: 2 })],
    [
      "mergeMap to promises",
      2,
      mergeMap((source: ManualSource<number>) => Promise.resolve(source), { concurrency: 2 }),
    ],
    ["switchMap", 1, switchMap((source: ManualSource<number>) => source)],
    ["switchMap to promises", 1, switchMap((source: ManualSource<number>) => Promise.resolve(source))],
  ] as const
) {
  Deno.test(`${name} returns each source once, and keeps the order of each, in every order of events`, async () => {
    const step = fc.record({
      act: fc.constantFrom("next", "next", "next", "outer", "push", "push", "end", "fail", "turn", "turn"),
      of: fc.nat({ max: 5 }),
    });
    const unhandled = await unhandledRejections(() =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 60 }), modes, async (steps, mode) => {
          const outer = new ManualSource<ManualSource<number>>();
          const inner: ManualSource<number>[] = [];
          const over = new Set<ManualSource<number>>();
          const values = operator(outer);
          const heard: number[] = [];
          let pushed = 0;
          for (const { act, of } of steps) {
            const chosen = inner[of % inner.length];
            if (act === "next") {
              void values.next().then(({ value }) => value === undefined || heard.push(value), () => {});
            } else if (act === "outer") {
              const source = new ManualSource<number>(mode);
              inner.push(source);
              outer.push(source);
            } else if (act === "turn") await turn();
            else if (chosen === undefined || over.has(chosen)) continue;
            else if (act === "push") chosen.push(1000 * inner.indexOf(chosen) + pushed++);
            else {
              if (act === "end") chosen.end();
              else chosen.fail(new Error("lost"));
              over.add(chosen);
              await turn();
            }
            const open = inner.filter((each) => each.opened > 0 && each.returned === 0 && !over.has(each));
            assert(open.length <= limit, `${open.length} are open`);
          }
          void values.return().catch(() => {});
          await turn();
          for (const { opened, returned } of inner) assert(opened <= 1 && returned <= 1);
          // Whatever has been opened is over: ended, failed or returned.
          for (const each of inner) assert(each.opened === 0 || over.has(each) || each.returned === 1);
          for (const [i] of inner.entries()) {
            const own = heard.filter((value) => Math.floor(value / 1000) === i);
            assertEquals(own, [...own].sort((a, b) => a - b));
          }
        }),
        { seed: SEED, numRuns: 40 },
      )
    );
    assertEquals(unhandled, []);
  });
}

Deno.test("step operators in any order yield what arrays give", async () => {
  const { drop, filter, map, scan, takeWhile, toArray } = await import("@alkdev/pubsub");
  type Op = "filter" | "map" | "take" | "drop" | "takeWhile" | "scan";
  const operators: Record<Op, (n: number) => (values: number[]) => number[]> = {
    filter: (n) => (values) => values.filter((value) => value % (n + 2) !== 0),
    map: (n) => (values) => values.map((value, index) => value * 2 + index + n),
    take: (n) => (values) => values.slice(0, n),
    drop: (n) => (values) => values.slice(n),
    takeWhile: (n) => (values) => {
      const end = values.findIndex((value) => value >= n * 10);
      return end < 0 ? values : values.slice(0, end);
    },
    scan: (n) => (values) => {
      let sum = n;
      return values.map((value) => sum += value);
    },
  };
  const ours: Record<
    Op,
    (n: number, later: boolean) => (source: AsyncIterable<number>) => AsyncIterable<number>
  > = {
    filter: (n, later) => filter((v) => later ? Promise.resolve(v % (n + 2) !== 0) : v % (n + 2) !== 0),
    map: (n, later) => map((v, i) => later ? Promise.resolve(v * 2 + i + n) : v * 2 + i + n),
    take: (n) => take(n),
    drop: (n) => drop(n),
    takeWhile: (n, later) => takeWhile((v) => later ? Promise.resolve(v < n * 10) : v < n * 10),
    scan: (n, later) => scan((sum: number, v: number) => later ? Promise.resolve(sum + v) : sum + v, n),
  };
  const names = fc.constantFrom<Op>("filter", "map", "take", "drop", "takeWhile", "scan");
  const program = fc.array(fc.record({ op: names, n: fc.nat({ max: 6 }), later: fc.boolean() }), {
    maxLength: 6,
  });
  await fc.assert(
    fc.asyncProperty(program, fc.array(fc.nat({ max: 30 })), async (steps, numbers) => {
      const expected = steps.reduce((values, { op, n }) => operators[op](n)(values), numbers);
      // As one pipe of any length, and operator by operator.
      const fns = steps.map(({ op, n, later }) => ours[op](n, later));
      const piped = (pipe as (source: unknown, ...fns: unknown[]) => AsyncIterable<number>)(numbers, ...fns);
      assertEquals(await toArray<number>()(piped), expected);
      const source = (pipe as (source: unknown) => AsyncIterable<number>)(numbers);
      const nested = fns.reduce((values, fn) => fn(values), source);
      assertEquals(await toArray<number>()(nested), expected);
    }),
    { seed: SEED, numRuns: 500 },
  );
});
