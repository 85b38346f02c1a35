import { assert, assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { dispatchNatively, type Stoppable, TopicEvent } from "../../core/topic_event.ts";

/** All properties of an event: its own getters and those of its classes. */
function told(event: Event): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const prototype of [Event.prototype, CustomEvent.prototype]) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (get !== undefined && name !== "timeStamp") members[name] = Reflect.get(event, name);
    }
  }
  return { ...members, composedPath: event.composedPath() };
}

/** The properties of the platform's own event during a dispatch, and afterwards. */
function toldNatively(target: EventTarget, detail: unknown): { during: unknown; after: unknown } {
  const event = new CustomEvent("news:1", { detail });
  let during: unknown;
  target.addEventListener("news:1", (event) => during = told(event), { once: true });
  target.dispatchEvent(event);
  return { during, after: told(event) };
}

Deno.test("a topic event has the properties of the platform's own, during its dispatch and afterwards", () => {
  const target = new EventTarget();
  const native = toldNatively(target, { text: "x" });
  const event = new TopicEvent("news:1", { text: "x" }, target);
  assertEquals(told(event), native.during);
  event.finish();
  assertEquals(told(event), native.after);
});

Deno.test("a topic event is a CustomEvent with the topic as its type, and cannot be prevented", () => {
  const target = new EventTarget();
  const detail = { text: "x" };
  const event = new TopicEvent("news:1", detail, target);
  assertInstanceOf(event, CustomEvent);
  assertEquals([event.type, event.bubbles, event.cancelable, event.composed], [
    "news:1",
    false,
    false,
    false,
  ]);
  assertStrictEquals(event.detail, detail);
  event.preventDefault();
  assertEquals(event.defaultPrevented, false);
});

Deno.test("a topic event is at its target until it is finished, and keeps the target", () => {
  const target = new EventTarget();
  const event = new TopicEvent("news:1", null, target);
  assertStrictEquals(event.target, target);
  assertStrictEquals(event.currentTarget, target);
  assertEquals(event.eventPhase, Event.AT_TARGET);
  assertEquals(event.composedPath().length, 1);
  assertStrictEquals(event.composedPath()[0], target);
  event.finish();
  assertStrictEquals(event.target, target);
  assertStrictEquals(event.currentTarget, null);
  assertEquals(event.eventPhase, Event.NONE);
  assertEquals(event.composedPath(), []);
});

Deno.test("a topic event is stopped by stopImmediatePropagation, and not by stopPropagation", () => {
  const event = new TopicEvent("news:1", null, new EventTarget());
  assertEquals([event.stopped, event.cancelBubble], [false, false]);
  event.stopPropagation();
  assertEquals([event.stopped, event.cancelBubble], [false, true]);
  event.stopImmediatePropagation();
  assertEquals(event.stopped, true);
  const other = new TopicEvent("news:1", null, new EventTarget());
  other.stopImmediatePropagation();
  assertEquals([other.stopped, other.cancelBubble], [true, true]);
});

Deno.test("a topic event cannot be dispatched during its dispatch", () => {
  const target = new EventTarget();
  target.addEventListener("news:1", () => {});
  const event = new TopicEvent("news:1", null, target);
  assertEquals(assertThrows(() => target.dispatchEvent(event), DOMException).name, "InvalidStateError");
  const error = assertThrows(() => dispatchNatively(target, event, () => {}), DOMException);
  assertEquals(error.name, "InvalidStateError");
});

Deno.test("a finished topic event can be dispatched on another target, and then has that target", () => {
  const [first, second] = [new EventTarget(), new EventTarget()];
  const event = new TopicEvent("news:1", "detail", first);
  event.finish();
  const heard: unknown[] = [];
  second.addEventListener("news:1", (event) => {
    heard.push(
      event.target === second,
      event.currentTarget === second,
      event.eventPhase,
      event.composedPath().length,
    );
  });
  second.dispatchEvent(event);
  assertEquals(heard, [true, true, Event.AT_TARGET, 1]);
});

Deno.test("a stopped topic event is dispatched again as the platform's own would be", () => {
  for (const stop of ["stopPropagation", "stopImmediatePropagation"] as const) {
    const target = new EventTarget();
    const native = new CustomEvent("news:1", { detail: null });
    target.addEventListener("news:1", (event) => event[stop](), { once: true });
    target.dispatchEvent(native);
    const event = new TopicEvent("news:1", null, target);
    event[stop]();
    event.finish();
    assertEquals(told(event), told(native));
    const heard: Event[] = [];
    const next = new EventTarget();
    next.addEventListener("news:1", (event) => heard.push(event));
    next.dispatchEvent(native);
    next.dispatchEvent(event);
    assertEquals(heard.length, 2);
  }
});

// Here each runtime differs from the standard, so there is no event to compare with.
Deno.test("cancelBubble of a topic event stays true until the dispatch ends, and stops no listener", () => {
  const event = new TopicEvent("news:1", null, new EventTarget());
  const values: boolean[] = [];
  for (const value of [false, true, false]) {
    event.cancelBubble = value;
    values.push(event.cancelBubble);
  }
  assertEquals([values, event.stopped], [[false, true, true], false]);
  event.finish();
  assertEquals(event.cancelBubble, false);
  event.cancelBubble = true;
  assertEquals(event.cancelBubble, true);
});

Deno.test("a topic event that is dispatched again is stopped as the platform's own would be", () => {
  for (const stop of ["stopPropagation", "stopImmediatePropagation"] as const) {
    const event = new TopicEvent("news:1", null, new EventTarget());
    event.finish();
    const labels: string[] = [];
    const target = new EventTarget();
    target.addEventListener("news:1", () => {
      labels.push("first");
      event[stop]();
    });
    target.addEventListener("news:1", () => labels.push("second"));
    target.dispatchEvent(event);
    assertEquals(labels, stop === "stopPropagation" ? ["first", "second"] : ["first"]);
    event[stop]();
    target.dispatchEvent(event);
    assertEquals(labels.length, stop === "stopPropagation" ? 2 : 1);
  }
});

// The platform's dispatch.

Deno.test("an event is dispatched by the platform, to the given function alone", () => {
  const target = new EventTarget();
  const native = toldNatively(target, null);
  target.addEventListener("other", () => assert(false));
  const event = new CustomEvent("news:1", { detail: null });
  let during: unknown;
  let dispatch: Stoppable | undefined;
  const result = dispatchNatively(target, event, (given) => {
    dispatch = given;
    during = told(event);
  });
  assertEquals([during, told(event)], [native.during, native.after]);
  assertEquals([result, dispatch?.stopped], [true, false]);
});

Deno.test("a dispatch leaves no listener, and no property on the event", () => {
  const target = new EventTarget();
  const event = new Event("news:1");
  const keys = Reflect.ownKeys(event);
  let calls = 0;
  for (let i = 1; i <= 2; i++) {
    dispatchNatively(target, event, () => calls++);
    assertEquals([calls, Reflect.ownKeys(event)], [i, keys]);
    assertStrictEquals(event.stopImmediatePropagation, Event.prototype.stopImmediatePropagation);
  }
  target.dispatchEvent(event);
  assertEquals(calls, 2);
});

Deno.test("stopImmediatePropagation during the dispatch is recorded, and known to the platform", () => {
  const event = new Event("news:1");
  const noted: unknown[] = [];
  dispatchNatively(new EventTarget(), event, (dispatch) => {
    event.stopPropagation();
    noted.push(dispatch.stopped);
    event.stopImmediatePropagation();
    noted.push(dispatch.stopped, event.cancelBubble);
  });
  assertEquals(noted, [false, true, true]);
  dispatchNatively(new EventTarget(), event, (dispatch) => noted.push(dispatch.stopped));
  assertEquals(noted.at(-1), false);
});

Deno.test("an event that was stopped before is not delivered, as by the platform", () => {
  for (const stop of ["stopPropagation", "stopImmediatePropagation"] as const) {
    const [ours, native] = [new Event("news:1"), new Event("news:1")];
    ours[stop]();
    native[stop]();
    const heard: string[] = [];
    const target = new EventTarget();
    target.addEventListener("news:1", () => heard.push("native"));
    target.dispatchEvent(native);
    dispatchNatively(new EventTarget(), ours, () => heard.push("ours"));
    assertEquals(heard, []);
    dispatchNatively(new EventTarget(), ours, () => heard.push("ours again"));
    target.dispatchEvent(native);
    assertEquals(heard, ["ours again", "native"]);
  }
});

Deno.test("an event that overrides stopImmediatePropagation keeps its own method, during and after", () => {
  let calls = 0;
  class OwnEvent extends Event {
    override stopImmediatePropagation(): void {
      calls++;
      super.stopImmediatePropagation();
    }
  }
  const event = new OwnEvent("news:1");
  let stopped = false;
  dispatchNatively(new EventTarget(), event, (dispatch) => {
    event.stopImmediatePropagation();
    stopped = dispatch.stopped;
  });
  assertEquals([calls, stopped], [1, true]);
  event.stopImmediatePropagation();
  assertEquals(calls, 2);
});

Deno.test("an event with an own property stopImmediatePropagation gets it back afterwards", () => {
  const event = new Event("news:1");
  let calls = 0;
  const own = { value: () => void calls++, enumerable: true, configurable: true, writable: false };
  Object.defineProperty(event, "stopImmediatePropagation", own);
  dispatchNatively(new EventTarget(), event, () => event.stopImmediatePropagation());
  assertEquals(calls, 1);
  assertEquals(Object.getOwnPropertyDescriptor(event, "stopImmediatePropagation"), own);
});

Deno.test("dispatch returns false for a prevented cancelable event, else true", () => {
  const target = new EventTarget();
  const cancelable = new Event("news:1", { cancelable: true });
  const prevent = (event: Event) => () => event.preventDefault();
  assertEquals(dispatchNatively(target, cancelable, () => {}), true);
  assertEquals(dispatchNatively(target, cancelable, prevent(cancelable)), false);
  const other = new Event("news:1");
  assertEquals(dispatchNatively(target, other, prevent(other)), true);
});

Deno.test("an event cannot be dispatched inside its own dispatch, which continues", () => {
  const target = new EventTarget();
  const event = new Event("news:1");
  const labels: string[] = [];
  const result = dispatchNatively(target, event, (dispatch) => {
    try {
      dispatchNatively(target, event, () => labels.push("inner"));
    } catch (error) {
      labels.push(error instanceof DOMException ? error.name : String(error));
    }
    event.stopImmediatePropagation();
    labels.push(String(dispatch.stopped));
  });
  assertEquals([result, labels], [true, ["InvalidStateError", "true"]]);
  dispatchNatively(target, new Event("news:1"), () => labels.push("next"));
  assertEquals(labels.at(-1), "next");
});

Deno.test("another event can be dispatched inside a dispatch, and stopped alone", () => {
  const target = new EventTarget();
  const [outer, inner] = [new Event("news:1"), new Event("news:1")];
  const stopped: boolean[] = [];
  dispatchNatively(target, outer, (outerDispatch) => {
    dispatchNatively(target, inner, (innerDispatch) => {
      inner.stopImmediatePropagation();
      stopped.push(innerDispatch.stopped);
    });
    stopped.push(outerDispatch.stopped);
  });
  assertEquals(stopped, [true, false]);
});

Deno.test("an event that is sealed or not extensible is delivered to every listener", () => {
  for (const fix of [Object.seal, Object.preventExtensions]) {
    const event = fix(new CustomEvent("news:1"));
    let calls = 0;
    assert(dispatchNatively(new EventTarget(), event, () => {
      calls++;
      event.stopImmediatePropagation();
    }));
    assertEquals(calls, 1);
  }
});
