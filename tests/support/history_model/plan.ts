import fc from "fast-check";

/** A topic of the model. */
export interface PlannedTopic {
  readonly type: string;
  readonly id: string | undefined;
}

/** Where a subscription begins: at a place, or behind the event with an index among those that were published. */
export type PlannedFrom =
  | undefined
  | "now"
  | "start"
  | "latest"
  | { readonly last: number }
  | { readonly behind: number }
  | { readonly latestBehind: number }
  | { readonly strange: "foreign" | "future" };

/** One step of a plan. */
export type Step =
  | {
    readonly kind: "publish";
    readonly type: string;
    readonly id: string;
    readonly count: number;
    /** Whether a page has room for two of them only. */
    readonly isBig: boolean;
  }
  /** When the hub next asks its program for a right, events are published then, and in so many microtasks after. */
  | {
    readonly kind: "publish when asked";
    readonly type: string;
    readonly id: string;
    readonly microtasks: number;
  }
  | { readonly kind: "forget"; readonly type: string; readonly id: string }
  | {
    readonly kind: "subscribe";
    readonly link: number;
    readonly topic: PlannedTopic;
    readonly from: PlannedFrom;
    readonly reads: "callback" | "iterator" | "slowly";
  }
  | { readonly kind: "end"; readonly reader: number }
  | { readonly kind: "cut" | "drop"; readonly link: number }
  | { readonly kind: "revoke"; readonly link: number; readonly topic: PlannedTopic }
  | { readonly kind: "restart" }
  | { readonly kind: "wait"; readonly ms: number };

/** A run of the model. */
export interface Plan {
  /** How many events of an id are kept. */
  readonly perId: number;
  readonly perType: number;
  /** Whether nothing is forgotten, restarted or revoked: then no gap may be told. */
  readonly isWhole: boolean;
  readonly steps: readonly Step[];
}

/** The types with a history, and one without. */
export const TYPES = ["a", "b", "plain"];
export const IDS = ["1", "2", "3"];
export const LINKS = 2;

/** The id of which authorize never grants the past. */
export const LIVE_ID = "3";

const type = fc.constantFrom("a", "a", "b", "plain");
const id = fc.constantFrom(...IDS);
const link = fc.nat(LINKS - 1);
const topic = fc.record({ type, id: fc.option(id, { nil: undefined }) });
const from: fc.Arbitrary<PlannedFrom> = fc.oneof(
  fc.constantFrom(undefined, "now" as const, "start" as const, "latest" as const),
  fc.record({ last: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ behind: fc.nat(40) }),
  fc.record({ latestBehind: fc.nat(40) }),
  fc.record({ strange: fc.constantFrom("foreign" as const, "future" as const) }),
);

const harmless: { weight: number; arbitrary: fc.Arbitrary<Step> }[] = [
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("publish" as const),
      type,
      id,
      count: fc.constantFrom(1, 1, 2, 5),
      isBig: fc.constantFrom(true, false, false, false, false),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("publish when asked" as const),
      type,
      id,
      microtasks: fc.nat(5),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("subscribe" as const),
      link,
      topic,
      from,
      reads: fc.constantFrom(
        "callback" as const,
        "callback" as const,
        "iterator" as const,
        "slowly" as const,
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("cut" as const, "drop" as const), link }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const), reader: fc.nat(8) }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(0, 0, 1, 3, 8) }),
  },
];

const harmful: typeof harmless = [
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("forget" as const), type: fc.constantFrom("a", "b"), id }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("revoke" as const), link, topic }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
];

/** A topic that is quiet while its link is away. */
const quiet = fc.record({
  link,
  type: fc.constantFrom("a", "b"),
  id: fc.constantFrom("1", "2"),
  ms: fc.constantFrom(3, 8),
})
  .map(({ link, type, id, ms }): Step[] => [
    { kind: "subscribe", link, topic: { type, id }, from: undefined, reads: "callback" },
    { kind: "wait", ms },
    { kind: "cut", link },
    { kind: "publish", type, id, count: 1, isBig: false },
  ]);

/** A ban that is lifted. */
const ban = fc.record({
  link,
  topic: fc.record({ type: fc.constantFrom("a", "b"), id: fc.constantFrom("1", "2") }),
  behind: fc.nat(40),
})
  .map(({ link, topic, behind }): Step[] => [
    { kind: "wait", ms: 3 },
    { kind: "revoke", link, topic },
    { kind: "publish", ...topic, count: 2, isBig: false },
    { kind: "subscribe", link, topic, from: { behind }, reads: "callback" },
  ]);

const alone = (kinds: typeof harmless): fc.Arbitrary<Step[]> => fc.oneof(...kinds).map((step) => [step]);

const steps = (kinds: typeof harmless, sequences: readonly fc.Arbitrary<Step[]>[]): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 20, arbitrary: alone(kinds) },
      ...sequences.map((arbitrary) => ({ weight: 1, arbitrary })),
    ),
    { minLength: 3, maxLength: 30, size: "max" },
  ).map((all) => all.flat());

export const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.record({
    perId: fc.constant(Infinity),
    perType: fc.constant(Infinity),
    isWhole: fc.constant(true),
    steps: steps(harmless, [quiet]),
  }),
  fc.record({
    perId: fc.constantFrom(1, 2, 4, Infinity),
    perType: fc.constantFrom(4, 8, Infinity),
    isWhole: fc.constant(false),
    steps: steps([...harmless, ...harmful], [quiet, ban]),
  }),
);
