// The laws that every operator keeps.
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { map, pipe, type Source, take } from "@alkdev/pubsub";
import { unhandledRejections } from "../support/unhandled_rejections.ts";
import { eventually } from "../support/eventually.ts";
import { ManualSource, type ReturnMode } from "../support/operators/manual_source.ts";
import { SUBJECTS, TERMINALS } from "../support/operators/subjects.ts";

const DONE: IteratorResult<unknown, undefined> = { value: undefined, done: true };
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Runs a law, and fails if it leaves an unhandled rejection. */
function law(name: string, check: () => Promise<void>): void {
  Deno.test(name, async () => {
    let failure: unknown;
    const unhandled = await unhandledRejections(async () => {
      try {
        await check();
      } catch (error) {
        failure = error;
      }
    });
    if (failure !== undefined) throw failure;
    assertEquals(unhandled, []);
  });
}

for (const { name, apply, withCallback, withSignal, async, oneToOne, eager } of SUBJECTS) {
  law(
    `${name} opens its source once, requests nothing before its first next(), and has one reader`,
    async () => {
      const source = new ManualSource<number>();
      const values = apply(source);
      assertStrictEquals(values[Symbol.asyncIterator](), values);
      await turn();
      assertEquals([source.opened, source.asked, source.returned], [1, 0, 0]);
      await values.return();
    },
  );

  for (const mode of ["resolves", "hangs", "rejects", "throws"] satisfies ReturnMode[]) {
    law(
      `${name} returns a source whose return() ${mode}, at once and only once, while next() is pending`,
      async () => {
        const source = new ManualSource<number>(mode);
        const values = apply(source);
        const waiting = [values.next(), values.next(), values.next()];
        await turn();
        const returning = values.return();
        assertEquals(source.returned, 1);
        assertEquals(await Promise.all(waiting), [DONE, DONE, DONE]);
        if (mode === "resolves") assertEquals(await returning, DONE);
        if (mode === "rejects" || mode === "throws") {
          assertStrictEquals(await assertRejects(() => returning), source.returnError);
        }
        if (mode !== "hangs") assertEquals(await values.return(), DONE);
        assertEquals([await values.next(), source.returned], [DONE, 1]);
        // Its later values and errors are dropped.
        if (source.waiting > 0) source.fail(new Error("late"));
        await turn();
      },
    );
  }

  law(`${name} that is never read returns its source`, async () => {
    const source = new ManualSource<number>();
    const values = apply(source);
    assertEquals(await values.return(), DONE);
    assertEquals([await values.next(), source.asked, source.returned], [DONE, 0, 1]);
  });

  law(`${name} returns its source at a break, a throw in the loop and the end of a block`, async () => {
    const [left, thrown, disposed] = [
      new ManualSource<number>(),
      new ManualSource<number>(),
      new ManualSource<number>(),
    ];
    for (const source of [left, thrown, disposed]) source.push(1, 2, 3);
    if (oneToOne !== true) { for (const source of [left, thrown, disposed]) source.end(); }
    for await (const _ of apply(left)) break;
    const loop = async (): Promise<void> => {
      for await (const _ of apply(thrown)) throw new Error("mine");
    };
    await assertRejects(loop, Error, "mine");
    {
      await using values = apply(disposed);
      await values.next();
    }
    // A source that has ended by then is not returned.
    const expected = oneToOne === true ? [1] : [0, 1];
    for (const { returned } of [left, thrown, disposed]) assert(expected.includes(returned), `${returned}`);
  });

  law(`${name} ends with its source, and does not return it`, async () => {
    const source = new ManualSource<number>();
    source.push(1);
    source.end();
    const values = apply(source);
    let count = 0;
    for await (const _ of values) count++;
    assertEquals([count, await values.next(), await values.return(), source.returned], [1, DONE, DONE, 0]);
  });

  law(`${name} rejects once with an error of its source, and ends`, async () => {
    const error = new Error("lost");
    const sources: [Source<number>, () => number][] = [];
    const failing = new ManualSource<number>();
    failing.fail(error);
    sources.push([failing, () => failing.returned]);
    let returned = 0;
    const throwing: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw error;
        },
        return: () => {
          returned++;
          return Promise.resolve({ value: undefined, done: true });
        },
      }),
    };
    sources.push([throwing, () => returned]);
    for (const [source, count] of sources) {
      const values = apply(source);
      const waiting = [values.next(), values.next()];
      const first = waiting[0];
      assert(first !== undefined);
      assertStrictEquals(await assertRejects(() => first), error);
      assertEquals([await waiting[1], await values.next(), await values.return(), count()], [
        DONE,
        DONE,
        DONE,
        0,
      ]);
    }
  });

  law(`${name} reads an iterable, and rejects with the rejection of a promise in it`, async () => {
    const error = new Error("rejected");
    let closed = 0;
    function* numbers(): Generator<number | Promise<number>, void> {
      try {
        yield Promise.resolve(1);
        yield Promise.reject(error);
        yield 2;
      } finally {
        closed++;
      }
    }
    const values = apply(numbers());
    let count = 0;
    const loop = async (): Promise<void> => {
      for await (const _ of values) count++;
    };
    assertStrictEquals(await assertRejects(loop), error);
    assertEquals([await values.next(), closed], [DONE, 1]);
    assert(count <= 1);
  });

  law(`${name} refuses a value that is not an iterator result, and returns its source`, async () => {
    let returned = 0;
    const broken = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve(5),
        return: () => {
          returned++;
          return Promise.resolve(DONE);
        },
      }),
    } as unknown as AsyncIterable<number>;
    const values = apply(broken);
    await assertRejects(() => values.next(), TypeError, "Cannot read 5");
    assertEquals([await values.next(), returned], [DONE, 1]);
  });

  law(`${name} refuses a value that is not a source at the call`, async () => {
    for (const source of [undefined, null, 5, {}]) {
      assertThrows(() => apply(source as unknown as Source<number>), TypeError, "Cannot read");
    }
    await Promise.resolve();
  });

  law(`${name} answers pending next() calls in order`, async () => {
    const numbers = Array.from({ length: 30 }, (_, i) => i);
    const sequential: unknown[] = [];
    if (oneToOne === true) {
      const shown = (result: unknown): string =>
        JSON.stringify(result, (_, value) => value?.values === undefined ? value : value.key);
      const first = apply(numbers);
      for (let i = 0; i < 32; i++) sequential.push(shown(await first.next()));
      const second = apply(numbers);
      const settled: number[] = [];
      const concurrent = await Promise.all(
        numbers.concat(30, 31).map(async (i) => {
          const result = shown(await second.next());
          settled.push(i);
          return result;
        }),
      );
      assertEquals(concurrent, sequential);
      assertEquals(settled, numbers.concat(30, 31));
    } else {
      const values = apply(numbers);
      const results = await Promise.all(numbers.concat(30, 31).map(() => values.next()));
      const isDone = results.map(({ done }) => done);
      assertEquals(isDone, [...isDone].sort());
      assertEquals(isDone.at(-1), true);
    }
  });

  if (eager !== true) {
    law(`${name} requests nothing while no reader waits`, async () => {
      const source = new ManualSource<number>();
      source.push(1, 2, 3, 4, 5, 6);
      const values = apply(source);
      await values.next();
      await turn();
      const { asked } = source;
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert(source.asked === asked && (oneToOne !== true || asked === 1), `${asked}`);
      await values.return();
    });
  }

  if (withCallback !== undefined) {
    const failures: ((error: Error) => unknown)[] = [
      (error) => {
        throw error;
      },
    ];
    if (async === true) {
      failures.push((error) => Promise.reject(error));
      failures.push(async (error) => {
        await turn();
        throw error;
      });
    }
    for (const [i, fail] of failures.entries()) {
      for (const mode of ["resolves", "hangs", "rejects", "throws"] satisfies ReturnMode[]) {
        law(
          `${name} rejects once with an error of its callback (${i}), also if return() ${mode}`,
          async () => {
            const source = new ManualSource<number>(mode);
            source.push(1, 2);
            const error = new Error("mine");
            const values = withCallback(source, () => fail(error));
            const waiting = [values.next(), values.next()];
            const first = waiting[0];
            assert(first !== undefined);
            assertStrictEquals(await assertRejects(() => first), error);
            assertEquals(source.returned, 1);
            assertEquals([await waiting[1], await values.next()], [DONE, DONE]);
            if (mode !== "hangs") assertEquals(await values.return(), DONE);
            assertEquals(source.returned, 1);
          },
        );
      }
    }

    law(`${name} can be returned by its own callback`, async () => {
      const source = new ManualSource<number>();
      source.push(1, 2);
      const values = withCallback(source, () => {
        void values.return();
        return true;
      });
      assertEquals(await values.next(), DONE);
      assertEquals([await values.next(), source.returned], [DONE, 1]);
    });
  }

  if (withCallback !== undefined && async === true) {
    law(`${name} that is returned while its callback is pending drops the result`, async () => {
      for (const late of [() => 1, () => Promise.reject(new Error("late"))]) {
        const source = new ManualSource<number>();
        source.push(1);
        const { promise, resolve } = Promise.withResolvers<unknown>();
        const values = withCallback(source, () => promise.then(late));
        const next = values.next();
        await turn();
        const { asked } = source;
        void values.return();
        assertEquals([await next, source.returned], [DONE, 1]);
        resolve(undefined);
        await turn();
        assertEquals([await values.next(), source.asked], [DONE, asked]);
        if (oneToOne === true) assertEquals(asked, 1);
      }
    });
  }

  if (withSignal !== undefined) {
    law(`${name} ends quietly with its signal, whenever that aborts`, async () => {
      const before = new ManualSource<number>();
      const ended = withSignal(before, AbortSignal.abort(new Error("mine")));
      assertEquals([await ended.next(), before.asked, before.returned], [DONE, 0, 1]);

      const unread = new ManualSource<number>();
      const controller = new AbortController();
      const values = withSignal(unread, controller.signal);
      controller.abort();
      assertEquals([unread.returned, await values.next()], [1, DONE]);

      const hanging = new ManualSource<number>("hangs");
      const other = new AbortController();
      const read = withSignal(hanging, other.signal);
      const waiting = [read.next(), read.next()];
      hanging.push(1);
      await turn();
      other.abort(new Error("mine"));
      assertEquals(hanging.returned, 1);
      assertEquals(await waiting[1], DONE);
      assertEquals(await read.next(), DONE);
      other.abort();
      assertEquals(hanging.returned, 1);

      const left = new ManualSource<number>();
      const late = new AbortController();
      await withSignal(left, late.signal).return();
      late.abort();
      assertEquals(left.returned, 1);
    });

    law(`${name} refuses a value that is not a signal`, async () => {
      assertThrows(() => withSignal([], {} as AbortSignal), TypeError);
      await Promise.resolve();
    });
  }
}

for (const { name, apply } of TERMINALS) {
  const identity = (value: number): unknown => value;
  law(`${name} rejects with an error of its source, which it does not return`, async () => {
    const source = new ManualSource<number>();
    const error = new Error("lost");
    source.push(1);
    source.fail(error);
    assertStrictEquals(await assertRejects(() => apply(source, identity)), error);
    assertEquals(source.returned, 0);
  });

  law(`${name} rejects with an error of its callback at once, and returns its source`, async () => {
    for (const mode of ["resolves", "hangs", "rejects", "throws"] satisfies ReturnMode[]) {
      for (const late of [false, true]) {
        const source = new ManualSource<number>(mode);
        source.push(1, 2);
        const error = new Error("mine");
        const failing = apply(source, () => {
          if (late) return Promise.reject(error);
          throw error;
        });
        assertStrictEquals(await assertRejects(() => failing), error);
        assertEquals(source.returned, 1);
      }
    }
  });

  law(`${name} rejects with its signal's reason at once, and returns its source`, async () => {
    const reason = new Error("mine");
    for (const mode of ["resolves", "hangs", "rejects", "throws"] satisfies ReturnMode[]) {
      const source = new ManualSource<number>(mode);
      const controller = new AbortController();
      const result = apply(source, identity, controller.signal);
      source.push(1);
      await turn();
      controller.abort(reason);
      assertEquals(source.returned, 1);
      assertStrictEquals(await assertRejects(() => result), reason);
    }
    const source = new ManualSource<number>();
    const result = apply(source, identity, AbortSignal.abort(reason));
    assertStrictEquals(await assertRejects(() => result), reason);
    assertEquals([source.asked, source.returned], [0, 1]);
  });
}

law(
  "after an operator's own end, the next call rejects with an error of return(), and only once",
  async () => {
    const source = new ManualSource<number>("throws");
    source.push(1);
    const values = take<number>(1)(source);
    assertEquals(await values.next(), { value: 1, done: false });
    await eventually(() => source.returned === 1);
    await turn();
    assertStrictEquals(await assertRejects(() => values.next()), source.returnError);
    assertEquals([await values.next(), await values.return()], [DONE, DONE]);
  },
);

law("an error of return() is not an unhandled rejection while a later step is pending", async () => {
  const source = new ManualSource<number>("rejects");
  source.push(1);
  const { promise, resolve } = Promise.withResolvers<string>();
  const values = pipe(source, take(1), map(() => promise));
  const next = values.next();
  await turn();
  await turn();
  assertEquals(source.returned, 1);
  resolve("late");
  assertEquals(await next, { value: "late", done: false });
});
