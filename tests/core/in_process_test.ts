import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { createInProcessEventTarget, createPubSub, type EventEnvelope } from "@alkdev/pubsub";

// The built-in EventTarget is the reference: the same program runs on both, and the calls of listeners are compared.

const TOPICS = ["t:1", "t:2"];
const CALLBACKS = 5;
const SIGNALS = 3;
const MAX_CALLS = 60;

/** A step of the program, at its top level or in a listener. */
type Action =
  | { kind: "add"; topic: string; callback: number; capture: boolean; once: boolean; signal: number }
  | { kind: "remove"; topic: string; callback: number; capture: boolean }
  | { kind: "abort"; signal: number }
  | { kind: "dispatch"; topic: string; cancelable: boolean }
  | { kind: "dispatch again" }
  | { kind: "dispatch stopped"; topic: string }
  | { kind: "stop" | "stop at once" | "prevent" };

/** The steps of each listener, and those at the top level. */
interface Program {
  readonly callbacks: readonly (readonly Action[])[];
  readonly actions: readonly Action[];
}

const topic = fc.constantFrom(...TOPICS);
const callback = fc.nat({ max: CALLBACKS - 1 });
const signal = fc.nat({ max: SIGNALS });

const add = fc.record({
  kind: fc.constant("add" as const),
  topic,
  callback,
  capture: fc.boolean(),
  once: fc.boolean(),
  signal,
});
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: add },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("remove" as const), topic, callback, capture: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("abort" as const), signal }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("dispatch" as const), topic, cancelable: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("dispatch again" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("dispatch stopped" as const), topic }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("stop" as const, "stop at once" as const, "prevent" as const),
    }),
  },
);
const program: fc.Arbitrary<Program> = fc.record({
  callbacks: fc.array(fc.array(action, { maxLength: 3 }), { minLength: CALLBACKS, maxLength: CALLBACKS }),
  actions: fc.tuple(fc.array(add, { minLength: 3, maxLength: 10 }), fc.array(action, { maxLength: 10 }))
    .map(([adds, actions]) => [...adds, ...actions]),
});

/** Runs a program; `send` dispatches an event on a topic. Returns all calls and results. */
function run(
  { callbacks, actions }: Program,
  target: EventTarget,
  send: (topic: string, cancelable: boolean, remember: (event: Event) => void) => unknown,
): unknown[] {
  const log: unknown[] = [];
  const controllers = Array.from({ length: SIGNALS }, () => new AbortController());
  let calls = 0;
  let last = new CustomEvent("t:1");
  const remember = (event: Event) => last = event as CustomEvent;

  function hear(this: unknown, index: number, event: Event): void {
    log.push(
      `${index} hears ${event.type} ${event.eventPhase} ${event.cancelBubble} ${event.defaultPrevented}`,
    );
    log.push(event.target === target && event.currentTarget === target);
    if (++calls > MAX_CALLS) return;
    for (const action of callbacks[index] ?? []) perform(action, event);
    log.push(`${index} ends`);
  }

  const listeners = callbacks.map((_, index) =>
    // Both forms of listeners: every second one is an object.
    index % 2 === 0
      ? function (this: unknown, event: Event) {
        log.push(this === target);
        hear(index, event);
      }
      : {
        handleEvent(event: Event) {
          log.push(this === listeners[index]);
          hear(index, event);
        },
      }
  );

  function perform(action: Action, event: Event | undefined): void {
    switch (action.kind) {
      case "add": {
        const { topic, callback, capture, once } = action;
        const signal = controllers[action.signal]?.signal;
        target.addEventListener(topic, listeners[callback] ?? null, {
          capture,
          once,
          ...(signal === undefined ? {} : { signal }),
        });
        break;
      }
      case "remove":
        target.removeEventListener(action.topic, listeners[action.callback] ?? null, action.capture);
        break;
      case "abort":
        controllers[action.signal]?.abort();
        break;
      case "dispatch":
        log.push(send(action.topic, action.cancelable, remember));
        break;
      case "dispatch again":
        try {
          log.push(target.dispatchEvent(last));
        } catch (error) {
          log.push(error instanceof DOMException ? error.name : error);
        }
        break;
      case "dispatch stopped": {
        const stopped = new CustomEvent(action.topic);
        stopped.stopImmediatePropagation();
        log.push(target.dispatchEvent(stopped));
        break;
      }
      case "stop":
        event?.stopPropagation();
        break;
      case "stop at once":
        event?.stopImmediatePropagation();
        break;
      case "prevent":
        event?.preventDefault();
        break;
    }
  }

  for (const action of actions) perform(action, undefined);
  log.push(last.target === target, last.currentTarget, last.eventPhase, last.cancelBubble);
  return log;
}

Deno.test("dispatchEvent calls the same listeners as the built-in EventTarget does, in any case", () => {
  fc.assert(
    fc.property(program, (program) => {
      const runOn = (target: EventTarget) =>
        run(program, target, (topic, cancelable, remember) => {
          const event = new CustomEvent(topic, { cancelable });
          remember(event);
          return target.dispatchEvent(event);
        });
      assertEquals(runOn(createInProcessEventTarget()), runOn(new EventTarget()));
    }),
    { seed: 1, numRuns: 1500 },
  );
});

Deno.test("publish calls the same listeners as the built-in EventTarget does, in any case", () => {
  // The publisher has no event object: it can neither dispatch it again nor see it prevented.
  const published = program.map(({ callbacks, actions }) => {
    const kept = (actions: readonly Action[]) =>
      actions.filter(({ kind }) =>
        kind !== "dispatch again" && kind !== "prevent" && kind !== "dispatch stopped"
      );
    return { callbacks: callbacks.map(kept), actions: kept(actions) };
  });
  fc.assert(
    fc.property(published, (program) => {
      const reference = new EventTarget();
      const target = createInProcessEventTarget();
      const expected = run(
        program,
        reference,
        (topic) => void reference.dispatchEvent(new CustomEvent(topic)),
      );
      const heard = run(
        program,
        target,
        (topic) => target.publish({ type: "t", id: topic.slice(2), payload: 0 }),
      );
      assertEquals(heard, expected);
    }),
    { seed: 2, numRuns: 1000 },
  );
});

// Its own behaviour.

Deno.test("publish calls listeners synchronously, and they share its envelope", () => {
  const target = createInProcessEventTarget();
  const envelope: EventEnvelope = { type: "news", id: "1", payload: { list: [1] } };
  const heard: unknown[] = [];
  target.addEventListener("news:1", (event) => heard.push(event.detail));
  target.listen("news", "1", { onEvent: (envelope) => void heard.push(envelope) });
  target.publish(envelope);
  assertEquals(heard.length, 2);
  assert(heard.every((detail) => detail === envelope));
});

Deno.test("the event of publish has the full topic as its type, at every level", () => {
  const target = createInProcessEventTarget();
  const types: string[] = [];
  for (const topic of ["news:1", "news", "*"]) target.addEventListener(topic, ({ type }) => types.push(type));
  target.publish({ type: "news", id: "1", payload: null });
  assertEquals(types, ["news:1", "news:1", "news:1"]);
});

Deno.test("a target is open at once, and has its kind as a tag", () => {
  const target = createInProcessEventTarget();
  assertEquals([target.status, target[Symbol.toStringTag]], [{ state: "open" }, "InProcessEventTarget"]);
});

Deno.test("an event of any type can be listened to and dispatched", () => {
  const target = createInProcessEventTarget();
  const types: string[] = [];
  for (const type of ["", "*", "__hello", ":", "\ud800:1", "x".repeat(2000)]) {
    target.addEventListener(type, (event) => types.push(event.type), { once: true });
    target.dispatchEvent(new CustomEvent(type));
    assertStrictEquals(types.pop(), type);
  }
});

Deno.test("a detail with unreadable members is carried like any other", () => {
  const faults: string[] = [];
  const target = createInProcessEventTarget({ onError: (_, { stage }) => void faults.push(stage) });
  const subscription = createPubSub({ eventTarget: target }).subscribe("news", "1");
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  let heard: unknown;
  target.addEventListener("news:1", (event) => heard = event.detail);
  for (const detail of [proxy, Event.prototype]) {
    heard = undefined;
    target.dispatchEvent(new CustomEvent("news:1", { detail }));
    assert(heard === detail);
  }
  assertEquals(faults, ["decode", "decode"]);
  return void subscription.return();
});

Deno.test("an event dispatched after close is dropped and reported", async () => {
  const faults: unknown[] = [];
  const target = createInProcessEventTarget({
    onError: (error, { stage, topic }) => void faults.push([String(error), stage, topic]),
  });
  const heard: string[] = [];
  target.addEventListener("any", ({ type }) => heard.push(type));
  await target.close();
  target.addEventListener("any", ({ type }) => heard.push(type));
  assertEquals(target.dispatchEvent(new CustomEvent("any", { detail: 5, cancelable: true })), true);
  assertEquals(faults, [['Error: Cannot dispatch "any": the event target is closed', "publish", "any"]]);
  assertThrows(() => target.dispatchEvent({ type: "any" } as CustomEvent), TypeError);
  assertEquals(heard, []);
});

Deno.test("a listener that throws stops neither this dispatch of the event nor its next one", () => {
  const faults: unknown[] = [];
  const target = createInProcessEventTarget({ onError: (error) => void faults.push(error) });
  const event = new CustomEvent("news:1", { detail: null });
  const keys = Reflect.ownKeys(event);
  const heard: string[] = [];
  target.addEventListener("news:1", () => {
    throw new Error("thrown");
  });
  target.addEventListener("news:1", () => heard.push("next"));
  for (let i = 1; i <= 2; i++) {
    assertEquals(target.dispatchEvent(event), true);
    assertEquals([heard.length, faults.length], [i, i]);
    assertEquals([event.eventPhase, event.currentTarget, Reflect.ownKeys(event)], [Event.NONE, null, keys]);
  }
});

Deno.test("an event cannot be dispatched inside its own dispatch, whether dispatched or published", () => {
  const target = createInProcessEventTarget();
  const names: string[] = [];
  target.addEventListener("news:1", (event) => {
    names.push(assertThrows(() => target.dispatchEvent(event), DOMException).name);
  });
  target.dispatchEvent(new CustomEvent("news:1", { detail: null }));
  target.publish({ type: "news", id: "1", payload: null });
  assertEquals(names, Array(2).fill("InvalidStateError"));
});

Deno.test("a published event can be dispatched on another target afterwards", () => {
  const [first, second] = [createInProcessEventTarget(), createInProcessEventTarget()];
  let event: CustomEvent | undefined;
  first.addEventListener("news:1", (heard) => event = heard as CustomEvent);
  first.publish({ type: "news", id: "1", payload: null });
  const heard: unknown[] = [];
  second.addEventListener(
    "news:1",
    (event) => heard.push(event.target === second, event.currentTarget === second),
  );
  second.listen("news", "1", { onEvent: ({ id }) => void heard.push(id) });
  if (event !== undefined) second.dispatchEvent(event);
  assertEquals(heard, [true, true, "1"]);
});

Deno.test("publish refuses a value that is not an envelope, whatever listens to its topic", () => {
  const target = createInProcessEventTarget();
  const heard: unknown[] = [];
  for (const topic of ["__reserved:1", ":1", "1"]) target.addEventListener(topic, () => heard.push(topic));
  target.listen("news", "1", { onEvent: (envelope) => void heard.push(envelope) });
  const wrong: unknown[] = [
    null,
    undefined,
    "news:1",
    {},
    { type: "__reserved", id: "1", payload: 1 },
    { type: "", id: "1", payload: 1 },
    { type: "news", id: 1, payload: 1 },
    { type: ["news"], id: "1", payload: 1 },
  ];
  // Cast: callers without types can pass anything.
  for (const each of wrong) {
    assertThrows(() => target.publish(each as EventEnvelope), TypeError, "Cannot publish");
  }
  assertEquals(heard, []);
  target.publish({ type: "news", id: "1", payload: 1 });
  assertEquals(heard.length, 1);
});
