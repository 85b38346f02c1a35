// Operators with timers under the fake timers of node:test, which leave performance.now() alone.
import { assertEquals } from "@std/assert";
import { mock } from "node:test";
import {
  batch,
  createPubSub,
  debounce,
  groupBy,
  join,
  map,
  mergeMap,
  type OperatorIterator,
  pipe,
  reduce,
  throttle,
  timeout,
  window,
} from "@alkdev/pubsub";

type Apis = NonNullable<Parameters<typeof mock.timers.enable>[0]>["apis"] | undefined;

/** Lets values pass through operators, without a timer. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** Moves the time in steps, so that what a timer causes has its time. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    mock.timers.tick(50);
    await settle();
  }
}

/** Reads to the end, into an array that is returned at once. */
function record(values: OperatorIterator<unknown>): unknown[] {
  const heard: unknown[] = [];
  void (async () => {
    try {
      for await (const value of values) heard.push(value);
    } catch (error) {
      heard.push(error instanceof Error ? error.name : error);
    }
  })();
  return heard;
}

const CLOCKS: [name: string, apis: Apis][] = [
  ["setTimeout alone", ["setTimeout"]],
  ["setTimeout and Date", ["setTimeout", "Date"]],
  ["all timers and Date", undefined],
];

for (const [name, apis] of CLOCKS) {
  Deno.test(`operators with timers work under fake timers: ${name}`, async () => {
    mock.timers.enable(apis === undefined ? undefined : { apis });
    try {
      const pubsub = createPubSub<{ typed: string; asked: string; answered: string }>();
      const typed = () => pipe(pubsub.subscribe("typed"), map(({ payload }) => payload));
      const payloads = map((pair: { payload: string }[]) => pair.map(({ payload }) => payload));
      const asked = () => pubsub.subscribe("asked");
      const heard = {
        debounce: record(pipe(typed(), debounce(1000))),
        maxWait: record(pipe(typed(), debounce(1000, { maxWaitMs: 800 }))),
        throttle: record(pipe(typed(), throttle(1000))),
        trailing: record(pipe(typed(), throttle(1000, { trailing: true }))),
        tumbling: record(pipe(typed(), window({ durationMs: 1000 }))),
        sliding: record(pipe(typed(), window({ durationMs: 1000, stepMs: 700 }))),
        batch: record(pipe(typed(), batch({ maxWaitMs: 1000 }))),
        timeout: record(pipe(typed(), timeout(3000))),
        join: record(pipe(asked(), join(pubsub.subscribe("answered"), { withinMs: 1000 }), payloads)),
        groups: record(pipe(
          typed(),
          groupBy(() => "all", { idleMs: 1000 }),
          mergeMap(async ({ values }) => [await pipe(values, reduce((all, value) => `${all}${value} `, ""))]),
        )),
      };
      await settle();
      pubsub.publish("asked", "early", "?");
      for (const [text, ms] of [["s", 600], ["se", 600], ["sea", 2000], ["x", 5000]] as const) {
        if (text === "sea") pubsub.publish("asked", "late", "??");
        pubsub.publish("typed", "1", text);
        await settle();
        if (text === "sea") {
          // 1,200 ms after the first question, 0 ms after the second.
          pubsub.publish("answered", "early", "!");
          pubsub.publish("answered", "late", "!!");
        }
        await pass(ms);
      }
      assertEquals(heard, {
        debounce: ["sea", "x"],
        maxWait: ["se", "sea", "x"],
        throttle: ["s", "sea", "x"],
        trailing: ["s", "se", "sea", "x"],
        tumbling: [["s", "se"], ["sea"], ["x"]],
        sliding: [["s", "se"], ["se", "sea"], ["sea"], ["x"]],
        batch: [["s", "se"], ["sea"], ["x"]],
        timeout: ["s", "se", "sea", "x", "TimeoutError"],
        join: [["??", "!!"]],
        groups: ["s se sea ", "x "],
      });
      await pubsub.close();
      await settle();
    } finally {
      mock.timers.reset();
    }
  });
}
