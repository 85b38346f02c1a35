import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  type ErrorContext,
  type EventEnvelope,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { ForeignEventTarget } from "../../core/foreign_event_target.ts";
import { CountedEventTarget } from "../support/counted_event_target.ts";

const ENVELOPE: EventEnvelope = { type: "news", id: "1", payload: null };

interface Fault {
  readonly error: unknown;
  readonly context: ErrorContext;
}

const ignore = { onEvent() {} };

Deno.test("an event is dispatched on its topic, its bare type and *, in this order", () => {
  const foreign = new EventTarget();
  const heard: unknown[] = [];
  for (const topic of ["*", "news", "news:1", "news:2", "other"]) {
    foreign.addEventListener(topic, (event) => {
      heard.push(event.type, event instanceof CustomEvent && event.detail === ENVELOPE);
    });
  }
  new ForeignEventTarget(foreign, {}).publish(ENVELOPE);
  assertEquals(heard, ["news:1", true, "news", true, "*", true]);
});

Deno.test("the foreign target has one listener for each topic, as long as the topic has listeners", () => {
  const foreign = new CountedEventTarget();
  const target = new ForeignEventTarget(foreign, {});
  const stops = Array.from({ length: 100 }, () => target.listen("news", "1", ignore));
  stops.push(target.listen("news", undefined, ignore), target.listen("*", undefined, ignore));
  assertEquals([foreign.count("news:1"), foreign.count("news"), foreign.count("*")], [1, 1, 1]);
  for (const stop of stops.slice(1)) stop();
  assertEquals([foreign.count("news:1"), foreign.count()], [1, 1]);
  stops[0]?.();
  assertEquals(foreign.count(), 0);
});

Deno.test("close removes its listeners from the foreign target, and no others", async () => {
  const foreign = new CountedEventTarget();
  const target = new ForeignEventTarget(foreign, {});
  foreign.addEventListener("news:1", () => {});
  for (const topic of ["news:1", "news", "*"]) target.addEventListener(topic, () => {});
  target.listen("news", "1", ignore);
  assertEquals(foreign.count(), 4);
  await target.close();
  assertEquals([foreign.count(), foreign.count("news:1")], [1, 1]);
});

Deno.test("a listener gets events that any program dispatches on the foreign target", () => {
  const foreign = new EventTarget();
  const faults: Fault[] = [];
  const target = new ForeignEventTarget(foreign, {
    onError: (error, context) => void faults.push({ error, context }),
  });
  const heard: unknown[] = [];
  target.listen("news", "1", { onEvent: (envelope) => void heard.push(envelope) });
  foreign.dispatchEvent(new CustomEvent("news:1", { detail: ENVELOPE }));
  foreign.dispatchEvent(new CustomEvent("news:1", { detail: { text: "x" } }));
  foreign.dispatchEvent(new Event("news:1"));
  assertEquals(heard, [ENVELOPE]);
  assertEquals(faults.map(({ context: { stage, topic } }) => [stage, topic]), [
    ["decode", "news:1"],
    ["decode", "news:1"],
  ]);
  assert(faults.every(({ context }) => context.target === target));
});

Deno.test("an event whose dispatch throws is reported for each of its topics, and stops no listener", () => {
  const error = new Error("no");
  class Refusing extends EventTarget {
    override dispatchEvent(event: Event): boolean {
      if (event.type !== "*") throw error;
      return super.dispatchEvent(event);
    }
  }
  const faults: Fault[] = [];
  const pubsub = createPubSub({
    eventTarget: new Refusing(),
    onError: (error, context) => void faults.push({ error, context }),
  });
  let heard = 0;
  pubsub.eventTarget.addEventListener("*", () => heard++);
  pubsub.publish("news", "1", null);
  assertEquals(heard, 1);
  assertEquals(faults.map(({ context: { stage, topic } }) => [stage, topic]), [
    ["publish", "news:1"],
    ["publish", "news"],
  ]);
  assert(faults.every((fault) => fault.error === error));
});

Deno.test("a foreign target that refused a listener once is asked again by the next subscription", () => {
  class RefusingOnce extends EventTarget {
    refusals = 1;
    override addEventListener(...args: Parameters<EventTarget["addEventListener"]>): void {
      if (this.refusals-- > 0) throw new Error("not yet");
      super.addEventListener(...args);
    }
  }
  const foreign = new RefusingOnce();
  const faults: unknown[] = [];
  const target = new ForeignEventTarget(foreign, { onError: (error) => void faults.push(error) });
  const heard: unknown[] = [];
  // The refusal can be thrown or reported.
  try {
    target.listen("news", "1", ignore);
  } catch (error) {
    faults.push(error);
  }
  assertEquals(faults.map(String), ["Error: not yet"]);
  target.listen("news", "1", { onEvent: (envelope) => void heard.push(envelope) });
  foreign.dispatchEvent(new CustomEvent("news:1", { detail: ENVELOPE }));
  assertEquals(heard, [ENVELOPE]);
});

Deno.test("it is open at once, has its kind as a tag, and its listeners are ready", () => {
  const target = new ForeignEventTarget(new EventTarget(), {});
  let ready = 0;
  target.listen("news", "1", { ...ignore, onReady: () => void ready++ });
  assertEquals([target.status.state, target[Symbol.toStringTag], ready], ["open", "ForeignEventTarget", 1]);
});

Deno.test("its dispatchEvent carries envelopes only, and event listeners get the foreign event's topic", () => {
  const foreign = new EventTarget();
  const target: PubSubEventTarget = new ForeignEventTarget(foreign, {});
  const heard: unknown[] = [];
  target.addEventListener("news:1", (event) => heard.push(event.type, event.detail, event.target === target));
  target.dispatchEvent(new CustomEvent("news:1", { detail: ENVELOPE }));
  assertEquals(heard.length, 3);
  assertStrictEquals(heard[1], ENVELOPE);
  assertEquals([heard[0], heard[2]], ["news:1", true]);
});

Deno.test("an event whose detail throws is reported, and stops neither the foreign target nor the process", () => {
  class Hostile extends Event {
    get detail(): unknown {
      throw new Error("hostile");
    }
  }
  const eventTarget = new EventTarget();
  const reports: string[] = [];
  const pubsub = createPubSub({
    eventTarget,
    onError: (error, { stage }) => void reports.push(`${stage}: ${error.message}`),
  });
  pubsub.on("news", "1", () => void reports.push("heard"));
  let heard = 0;
  eventTarget.addEventListener("news:1", () => void heard++);
  assert(eventTarget.dispatchEvent(new Hostile("news:1")));
  const text = 'decode: Cannot deliver undefined on "news:1": it is not an envelope of that topic';
  assertEquals([heard, reports], [1, [text]]);
  const inProcess = createInProcessEventTarget();
  inProcess.addEventListener("news:1", () => void heard++);
  assert(Reflect.apply(inProcess.dispatchEvent, inProcess, [new Hostile("news:1")]));
  assertEquals(heard, 2);
});
