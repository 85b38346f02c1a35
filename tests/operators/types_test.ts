import { assertEquals } from "@std/assert";
import { expectTypeOf } from "expect-type";
import {
  batch,
  chain,
  createPubSub,
  dedupe,
  drop,
  type EventEnvelope,
  filter,
  flat,
  flatMap,
  type Group,
  groupBy,
  join,
  map,
  merge,
  mergeMap,
  type OperatorIterator,
  pipe,
  reduce,
  scan,
  share,
  type Shared,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  throttle,
  toArray,
  window,
} from "@alkdev/pubsub";

type Events = { news: { title: string }; count: number };

Deno.test("pipe infers the type of every step", async () => {
  const values = pipe(
    [1, 2, 3],
    filter((value) => {
      expectTypeOf(value).toEqualTypeOf<number>();
      return value > 0;
    }),
    map((value, index) => {
      expectTypeOf([value, index]).toEqualTypeOf<number[]>();
      return `${value}`;
    }),
    take(3),
    drop(0),
    tap((value) => expectTypeOf(value).toEqualTypeOf<string>()),
    scan((lengths: number[], value) => [...lengths, value.length], [] as number[]),
    takeWhile((lengths) => lengths.length < 10),
    dedupe(),
    flat(),
    window({ size: 1 }),
    map((numbers) => {
      expectTypeOf(numbers).toEqualTypeOf<number[]>();
      return { first: numbers[0] };
    }),
    merge(),
    throttle(1),
    batch(),
    groupBy((batched) => batched.length),
  );
  expectTypeOf(values).toEqualTypeOf<OperatorIterator<Group<number, { first: number | undefined }[]>>>();
  await values.return();
});

Deno.test("pipe infers the types of subscriptions and promises", async () => {
  await using pubsub = createPubSub<Events>();
  const titles = pipe(
    pubsub.subscribe("news"),
    map((event) => {
      expectTypeOf(event).toEqualTypeOf<EventEnvelope<{ title: string }, "news">>();
      return event.payload.title;
    }),
  );
  expectTypeOf(titles).toEqualTypeOf<OperatorIterator<string>>();
  const awaited = pipe([Promise.resolve(1)], map((value) => value + 1), toArray());
  expectTypeOf(awaited).toEqualTypeOf<Promise<number[]>>();
  const mapped = pipe([1], map((value) => Promise.resolve(`${value}`)), toArray());
  expectTypeOf(mapped).toEqualTypeOf<Promise<string[]>>();
  const total = pipe([1], reduce((sum, value) => sum + value, 0));
  expectTypeOf(total).toEqualTypeOf<Promise<number>>();
  expectTypeOf(pipe(pubsub.subscribe("count"), share())).toExtend<
    Shared<EventEnvelope<number, "count">>
  >();
  await Promise.all([awaited, mapped, total, titles.return()]);
});

Deno.test("a type guard narrows", async () => {
  const isText = (value: unknown): value is string => typeof value === "string";
  const texts = pipe([1, "a", null], filter(isText), toArray());
  expectTypeOf(texts).toEqualTypeOf<Promise<string[]>>();
  await texts;
});

Deno.test("operators of several sources know both types", async () => {
  const left = [{ id: "1", ask: "a" }];
  const pairs = pipe(left, join([{ id: "1", answer: 5 }]), toArray());
  expectTypeOf(pairs).toEqualTypeOf<
    Promise<[{ id: string; ask: string }, { id: string; answer: number }][]>
  >();
  const parts = pipe(["a b"], flatMap((line) => line.split(" ")), takeUntil([]), toArray());
  expectTypeOf(parts).toEqualTypeOf<Promise<string[]>>();
  await Promise.all([pairs, parts]);
});

Deno.test("operators of many sources infer the union of their values", async () => {
  await using pubsub = createPubSub<Events>();
  type News = EventEnvelope<{ title: string }, "news">;
  type Count = EventEnvelope<number, "count">;
  type Either = OperatorIterator<News | Count>;
  const [news, count] = [() => pubsub.subscribe("news"), () => pubsub.subscribe("count")];

  const merged = pipe(news(), merge(count()));
  const chained = pipe(news(), chain(count()));
  const flattened = pipe([news(), count()], flat());
  const sources = merge(news(), count())([1]);
  const chainedSources = chain(news(), count())(["a"]);
  const narrowed = pipe(
    news(),
    merge(count()),
    map((event) => event.type === "news" ? event.payload.title : event.payload),
  );
  expectTypeOf(merged).toEqualTypeOf<Either>();
  expectTypeOf(chained).toEqualTypeOf<Either>();
  expectTypeOf(flattened).toEqualTypeOf<Either>();
  expectTypeOf(sources).toEqualTypeOf<OperatorIterator<News | Count | number>>();
  expectTypeOf(chainedSources).toEqualTypeOf<OperatorIterator<News | Count | string>>();
  expectTypeOf(narrowed).toEqualTypeOf<OperatorIterator<string | number>>();

  const either = (event: News) => event.payload.title === "" ? news() : count();
  const mapped = [
    pipe(news(), flatMap(either)),
    pipe(news(), mergeMap(either)),
    pipe(news(), switchMap(either)),
    pipe(news(), flatMap((event) => Promise.resolve(either(event)))),
  ];
  expectTypeOf(mapped).toEqualTypeOf<Either[]>();
  const mixed = pipe([1], switchMap((n) => n > 0 ? Promise.resolve(["a"]) : new Set([n])));
  expectTypeOf(mixed).toEqualTypeOf<OperatorIterator<string | number>>();

  const values = pipe([1], merge(["a"], [Promise.resolve(true)]), chain([null]), toArray());
  expectTypeOf(values).toEqualTypeOf<Promise<(number | string | boolean | null)[]>>();
  assertEquals(await values, [1, "a", true, null]);
  const nested = pipe([[1], new Set(["a"])], flat(), toArray());
  expectTypeOf(nested).toEqualTypeOf<Promise<(number | string)[]>>();
  assertEquals(await nested, [1, "a"]);
  expectTypeOf(pipe([1], merge())).toEqualTypeOf<OperatorIterator<number>>();
  expectTypeOf(merge<number>([])).toExtend<(source: number[]) => OperatorIterator<number>>();
  expectTypeOf(flat<number>()([[1]])).toEqualTypeOf<OperatorIterator<number>>();
  const all = [merged, chained, flattened, sources, chainedSources, narrowed, ...mapped, mixed];
  for (const each of all) await each.return();
});

Deno.test("operators that do not fit are type errors", () => {
  // Never called: this is for the compiler.
  const refused = (): unknown[] => [
    // @ts-expect-error a number has no toUpperCase
    pipe([1], map((value) => value.toUpperCase())),
    // @ts-expect-error strings are not sources of arrays
    pipe([1], flat(), toArray()),
    // @ts-expect-error a number is not a source
    merge(1),
    // @ts-expect-error a number is not a source
    chain([1], 2),
    // @ts-expect-error a mapper must return a source
    pipe([1], mergeMap((value) => value)),
    // @ts-expect-error a mapper must return a source
    pipe([1], switchMap((value) => Promise.resolve(value))),
    // @ts-expect-error strings are among the values
    pipe([1], merge(["a"]), map((value) => value.toFixed())),
    // @ts-expect-error not a policy
    share({ overflow: "block" }),
    // @ts-expect-error neither a size nor a time
    window({}),
  ];
  expectTypeOf(refused).toBeFunction();
});
