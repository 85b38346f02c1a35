import {
  batch,
  chain,
  debounce,
  dedupe,
  drop,
  filter,
  flat,
  flatMap,
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
  type Source,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  throttle,
  timeout,
  toArray,
  window,
} from "@alkdev/pubsub";

/** A callback of the test, which gets each value. */
export type Callback = (value: number) => unknown;

/** The parameters of the laws for one operator. */
export interface Subject {
  readonly name: string;
  /**
   * Applies the operator to a source of numbers. The first number already yields a value, at the end at the
   * latest.
   */
  apply(source: Source<number>): OperatorIterator<unknown>;
  /** Applies the operator with a callback that can throw, if it has one. */
  withCallback?(source: Source<number>, callback: Callback): OperatorIterator<unknown>;
  /** Whether the callback can return a promise. */
  readonly async?: true;
  /** Applies the operator with a signal, if it has one. */
  withSignal?(source: Source<number>, signal: AbortSignal): OperatorIterator<unknown>;
  /** Whether each value yields one at once. */
  readonly oneToOne?: true;
  /** Whether it requests values while no reader waits. */
  readonly eager?: true;
}

/** Never ends, and yields nothing. */
const silent = (): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => new Promise(() => {}),
    return: () => Promise.resolve({ value: undefined, done: true }),
  }),
});

const read = <T>(iterable: Source<T>): OperatorIterator<T> => map((value: T) => value)(iterable);

/** All operators that return an iterator. */
export const SUBJECTS: readonly Subject[] = [
  {
    name: "filter",
    apply: filter(() => true),
    withCallback: (source, callback) => filter((value: number) => callback(value) as boolean)(source),
    async: true,
    oneToOne: true,
  },
  {
    name: "map",
    apply: map((value: number) => value),
    withCallback: (source, callback) => map(callback)(source),
    async: true,
    oneToOne: true,
  },
  { name: "take", apply: take(1_000), oneToOne: true },
  { name: "drop", apply: drop(0), oneToOne: true },
  {
    name: "takeWhile",
    apply: takeWhile(() => true),
    withCallback: (source, callback) => takeWhile((value: number) => callback(value) as boolean)(source),
    async: true,
    oneToOne: true,
  },
  {
    name: "scan",
    apply: scan((_: number, value: number) => value, 0),
    withCallback: (source, callback) => scan((_: unknown, value: number) => callback(value), 0)(source),
    async: true,
    oneToOne: true,
  },
  {
    name: "tap",
    apply: tap(() => {}),
    withCallback: (source, callback) => tap(callback)(source),
    async: true,
    oneToOne: true,
  },
  {
    name: "dedupe",
    apply: dedupe(),
    withCallback: (source, callback) => dedupe({ key: callback })(source),
    oneToOne: true,
  },
  {
    name: "batch",
    apply: batch({ size: 1 }),
    withSignal: (source, signal) => batch<number>({ size: 1, signal })(source),
    oneToOne: true,
  },
  {
    name: "batch with a time",
    apply: batch({ size: 2, maxWaitMs: 5 }),
    withSignal: (source, signal) => batch<number>({ maxWaitMs: 10_000, signal })(source),
  },
  { name: "window of a size", apply: window({ size: 1 }), oneToOne: true },
  {
    name: "window of a time",
    apply: window({ durationMs: 5 }),
    withSignal: (source, signal) => window<number>({ durationMs: 10_000, signal })(source),
  },
  {
    name: "flat",
    apply: (source) => pipe(source, map((value) => [value]), flat()),
    oneToOne: true,
  },
  {
    name: "flatMap",
    apply: flatMap((value: number) => [value]),
    withCallback: (source, callback) =>
      flatMap((value: number) => callback(value) as Iterable<number>)(source),
    async: true,
    oneToOne: true,
  },
  {
    name: "mergeMap",
    apply: mergeMap((value: number) => [value]),
    withCallback: (source, callback) => mergeMap((value: number) => callback(value) as number[])(source),
    async: true,
  },
  {
    name: "mergeMap of one source at a time",
    apply: mergeMap((value: number) => Promise.resolve([value]), { concurrency: 1 }),
    withCallback: (source, callback) =>
      mergeMap((value: number) => callback(value) as number[], { concurrency: 1 })(source),
    async: true,
    oneToOne: true,
  },
  {
    name: "switchMap",
    apply: switchMap((value: number) => [value]),
    withCallback: (source, callback) => switchMap((value: number) => callback(value) as number[])(source),
    async: true,
    eager: true,
  },
  {
    name: "switchMap to promises",
    apply: switchMap((value: number) => Promise.resolve([value])),
    withCallback: (source, callback) =>
      switchMap((value: number) => Promise.resolve(value).then(callback) as Promise<number[]>)(source),
    async: true,
    eager: true,
  },
  { name: "chain", apply: chain<number>([]), oneToOne: true },
  {
    name: "groupBy",
    apply: groupBy((value: number) => value),
    withCallback: (source, callback) => groupBy(callback)(source),
    withSignal: (source, signal) => groupBy((value: number) => value, { signal })(source),
    oneToOne: true,
  },
  {
    name: "groupBy with idleMs",
    apply: groupBy((value: number) => value, { idleMs: 5 }),
    withCallback: (source, callback) => groupBy(callback, { idleMs: 10_000 })(source),
    withSignal: (source, signal) => groupBy((value: number) => value, { idleMs: 10_000, signal })(source),
    oneToOne: true,
  },
  {
    name: "join",
    apply: (source) =>
      join<number, number>(Array.from({ length: 100 }, (_, i) => i), {
        leftKey: (value) => value,
        rightKey: (value) => value,
      })(source),
    withCallback: (source, callback) =>
      join<number, number>(silent(), { leftKey: callback, rightKey: callback })(source),
    withSignal: (source, signal) => join<number, number>(silent(), { leftKey: String, signal })(source),
  },
  { name: "merge", apply: merge<number>([]), oneToOne: true },
  { name: "takeUntil", apply: takeUntil(silent()), oneToOne: true },
  {
    name: "takeUntil with a signal",
    apply: takeUntil(new AbortController().signal),
    withSignal: (source, signal) => takeUntil<number>(signal)(source),
    oneToOne: true,
  },
  {
    name: "throttle",
    apply: throttle(0.001, { trailing: true }),
    withSignal: (source, signal) => throttle<number>(10_000, { trailing: true, signal })(source),
    eager: true,
  },
  {
    name: "debounce",
    apply: debounce(2),
    withSignal: (source, signal) => debounce<number>(10_000, { signal })(source),
    eager: true,
  },
  {
    name: "debounce with a maxWaitMs",
    apply: debounce(10_000, { maxWaitMs: 2 }),
    withSignal: (source, signal) => debounce<number>(10_000, { maxWaitMs: 5000, signal })(source),
    eager: true,
  },
  {
    name: "timeout",
    apply: timeout(10_000),
    withSignal: (source, signal) => timeout<number>(10_000, { signal })(source),
    oneToOne: true,
  },
  {
    name: "share",
    apply: (source) => share<number>()(source)[Symbol.asyncIterator](),
    withSignal: (source, signal) => share<number>({ signal })(source)[Symbol.asyncIterator](),
    oneToOne: true,
  },
  {
    name: "share, opened again",
    apply: (source) => {
      let isFirst = true;
      const shared = share<number>()({
        [Symbol.asyncIterator]() {
          const opened = isFirst ? [] : source;
          isFirst = false;
          return read(opened);
        },
      });
      void shared[Symbol.asyncIterator]().return();
      return shared[Symbol.asyncIterator]();
    },
    oneToOne: true,
  },
  {
    name: "pipe",
    apply: (source) => pipe(source, filter(() => true), map((value) => value), take(1_000), drop(0)),
    withCallback: (source, callback) => pipe(source, filter(() => true), map(callback), tap(() => {})),
    async: true,
    oneToOne: true,
  },
  {
    name: "pipe of iterators",
    apply: (source) => pipe(source, merge(), map((value) => value), chain<number>(), timeout(10_000), read),
    oneToOne: true,
  },
];

/** The parameters of the laws for operators that return a promise. */
export interface TerminalSubject {
  readonly name: string;
  apply(source: Source<number>, callback: Callback, signal?: AbortSignal): Promise<unknown>;
}

/** All operators that return a promise. */
export const TERMINALS: readonly TerminalSubject[] = [
  {
    name: "reduce",
    apply: (source, callback, signal) =>
      reduce(
        (_: unknown, value: number) => callback(value),
        undefined as unknown,
        signal === undefined ? {} : { signal },
      )(source),
  },
  {
    name: "toArray",
    apply: (source, callback, signal) =>
      pipe(source, map(callback), toArray(signal === undefined ? {} : { signal })),
  },
];
