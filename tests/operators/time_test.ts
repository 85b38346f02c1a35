// Operators with timers, on a fake clock.
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { install } from "@sinonjs/fake-timers";
import {
  batch,
  debounce,
  groupBy,
  join,
  mergeMap,
  type OperatorIterator,
  pipe,
  throttle,
  timeout,
  toArray,
  window,
} from "@alkdev/pubsub";
import { blockFor } from "../support/block_for.ts";
import { ManualSource } from "../support/operators/manual_source.ts";

type InstalledClock = ReturnType<typeof install>;

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };

/**
 * Makes `performance.now()` nearly stand still, as a fast machine would, and returns the function that undoes it. If it
 * stood still, the runner would wait for ever.
 */
function slowDownClock(): () => void {
  const { now } = performance;
  const start = now.call(performance);
  performance.now = () => start + (now.call(performance) - start) / 10_000;
  return () => void (performance.now = now);
}

/** Runs a test with timers that the test moves, with and without `performance.now()`. Fails if a timer is left. */
function timed(name: string, test: (clock: InstalledClock) => Promise<void>): void {
  for (const toFake of [["performance"], []] as const) {
    Deno.test(`${name}${toFake.length === 0 ? ", by its timers alone" : ""}`, async () => {
      const restore = toFake.length === 0 ? slowDownClock() : undefined;
      const clock = install({ toFake: ["setTimeout", "clearTimeout", ...toFake] });
      try {
        await test(clock);
        assertEquals(clock.countTimers(), 0);
      } finally {
        clock.uninstall();
        restore?.();
      }
    });
  }
}

/** Reads to the end, and returns the values with their times. */
function record(clock: InstalledClock, values: OperatorIterator<unknown>): [at: number, value: unknown][] {
  const heard: [number, unknown][] = [];
  void (async () => {
    try {
      for await (const value of values) heard.push([clock.now, value]);
      heard.push([clock.now, "done"]);
    } catch (error) {
      heard.push([clock.now, error instanceof Error ? error.message : error]);
    }
  })();
  return heard;
}

/** Pushes values at the given times. */
async function play(
  clock: InstalledClock,
  source: ManualSource<number>,
  times: readonly number[],
): Promise<void> {
  for (const time of times) {
    await clock.tickAsync(time - clock.now);
    source.push(time);
  }
  await clock.tickAsync(0);
}

timed("batch gives what it has when its first value has waited for long enough", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, batch({ size: 3, maxWaitMs: 100 })));
  await play(clock, source, [10, 50, 200, 210, 220, 230]);
  await clock.tickAsync(1000);
  source.push(1);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[110, [10, 50]], [220, [200, 210, 220]], [330, [230]], [1230, [1]], [1230, "done"]]);
});

timed("batch gives what it has before an error, and keeps what comes while nobody waits", async (clock) => {
  const source = new ManualSource<number>();
  const values = pipe(source, batch<number>({ size: 2, maxWaitMs: 100 }));
  const first = values.next();
  source.push(1);
  await clock.tickAsync(100);
  assertEquals(await first, { value: [1], done: false });
  // It had requested one more value before the time was over, and requests the rest of the batch that has begun.
  source.push(2);
  await clock.tickAsync(100);
  assertEquals([await values.next(), source.asked], [{ value: [2], done: false }, 3]);
  source.push(3);
  source.fail(new Error("lost"));
  assertEquals(await values.next(), { value: [3], done: false });
  await assertRejects(() => values.next(), Error, "lost");
});

timed("batch gives a busy reader one batch for each burst", async (clock) => {
  const source = new ManualSource<number>();
  const values = pipe(source, batch<number>({ size: 100, maxWaitMs: 20 }));
  const sizes: (number | undefined)[] = [];
  for (let burst = 0; burst < 15; burst++) {
    const next = values.next();
    // The first burst comes to a waiting reader, the others to a busy one.
    if (burst === 0) source.push(...Array(50).keys());
    await clock.tickAsync(20);
    sizes.push((await next).value?.length);
    source.push(...Array(50).keys());
    await clock.tickAsync(100);
  }
  assertEquals(sizes, Array(15).fill(50));
  await values.return();
});

timed(
  "batch that is full while the reader is busy waits for it, and requests nothing more",
  async (clock) => {
    const source = new ManualSource<number>();
    const values = pipe(source, batch<number>({ size: 3, maxWaitMs: 20 }));
    const first = values.next();
    source.push(1);
    await clock.tickAsync(20);
    source.push(2, 3, 4, 5, 6, 7);
    await clock.tickAsync(1000);
    assertEquals([(await first).value, source.asked], [[1], 4]);
    assertEquals((await values.next()).value, [2, 3, 4]);
    await clock.tickAsync(1000);
    assertEquals(source.asked, 4);
    assertEquals((await values.next()).value, [5, 6, 7]);
    await values.return();
  },
);

timed("batch keeps no timer when it has nothing to give", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, batch({ size: 2, maxWaitMs: 100 })));
  source.push(1, 2);
  await clock.tickAsync(0);
  assertEquals([heard, clock.countTimers()], [[[0, [1, 2]]], 0]);
  source.end();
  await clock.tickAsync(0);
});

timed("batch without a time waits until it is full", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, batch()));
  source.push(...Array(150).keys());
  await clock.tickAsync(100_000);
  assertEquals(heard.map(([, value]) => (value as number[]).length), [100]);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard.map(([, value]) => (value as number[]).length).slice(0, 2), [100, 50]);
});

timed("window of a time tumbles, and leaves out empty windows", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, window({ durationMs: 100 })));
  await play(clock, source, [0, 50, 99, 100, 150, 500, 510]);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[100, [0, 50, 99]], [200, [100, 150]], [510, [500, 510]], [510, "done"]]);
});

timed("window of a time slides", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, window({ durationMs: 100, stepMs: 50 })));
  await play(clock, source, [0, 40, 60, 120]);
  await clock.tickAsync(1000);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [
    [50, [0, 40]],
    [100, [0, 40, 60]],
    [150, [60, 120]],
    [200, [120]],
    [1120, "done"],
  ]);
});

timed("window of a time keeps at most its capacity, and requests more when values expire", async (clock) => {
  const source = new ManualSource<number>();
  source.push(1, 2, 3, 4, 5);
  const heard = record(clock, pipe(source, window({ durationMs: 100, capacity: 2 })));
  await clock.tickAsync(0);
  assertEquals(source.asked, 2);
  source.end();
  await clock.tickAsync(1000);
  assertEquals(heard, [[100, [1, 2]], [200, [3, 4]], [200, [5]], [200, "done"]]);
});

timed("window of a time yields the rest once, at the end and before an error", async (clock) => {
  for (const isLost of [false, true]) {
    const source = new ManualSource<number>();
    const start = clock.now;
    const heard = record(clock, pipe(source, window({ durationMs: 100, stepMs: 50 })));
    await play(clock, source, [0, 40, 60, 110].map((time) => start + time));
    if (isLost) source.fail(new Error("lost"));
    else source.end();
    await clock.tickAsync(0);
    assertEquals(heard.map(([, value]) => value), [
      [start, start + 40],
      [start, start + 40, start + 60],
      [start + 110],
      isLost ? "lost" : "done",
    ]);
  }
});

timed("window of a time leaves out values older than its duration", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, window({ durationMs: 50, stepMs: 100 })));
  await play(clock, source, [0, 300, 360, 399, 420, 480]);
  await clock.tickAsync(1000);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[400, [360, 399]], [520, [480]], [1480, "done"]]);
});

timed("window of a time counts whole milliseconds, and loses none", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, window({ durationMs: 99.5 })));
  await clock.tickAsync(10.5);
  source.push(1);
  await clock.tickAsync(99);
  assertEquals(heard, []);
  await clock.tickAsync(1);
  assertEquals(heard.map(([, value]) => value), [[1]]);
  source.end();
  await clock.tickAsync(0);
});

timed("a full window of a time requests again for all pending calls", async (clock) => {
  const source = new ManualSource<number>();
  source.push(1, 2, 3);
  const values = pipe(source, window<number>({ durationMs: 100, stepMs: 50, capacity: 2 }));
  const next = [values.next(), values.next(), values.next()];
  await clock.tickAsync(1000);
  assertEquals((await Promise.all(next)).map(({ value }) => value), [[1, 2], [1, 2], [3]]);
  await values.return();
});

Deno.test("throttle keeps its interval after a late timer", async () => {
  const source = new ManualSource<number>();
  const values = pipe(source, throttle(20, { trailing: true }));
  const first = values.next();
  source.push(1, 2);
  await new Promise((resolve) => setTimeout(resolve, 0));
  blockFor(50);
  const next = [values.next(), values.next()];
  // The time is over, and the timer has not fired.
  source.push(3, 4);
  const given = [await first, await next[0]].map((result) => result?.value);
  const since = performance.now();
  assertEquals([...given, (await next[1])?.value], [1, 3, 4]);
  // The clock and the timer may differ by a little.
  assert(performance.now() - since > 10, "the last one came too early");
  await values.return();
});

Deno.test("debounce counts its silence from the last value, also while the event loop is busy", async () => {
  const source = new ManualSource<number>();
  const values = pipe(source, debounce(30));
  const next = values.next();
  source.push(1);
  for (let i = 0; i < 20; i++) await Promise.resolve();
  // No timer fires meanwhile.
  blockFor(20);
  source.push(2);
  const since = performance.now();
  assertEquals((await next).value, 2);
  assert(performance.now() - since > 25, "the value came too early");
  await values.return();
});

Deno.test("a late timer puts no value into the wrong window", async () => {
  const source = new ManualSource<number>();
  const values = pipe(source, window<number>({ durationMs: 20 }));
  const next = [values.next(), values.next()];
  source.push(1);
  await new Promise((resolve) => setTimeout(resolve, 0));
  blockFor(50);
  source.push(2);
  assertEquals((await Promise.all(next)).map(({ value }) => value), [[1], [2]]);
  const rest = values.next();
  // No window is pending.
  await new Promise((resolve) => setTimeout(resolve, 50));
  source.end();
  assertEquals(await rest, DONE);
});

timed("throttle yields one value per interval", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, throttle(100)));
  await play(clock, source, [10, 50, 109, 110, 150, 300, 350]);
  // The timer is the end of the interval. It holds back no value.
  assertEquals(clock.countTimers(), 1);
  await clock.tickAsync(50);
  assertEquals(clock.countTimers(), 0);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[10, 10], [110, 110], [300, 300], [400, "done"]]);
});

timed("throttle yields the trailing value too, if asked", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, throttle(100, { trailing: true })));
  await play(clock, source, [10, 50, 60, 150, 400, 450]);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[10, 10], [110, 60], [210, 150], [400, 400], [450, 450], [450, "done"]]);
});

timed("throttle yields the newest value to a slow reader", async (clock) => {
  const source = new ManualSource<number>();
  const values = pipe(source, throttle(100));
  const first = values.next();
  await play(clock, source, [0, 100, 200, 300]);
  assertEquals([(await first).value, (await values.next()).value], [0, 300]);
  await values.return();
});

timed("debounce yields values that silence follows, and the last value", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, debounce(100)));
  await play(clock, source, [10, 50, 140, 300, 500, 550]);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[240, 140], [400, 300], [550, 550], [550, "done"]]);
});

timed("debounce yields the newest value to a slow reader", async (clock) => {
  const source = new ManualSource<number>();
  const values = pipe(source, debounce(10));
  const first = values.next();
  await play(clock, source, [0, 100, 200]);
  await clock.tickAsync(100);
  assertEquals([(await first).value, (await values.next()).value], [0, 200]);
  await values.return();
});

timed(
  "debounce yields the newest value after maxWaitMs, and waits anew from the next value on",
  async (clock) => {
    const source = new ManualSource<number>();
    const heard = record(clock, pipe(source, debounce(100, { maxWaitMs: 250 })));
    await play(clock, source, [0, 90, 180, 240, 300, 390, 480, 540, 560, 1000]);
    await clock.tickAsync(1000);
    source.push(2000);
    source.end();
    await clock.tickAsync(0);
    assertEquals(heard, [[250, 240], [550, 540], [660, 560], [1100, 1000], [2000, 2000], [2000, "done"]]);
  },
);

timed("debounce keeps no timer when it holds back nothing", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, debounce(100, { maxWaitMs: 1000 })));
  source.push(1);
  await clock.tickAsync(100);
  assertEquals([heard, clock.countTimers()], [[[100, 1]], 0]);
  source.end();
  await clock.tickAsync(0);
});

timed("debounce with a maxWaitMs below its silence yields after maxWaitMs", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, debounce(100, { maxWaitMs: 10 })));
  await play(clock, source, [0, 5, 20]);
  await clock.tickAsync(1000);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[10, 5], [30, 20], [1020, "done"]]);
});

timed(
  "groupBy ends a group that is idle, and opens a new one for the next value of its key",
  async (clock) => {
    const source = new ManualSource<number>();
    const groups = pipe(source, groupBy((value) => value % 2, { idleMs: 100 }));
    const heard = record(
      clock,
      pipe(groups, mergeMap(({ key, values }) => pipe(values, toArray()).then((all) => [[key, all]]))),
    );
    await play(clock, source, [0, 90, 91, 180, 200, 400]);
    await clock.tickAsync(1000);
    source.end();
    await clock.tickAsync(0);
    assertEquals(heard, [
      [191, [1, [91]]],
      [300, [0, [0, 90, 180, 200]]],
      [500, [0, [400]]],
      [1400, "done"],
    ]);
  },
);

timed("a group that has ended needs no timer for values that are dropped", async (clock) => {
  const source = new ManualSource<number>();
  const groups = pipe(source, groupBy(() => 0, { idleMs: 100, capacity: 1 }));
  const next = [groups.next(), groups.next()];
  source.push(1, 2, 3);
  await clock.tickAsync(1);
  assertEquals([(await next[0])?.value?.key, clock.countTimers()], [0, 0]);
  await groups.return();
  assertEquals(await next[1], DONE);
});

timed("an idle group that is not read keeps its values, and counts until they are read", async (clock) => {
  const source = new ManualSource<number>();
  const groups = pipe(source, groupBy((value) => value % 2, { idleMs: 100, maxGroups: 2 }));
  const next = [groups.next(), groups.next()];
  const third = groups.next().catch((error: unknown) => error);
  source.push(1);
  await clock.tickAsync(200);
  source.push(3);
  await clock.tickAsync(200);
  const [first, second] = await Promise.all(next);
  assertEquals([first?.value?.key, second?.value?.key], [1, 1]);
  source.push(5);
  assert(await third instanceof RangeError);
  assert(first?.value !== undefined && second?.value !== undefined);
  assertEquals(await pipe(first.value.values, toArray()), [1]);
  assertEquals(await pipe(second.value.values, toArray()), [3]);
});

timed("timeout counts only the time that a reader waits", async (clock) => {
  const source = new ManualSource<number>("hangs");
  const values = pipe(source, timeout(100));
  const first = values.next();
  await play(clock, source, [99]);
  assertEquals((await first).value, 99);
  await clock.tickAsync(1000);
  assertEquals([clock.countTimers(), source.returned], [0, 0]);
  const waiting = values.next().catch((error: unknown) => error);
  const behind = values.next();
  await clock.tickAsync(100);
  const error = await waiting;
  assertEquals(error instanceof DOMException && [error.name, error.message], [
    "TimeoutError",
    "No value came within 100 ms",
  ]);
  assertEquals([await behind, await values.next(), source.returned], [DONE, DONE, 1]);
});

timed("join drops each value when its own time is over", async (clock) => {
  const [left, right] = [new ManualSource<number>(), new ManualSource<number>()];
  const key = (value: number): number => value % 10;
  const heard = record(clock, pipe(left, join(right, { leftKey: key, rightKey: key, withinMs: 100 })));
  left.push(1);
  await clock.tickAsync(60);
  left.push(2, 3);
  await clock.tickAsync(50);
  right.push(11, 12);
  await clock.tickAsync(60);
  right.push(13);
  await clock.tickAsync(0);
  assertEquals(heard, [[110, [2, 12]]]);
  // The two values of the other source that are not too old.
  assertEquals(clock.countTimers(), 2);
  left.push(1, 3);
  await clock.tickAsync(0);
  assertEquals(heard.slice(1), [[170, [1, 11]], [170, [3, 13]]]);
  assertEquals(clock.countTimers(), 0);
  left.end();
  right.end();
  await clock.tickAsync(0);
});

timed("join keeps values of a moment whose other values have found a partner", async (clock) => {
  const [left, right] = [new ManualSource<number>(), new ManualSource<number>()];
  const key = (value: number): number => value % 10;
  const pairs = pipe(left, join(right, { leftKey: key, rightKey: key, withinMs: 100 }));
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  const next = [pairs.next(), pairs.next(), pairs.next()];
  for (const source of [left, right, left]) {
    source.push(source === left ? 1 : 11);
    await settle();
  }
  await clock.tickAsync(50);
  right.push(21);
  await clock.tickAsync(0);
  const heard = await Promise.all(next.slice(0, 2));
  assertEquals(heard.map(({ value }) => value), [[1, 11], [1, 21]]);
  assertEquals(clock.countTimers(), 0);
  await pairs.return();
  assertEquals(await next[2], DONE);
});

timed("join that is returned by its key function sets no timer", async (clock) => {
  const source = new ManualSource<number>();
  source.push(1);
  const pairs: OperatorIterator<unknown> = join<number, number>([], {
    leftKey: () => void pairs.return(),
    rightKey: () => 0,
  })(source);
  assertEquals(await pairs.next(), DONE);
  assertEquals(clock.countTimers(), 0);
});

timed("window of a time that is no multiple of its step knows where each window begins", async (clock) => {
  const source = new ManualSource<number>();
  const heard = record(clock, pipe(source, window({ durationMs: 80, stepMs: 50 })));
  await play(clock, source, [0, 15, 30, 60, 75, 110]);
  await clock.tickAsync(1000);
  source.end();
  await clock.tickAsync(0);
  assertEquals(heard, [
    [50, [0, 15, 30]],
    [100, [30, 60, 75]],
    [150, [75, 110]],
    [1110, "done"],
  ]);
});

timed("join drops values that find no partner in time", async (clock) => {
  const [left, right] = [new ManualSource<number>(), new ManualSource<number>()];
  const key = (value: number): number => value % 2;
  const heard = record(clock, pipe(left, join(right, { leftKey: key, rightKey: key, withinMs: 100 })));
  left.push(0, 1);
  await clock.tickAsync(100);
  right.push(10);
  await clock.tickAsync(1);
  right.push(11);
  await clock.tickAsync(0);
  left.end();
  right.end();
  await clock.tickAsync(0);
  assertEquals(heard, [[100, [0, 10]], [101, "done"]]);
});

const OPERATORS: Record<
  string,
  (source: ManualSource<number>, signal: AbortSignal) => OperatorIterator<unknown>
> = {
  batch: (source, signal) => batch<number>({ size: 9, maxWaitMs: 100, signal })(source),
  window: (source, signal) => window<number>({ durationMs: 100, stepMs: 10, signal })(source),
  throttle: (source, signal) => throttle<number>(100, { trailing: true, signal })(source),
  debounce: (source, signal) => debounce<number>(100, { signal })(source),
  "debounce with a maxWaitMs": (source, signal) => debounce<number>(100, { maxWaitMs: 1000, signal })(source),
  "groupBy with idleMs": (source, signal) => groupBy(() => 0, { idleMs: 100, signal })(source),
  join: (source, signal) => join<number, number>([], { leftKey: () => 0, signal })(source),
  timeout: (source, signal) => timeout<number>(100, { signal })(source),
};

for (const [name, apply] of Object.entries(OPERATORS)) {
  timed(`${name} clears its timer at each end`, async (clock) => {
    const exits:
      ((source: ManualSource<number>, values: OperatorIterator<unknown>, abort: () => void) => void)[] = [
        (source) => source.end(),
        (source) => source.fail(new Error("lost")),
        (_, values) => void values.return(),
        (_source, _values, abort) => abort(),
      ];
    for (const exit of exits) {
      const source = new ManualSource<number>();
      const controller = new AbortController();
      const values = apply(source, controller.signal);
      const results = [values.next(), values.next()].map((next) => next.catch(() => undefined));
      source.push(1, 2);
      await clock.tickAsync(0);
      if (name === "timeout") {
        await Promise.all(results);
        results.push(values.next().catch(() => undefined));
      }
      assertEquals(clock.countTimers(), name === "debounce with a maxWaitMs" ? 2 : 1);
      exit(source, values, () => controller.abort());
      await clock.tickAsync(0);
      assertEquals(clock.countTimers(), 0);
    }
  });
}

Deno.test("invalid times and bounds throw at the call", () => {
  // The types forbid these, but untyped callers can pass them.
  const wrong = (value: unknown): never => value as never;
  for (const value of [0, -1, NaN, Infinity, 2 ** 31, "1", null]) {
    assertThrows(() => batch({ maxWaitMs: wrong(value) }), RangeError);
    assertThrows(() => window({ durationMs: wrong(value) }), RangeError);
    assertThrows(() => window({ durationMs: wrong(value), stepMs: 1 }), RangeError);
    assertThrows(() => window({ durationMs: 1, stepMs: wrong(value) }), RangeError);
    assertThrows(() => throttle(wrong(value)), RangeError);
    assertThrows(() => debounce(1, { maxWaitMs: wrong(value) }), RangeError);
    assertThrows(() => groupBy(String, { idleMs: wrong(value) }), RangeError);
    assertThrows(() => debounce(wrong(value)), RangeError);
    assertThrows(() => timeout(wrong(value)), RangeError);
  }
  for (const value of [0, -1, 1.5, NaN, Infinity, "1", null]) {
    assertThrows(() => batch({ size: wrong(value) }), RangeError);
    assertThrows(() => window({ durationMs: 1, capacity: wrong(value) }), RangeError);
  }
  for (const signal of [null, 5, {}].map(wrong)) {
    assertThrows(() => batch({ signal }), TypeError, "AbortSignal");
    assertThrows(() => window({ durationMs: 1, signal }), TypeError, "AbortSignal");
    assertThrows(() => throttle(1, { signal }), TypeError, "AbortSignal");
    assertThrows(() => debounce(1, { signal }), TypeError, "AbortSignal");
    assertThrows(() => timeout(1, { signal }), TypeError, "AbortSignal");
  }
});
