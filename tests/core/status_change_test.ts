import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  type EventTargetStatus,
  type PubSubEventTarget,
  type StatusEvent,
  type TypedEvent,
} from "@alkdev/pubsub";
import { expectTypeOf } from "expect-type";
import { ManualEventTarget } from "../support/manual_event_target.ts";

Deno.test("statuschange reaches any number of listeners, each once, after onStatus", () => {
  const order: string[] = [];
  const target = new ManualEventTarget({ onStatus: ({ state }) => void order.push(`onStatus ${state}`) });
  const first = (event: StatusEvent) => void order.push(`first ${event.detail.state}`);
  target.addEventListener("statuschange", first);
  target.addEventListener("statuschange", first);
  target.addEventListener("statuschange", { handleEvent: () => void order.push("second") });
  target.changeStatus({ state: "reconnecting" });
  assertEquals(order, ["onStatus reconnecting", "first reconnecting", "second"]);
  target.removeEventListener("statuschange", first);
  target.changeStatus({ state: "open", gap: true });
  assertEquals(order.slice(3), ["onStatus open", "second"]);
});

Deno.test("the event has the target, and the status that the target has then", () => {
  const target = new ManualEventTarget({});
  const seen: unknown[] = [];
  target.addEventListener("statuschange", (event: StatusEvent) => {
    assertStrictEquals(event.target, target);
    assertStrictEquals(event.detail, target.status);
    seen.push(event.type, event.detail);
  });
  target.changeStatus({ state: "reconnecting", attempt: 2, delayMs: 7 });
  assertEquals(seen, ["statuschange", { state: "reconnecting", attempt: 2, delayMs: 7 }]);
});

Deno.test("listeners of statuschange obey once, signal and removal during a dispatch", () => {
  const target = new ManualEventTarget({});
  const controller = new AbortController();
  const heard: string[] = [];
  target.addEventListener("statuschange", () => void heard.push("once"), { once: true });
  target.addEventListener("statuschange", () => void heard.push("signal"), { signal: controller.signal });
  const removed = () => void heard.push("removed");
  target.addEventListener("statuschange", () => target.removeEventListener("statuschange", removed), {
    once: true,
  });
  target.addEventListener("statuschange", removed);
  target.changeStatus({ state: "reconnecting" });
  controller.abort();
  target.changeStatus({ state: "open" });
  assertEquals(heard, ["once", "signal"]);
  assertThrows(() => target.addEventListener("statuschange", 5 as unknown as null), TypeError);
});

Deno.test("a listener of statuschange that throws or rejects is reported, and stops nobody", async () => {
  const reports: string[] = [];
  const target = new ManualEventTarget({
    onError: (error, { stage, topic }) => void reports.push(`${stage} ${topic} ${error}`),
  });
  const heard: EventTargetStatus[] = [];
  target.addEventListener("statuschange", () => {
    throw new Error("thrown");
  });
  target.addEventListener("statuschange", () => Promise.reject(new Error("rejected")));
  target.addEventListener("statuschange", ({ detail }: StatusEvent) => void heard.push(detail));
  target.changeStatus({ state: "reconnecting" });
  await Promise.resolve();
  assertEquals([heard.length, reports], [1, [
    "listener statuschange Error: thrown",
    "listener statuschange Error: rejected",
  ]]);
});

Deno.test("after close() was called, closed is the only status that follows", async () => {
  let finish = (): void => {};
  class Slow extends ManualEventTarget {
    protected override shutdown(): Promise<void> {
      return new Promise((resolve) => finish = resolve);
    }
  }
  const statuses: string[] = [];
  const target = new Slow({ onStatus: ({ state }) => void statuses.push(`onStatus ${state}`) });
  target.addEventListener("statuschange", ({ detail: { state } }: StatusEvent) => void statuses.push(state));
  const closed = target.close();
  target.changeStatus({ state: "reconnecting" });
  target.changeStatus({ state: "open", gap: true });
  assertEquals(statuses, []);
  finish();
  await closed;
  assertEquals(statuses, ["onStatus closed", "closed"]);
  target.changeStatus({ state: "open" });
  assertEquals(statuses.length, 2);
});

Deno.test("statuschange asks the far end for nothing, and an event type of that name reaches listen and subscriptions", async () => {
  const manual = new ManualEventTarget({});
  manual.addEventListener("statuschange", () => {});
  assertEquals(manual.stats().listeners.topics, 0);
  const target = createInProcessEventTarget();
  let statuses = 0;
  target.addEventListener("statuschange", () => void statuses++);
  const pubsub = createPubSub<{ statuschange: number }>({ eventTarget: target });
  const subscription = pubsub.subscribe("statuschange", "1");
  pubsub.publish("statuschange", "1", 7);
  assertEquals([(await subscription.next()).value?.payload, statuses], [7, 0]);
  await target.close();
  assertEquals(statuses, 1);
});

Deno.test("a listener of statuschange is typed, and does not change how other listeners are", () => {
  ((target: PubSubEventTarget<TypedEvent<"news:1", { type: "news"; id: string; payload: number }>>) => {
    target.addEventListener("statuschange", (event) => {
      expectTypeOf(event).toEqualTypeOf<StatusEvent>();
      expectTypeOf(event.detail).toEqualTypeOf<EventTargetStatus>();
    });
    target.addEventListener("news:1", (event) => expectTypeOf(event.detail.payload).toEqualTypeOf<number>());
  }) satisfies (...args: never[]) => void;
});

Deno.test("a listener that is added after close() was called gets the last status", async () => {
  const target = createInProcessEventTarget();
  const heard: string[] = [];
  const closing = target.close();
  target.addEventListener("statuschange", ({ detail }) => void heard.push(detail.state));
  await closing;
  target.addEventListener("statuschange", () => void heard.push("too late"));
  assertEquals(heard, ["closed"]);
});
