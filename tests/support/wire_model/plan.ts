/** What happens in a run of the model. */
import * as fc from "fast-check";

/** The number of peers. */
export const SLOTS = 4;

/** An element of a frame. */
export type PlannedElement =
  | { readonly kind: "subscribe" | "unsubscribe"; readonly topics: readonly string[] }
  | { readonly kind: "publish"; readonly topic: string }
  | { readonly kind: "ping" | "junk" };

/** The kind of a peer. A bare one says no hello. */
export interface PeerKind {
  readonly hello: boolean;
  readonly batch: boolean;
  readonly echo: boolean;
}

export type Step =
  | {
    readonly kind: "send";
    readonly slot: number;
    readonly elements: readonly PlannedElement[];
    /** Whether each element has a frame of its own. */
    readonly apart: boolean;
  }
  | { readonly kind: "program"; readonly hub: number; readonly topics: readonly string[] }
  | { readonly kind: "revoke"; readonly slot: number; readonly topic: string | undefined }
  | { readonly kind: "ban"; readonly slot: number; readonly type: string; readonly revokes: boolean }
  | { readonly kind: "permit"; readonly slot: number }
  | { readonly kind: "leave"; readonly slot: number; readonly how: "close" | "remove" }
  | { readonly kind: "join"; readonly slot: number; readonly peer: PeerKind }
  | { readonly kind: "pause"; readonly turns: number }
  | { readonly kind: "settle" };

export interface Plan {
  /** How `authorize` answers; "mixed" is at once or later. */
  readonly authorize: "absent" | "at once" | "mixed";
  /** The topic that the program of each hub listens to. */
  readonly programTopic: string | undefined;
  readonly peers: readonly PeerKind[];
  readonly steps: readonly Step[];
  /** The seed of the delays of `authorize`. */
  readonly seed: number;
}

const TYPES = ["a", "b", "7"] as const;
const EVENTS = ["a:1", "a:2", "a:*", "a:x:y", "b:1", "b:", "7:7"] as const;

const slot = fc.nat({ max: SLOTS - 1 });
const event = fc.constantFrom(...EVENTS);
const topic = fc.oneof(
  { weight: 6, arbitrary: event },
  { weight: 3, arbitrary: fc.constantFrom(...TYPES) },
  { weight: 1, arbitrary: fc.constantFrom("*", "__a", "*:1") },
);
const topics = fc.array(topic, { minLength: 1, maxLength: 4 });
const peer = fc.record({ hello: fc.boolean(), batch: fc.boolean(), echo: fc.boolean() });

const element: fc.Arbitrary<PlannedElement> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("subscribe" as const), topics }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("unsubscribe" as const), topics }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant("publish" as const), topic: event }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("ping" as const, "junk" as const) }) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("send" as const),
      slot,
      elements: fc.array(element, { minLength: 1, maxLength: 6 }),
      apart: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("program" as const),
      hub: fc.nat({ max: 1 }),
      topics: fc.array(event, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("revoke" as const),
      slot,
      topic: fc.option(fc.oneof(event, fc.constantFrom(...TYPES, "*")), { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("ban" as const),
      slot,
      type: fc.constantFrom(...TYPES),
      revokes: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("permit" as const), slot }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("leave" as const),
      slot,
      how: fc.constantFrom("close" as const, "remove" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("join" as const), slot, peer }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pause" as const), turns: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("settle" as const) }) },
);

/** Any run of at most so many steps. */
export function plans(maxSteps: number): fc.Arbitrary<Plan> {
  return fc.record({
    authorize: fc.constantFrom("absent", "at once", "mixed"),
    programTopic: fc.constantFrom(undefined, "*", "a", "a:1"),
    peers: fc.array(peer, { minLength: SLOTS, maxLength: SLOTS }),
    steps: fc.array(step, { maxLength: maxSteps, size: "max" }),
    seed: fc.nat(),
  });
}
