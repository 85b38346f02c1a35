// Misbehaviour of sources, callbacks and callers.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  debounce,
  dedupe,
  flat,
  groupBy,
  join,
  map,
  merge,
  type OperatorIterator,
  pipe,
  type Source,
  take,
  takeUntil,
  takeWhile,
  throttle,
  timeout,
  toArray,
} from "@alkdev/pubsub";
import { unhandledRejections } from "../support/unhandled_rejections.ts";
import { ManualSource, type ReturnMode } from "../support/operators/manual_source.ts";
import { SUBJECTS } from "../support/operators/subjects.ts";

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
/** A value that the types forbid, but that untyped callers can pass. */
const wrong = (value: unknown): never => value as never;

/** Whether a promise is settled after a turn of the event loop. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  void promise.then(settle, settle);
  await turn();
  return settled;
}

for (const { name, apply } of SUBJECTS) {
  Deno.test(`${name} ends a source that has no return()`, async () => {
    const values = apply({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) });
    const next = values.next();
    assertEquals([await values.return(), await next, await values.next()], [DONE, DONE, DONE]);
  });

  Deno.test(`${name} refuses an iterable whose iterator method throws or returns no object, at the call`, () => {
    for (const method of [Symbol.asyncIterator, Symbol.iterator]) {
      for (const iterator of [undefined, null, 5]) {
        assertThrows(
          () => apply(wrong({ [method]: () => iterator })),
          TypeError,
          "its iterator method must return an object",
        );
      }
      const throwing = {
        [method]() {
          throw new RangeError("cannot open");
        },
      };
      assertThrows(() => apply(wrong(throwing)), RangeError, "cannot open");
    }
  });

  Deno.test(`${name} treats thenables as promises, and ignores the return value of a source`, async () => {
    const results = [{ value: 1, done: false }, { value: 2, done: true }];
    const values = apply(wrong({
      [Symbol.asyncIterator]: () => ({
        next: () => ({ then: (resolve: (result: unknown) => void) => resolve(results.shift()) }),
        return: () => ({ then: (resolve: (result: unknown) => void) => resolve(DONE) }),
      }),
    }));
    const first = await values.next();
    assertEquals([first.done, (await values.next()).done, await values.next()], [false, true, DONE]);
  });

  Deno.test(`${name} returns an iterator once, also if its promise rejects afterwards`, async () => {
    let returned = 0;
    const { promise, reject } = Promise.withResolvers<number>();
    const numbers: Iterable<Promise<number>> = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: promise, done: false }),
        return: () => {
          returned++;
          return { value: undefined, done: true };
        },
      }),
    };
    const unhandled = await unhandledRejections(async () => {
      const values = apply(wrong(numbers));
      const next = values.next();
      await values.return();
      reject(new Error("late"));
      assertEquals([await next, await values.next()], [DONE, DONE]);
      await turn();
    });
    assertEquals([returned, unhandled], [1, []]);
  });

  Deno.test(`${name} settles each return() when that of its source has settled`, async () => {
    const { promise, resolve } = Promise.withResolvers<IteratorResult<number, undefined>>();
    const values = apply({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: () => promise }),
    });
    const returning = [values.return(), values.return(), values[Symbol.asyncDispose]()];
    for (const each of returning) assert(!await isSettled(each));
    resolve({ value: undefined, done: true });
    await Promise.all(returning);
  });

  Deno.test(`${name} can be read and returned by its own source`, async () => {
    let returned = 0;
    const source = {
      values: undefined as OperatorIterator<unknown> | undefined,
      nested: undefined as Promise<unknown> | undefined,
      [Symbol.asyncIterator]() {
        return this;
      },
      next(): Promise<IteratorResult<number, undefined>> {
        this.nested ??= this.values?.next();
        void this.values?.return();
        return Promise.resolve({ value: 1, done: false });
      },
      return(): Promise<IteratorResult<number, undefined>> {
        returned++;
        void this.values?.return();
        return Promise.resolve({ value: undefined, done: true });
      },
    };
    const values = source.values = apply(source);
    assertEquals([await values.next(), await source.nested, returned], [DONE, DONE, 1]);
  });
}

Deno.test("return() after an error awaits the source, whose own error is dropped", async () => {
  const { promise, reject } = Promise.withResolvers<IteratorResult<number, undefined>>();
  const values = map(() => {
    throw new Error("mine");
  })({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ value: 1, done: false }),
      return: () => promise,
    }),
  });
  await assertRejects(() => values.next(), Error, "mine");
  const returning = values.return();
  assert(!await isSettled(returning));
  reject(new Error("theirs"));
  assertEquals([await returning, await values.next()], [DONE, DONE]);
});

Deno.test("an error without a pending call rejects the next call once, and none after return()", async () => {
  for (const mode of ["resolves", "rejects"] as const) {
    const [source, stop] = [new ManualSource<number>(mode), new ManualSource<string>()];
    const values = takeUntil<number>(stop)(source);
    const error = new Error("lost");
    stop.fail(error);
    await turn();
    assertStrictEquals(await assertRejects(() => values.next()), error);
    assertEquals([await values.next(), await values.return(), await values.next()], [DONE, DONE, DONE]);

    const failing = new ManualSource<string>();
    const left = takeUntil<number>(failing)(new ManualSource<number>(mode));
    failing.fail(error);
    await turn();
    assertEquals([await left.return(), await left.next()], [DONE, DONE]);
  }
});

Deno.test("return() awaits every source, and rejects with an error of any", async () => {
  for (const i of [0, 1]) {
    const merged = (mode: ReturnMode): OperatorIterator<number> => {
      const [one, other] = [new ManualSource<number>(mode), new ManualSource<number>()];
      return i === 0 ? merge(one)(other) : merge(other)(one);
    };
    await assertRejects(() => merged("rejects").return(), Error, "return() failed");
    assert(!await isSettled(merged("hangs").return()));
  }
});

Deno.test("a signal that aborts after the end of the source discards buffered values", async () => {
  const controller = new AbortController();
  const values = throttle<number>(10_000, { trailing: true, signal: controller.signal })([1, 2, 3]);
  assertEquals(await values.next(), { value: 1, done: false });
  await turn();
  controller.abort();
  assertEquals(await values.next(), DONE);
});

Deno.test("a signal also ends a reader that has read buffered values before", async () => {
  const controller = new AbortController();
  const source = new ManualSource<number>();
  const values = throttle<number>(0.001, { signal: controller.signal })(source);
  const first = values.next();
  for (const value of [1, 2]) {
    source.push(value);
    await turn();
  }
  const waiting = [values.next(), values.next()];
  controller.abort();
  const results = await Promise.all([first, ...waiting]);
  assertEquals(results.map(({ value }) => value), [1, 2, undefined]);
});

Deno.test("a time can be as long as a timer supports", async () => {
  const longest = 2 ** 31 - 1;
  const values = [throttle(longest)([1]), debounce(longest)([1]), timeout(longest)([1])];
  for (const each of values) assertEquals(await each.next(), { value: 1, done: false });
});

Deno.test("timeout fails also where there is no DOMException", async () => {
  const { DOMException } = globalThis;
  Reflect.deleteProperty(globalThis, "DOMException");
  try {
    const error = await assertRejects(() => timeout(1)(new ManualSource()).next(), Error, "within 1 ms");
    assertEquals(error.name, "TimeoutError");
  } finally {
    globalThis.DOMException = DOMException;
  }
});

Deno.test("an error of return() at an operator's own end reaches a plain loop", async () => {
  for (const mode of ["throws", "rejects"] as const) {
    const source = new ManualSource<number>(mode);
    source.push(1, 2);
    const heard: number[] = [];
    const loop = async (values: AsyncIterable<number>): Promise<void> => {
      for await (const value of values) heard.push(value);
    };
    assertStrictEquals(await assertRejects(() => loop(take<number>(1)(source))), source.returnError);
    assertEquals(heard, [1]);
  }
  const source = new ManualSource<number>("throws");
  source.push(1);
  assertStrictEquals(
    await assertRejects(() => pipe(source, takeWhile(() => false), toArray())),
    source.returnError,
  );
});

Deno.test("the return value of an iterable is awaited, as by for await", async () => {
  const error = new Error("rejected");
  const unhandled = await unhandledRejections(async () => {
    // deno-lint-ignore require-yield -- its return value is the point
    function* numbers(): Generator<number, Promise<never>> {
      return Promise.reject(error);
    }
    assertStrictEquals(await assertRejects(() => pipe(numbers(), map((n) => n), toArray())), error);
  });
  assertEquals(unhandled, []);
});

Deno.test("takeUntil returns its source if it cannot open the other one", () => {
  const source = new ManualSource<number>();
  const broken: AsyncIterable<number> = {
    [Symbol.asyncIterator]() {
      throw new Error("cannot open");
    },
  };
  assertThrows(() => takeUntil<number>(broken)(source), Error, "cannot open");
  assertEquals(source.returned, 1);
});

Deno.test("flat returns a source that is opened during its end", async () => {
  const inner = new ManualSource<number>();
  const outer = new ManualSource<AsyncIterable<number>>();
  const values = flat<number>()(outer);
  outer.push({
    [Symbol.asyncIterator]: () => {
      void values.return();
      return inner;
    },
  });
  assertEquals([await values.next(), await values.next()], [DONE, DONE]);
  assertEquals([outer.returned, inner.asked, inner.returned], [1, 0, 1]);
});

Deno.test("pipe refuses a value that is not an operator before it opens its source", () => {
  for (const operator of [undefined, null, 5, {}]) {
    const source = new ManualSource<number>();
    assertThrows(() => pipe(source, merge(), wrong(operator)), TypeError, "as an operator");
    assertEquals(source.opened, 0);
  }
});

Deno.test("a promise is refused as a key, and its rejection is handled", async () => {
  const operators: ((key: () => unknown) => (source: Source<number>) => OperatorIterator<unknown>)[] = [
    (key) => dedupe<number>({ key }),
    (key) => groupBy(key),
    (key) => join<number, number>([], { leftKey: key }),
    (key) => join<number, number>([1], { leftKey: String, rightKey: key }),
  ];
  const unhandled = await unhandledRejections(async () => {
    for (const operator of operators) {
      const values = operator(() => Promise.reject(new Error("late")))([1]);
      await assertRejects(() => toArray()(values), TypeError, "Cannot use a promise as a key");
    }
  });
  assertEquals(unhandled, []);
});

Deno.test("debounce and throttle yield the held-back value before an error", async () => {
  for (const operator of [debounce<number>(10_000), throttle<number>(10_000, { trailing: true })]) {
    const source = new ManualSource<number>();
    const error = new Error("lost");
    source.push(1, 2, 3);
    source.fail(error);
    const heard: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const value of operator(source)) heard.push(value);
    };
    assertStrictEquals(await assertRejects(loop), error);
    assertEquals(heard.at(-1), 3);
  }
});

Deno.test("ten thousand composed steps need no deep stack", async () => {
  type Steps = (source: number[], ...steps: unknown[]) => OperatorIterator<number>;
  const row = (step: () => unknown): OperatorIterator<number> =>
    (pipe as unknown as Steps)([1, 2, 3], ...Array.from({ length: 10_000 }, step));
  assertEquals(await toArray<number>()(row(() => map((value: number) => value + 1))), [
    10_001,
    10_002,
    10_003,
  ]);
  assertEquals(await toArray<number>()(row(() => take<number>(2))), [1, 2]);
  assertEquals(await toArray<number>()(row(() => take<number>(1))), [1]);
});

Deno.test("a timer that yields nothing does not keep the program running", async () => {
  const program = `
    import { createPubSub, join, pipe, throttle } from "@alkdev/pubsub";
    const pubsub = createPubSub();
    const pairs = pipe(pubsub.subscribe("asked"), join(pubsub.subscribe("answered")));
    const some = pipe(pubsub.subscribe("asked"), throttle(60_000));
    for (const id of ["1", "2"]) pubsub.publish("asked", id, "how many?");
    pubsub.publish("answered", "1", 5);
    await Promise.all([pairs.next(), some.next()]);
    globalThis.pairs = pairs.next();
    console.log("read");
  `;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", program],
    cwd: new URL("../..", import.meta.url),
    signal: AbortSignal.timeout(20_000),
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "read\n"]);
});
