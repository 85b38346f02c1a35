import {
  assert,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import fc from "fast-check";
import { type Listener, ListenerList } from "../../core/listener_list.ts";

function createList(): ListenerList {
  return new ListenerList({ type: "news", id: "1" });
}

function observer(list: ListenerList): Listener {
  return {
    list,
    envelopeListener: { onEvent() {} },
    eventListener: undefined,
    capture: false,
    once: false,
    release: undefined,
    isReady: false,
  };
}

function callback(list: ListenerList, call: () => void, capture = false): Listener {
  return {
    list,
    envelopeListener: undefined,
    eventListener: call,
    capture,
    once: false,
    release: undefined,
    isReady: false,
  };
}

Deno.test("a list is the topic whose listeners it holds", () => {
  const { type, id, size, eventListeners, readiness } = new ListenerList({
    type: "news",
    id: undefined,
  });
  assertEquals({ type, id, size, eventListeners, readiness }, {
    type: "news",
    id: undefined,
    size: 0,
    eventListeners: 0,
    readiness: "pending",
  });
});

Deno.test("a list finds an event listener by its capture", () => {
  const list = createList();
  const call = () => {};
  assertStrictEquals(list.find(call, false), undefined);
  const bubbling = callback(list, call);
  list.add(bubbling);
  assertStrictEquals(list.find(call, false), bubbling);
  assertStrictEquals(list.find(call, true), undefined);
  const capturing = callback(list, call, true);
  list.add(capturing);
  assertStrictEquals(list.find(call, true), capturing);
  list.remove(bubbling);
  assertStrictEquals(list.find(call, false), undefined);
  assertStrictEquals(list.find(call, true), capturing);
  list.remove(capturing);
  assertStrictEquals(list.find(call, true), undefined);
});

Deno.test("a list counts its listeners, and the event listeners among them", () => {
  const list = createList();
  const [first, second] = [observer(list), callback(list, () => {})];
  list.add(first);
  list.add(second);
  assertEquals([list.size, list.eventListeners], [2, 1]);
  list.remove(first);
  assertEquals([list.size, list.eventListeners], [1, 1]);
  list.remove(second);
  assertEquals([list.size, list.eventListeners], [0, 0]);
});

Deno.test("a removed listener is in no list, and releases its signal", () => {
  const list = createList();
  let released = 0;
  const listener = observer(list);
  listener.release = () => void released++;
  list.add(listener);
  assertStrictEquals(listener.list, list);
  list.remove(listener);
  assertEquals([listener.list, listener.release, released], [undefined, undefined, 1]);
});

Deno.test("an iteration over a list's entries continues over the same array while the list is compacted", () => {
  const list = createList();
  const listeners = Array.from({ length: 100 }, () => observer(list));
  for (const listener of listeners) list.add(listener);
  const { entries } = list;
  for (const listener of listeners.slice(0, 90)) list.remove(listener);
  assertNotStrictEquals(list.entries, entries);
  assertEquals(entries.length, 100);
  assert(entries.every((entry, i) => entry === listeners[i] && (entry.list === list) === i >= 90));
});

Deno.test("a list keeps the order of registration, and no more removed entries than listeners", () => {
  const step = fc.record({ add: fc.boolean(), at: fc.nat(), times: fc.integer({ min: 1, max: 40 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const list = createList();
      const model: Listener[] = [];
      for (const { add, at } of steps.flatMap((step) => Array(step.times).fill(step) as typeof steps)) {
        if (add || model.length === 0) {
          const listener = observer(list);
          list.add(listener);
          model.push(listener);
        } else {
          const [listener] = model.splice(at % model.length, 1);
          if (listener !== undefined) list.remove(listener);
        }
        const kept = list.entries.filter((entry) => entry.list !== undefined);
        assert(kept.length === model.length && kept.every((entry, i) => entry === model[i]));
        assertEquals(list.size, model.length);
        assertLessOrEqual(list.entries.length - list.size, Math.max(list.size, 15));
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("a list is compacted so rarely that it takes only a few steps for each listener", () => {
  for (const order of ["first in, first out", "last in, first out"]) {
    const list = createList();
    const listeners = Array.from({ length: 10_000 }, () => observer(list));
    for (const listener of listeners) list.add(listener);
    let { entries } = list;
    let steps = 0;
    for (const listener of order === "first in, first out" ? listeners : listeners.toReversed()) {
      list.remove(listener);
      if (list.entries === entries) continue;
      steps += entries.length;
      entries = list.entries;
    }
    assertEquals(list.size, 0);
    assertLess(steps, 2.5 * listeners.length);
  }
});
