import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import {
  deliverEnvelope,
  deliverEvent,
  type DeliveryOwner,
  reportUndeliverable,
  snapshotOf,
} from "../../core/delivery.ts";
import { type AnyCallback, type Listener, ListenerList } from "../../core/listener_list.ts";
import type { EnvelopeListener, ErrorStage, EventEnvelope } from "../../core/types.ts";

const ENVELOPE: EventEnvelope = { type: "news", id: "1", payload: null };

class Owner extends EventTarget implements DeliveryOwner {
  readonly faults: [stage: ErrorStage, error: unknown, topic: string][] = [];

  report(...fault: [stage: ErrorStage, error: unknown, topic: string]): void {
    this.faults.push(fault);
  }
}

function listOf(...hearers: (EnvelopeListener | AnyCallback)[]): ListenerList {
  const list = new ListenerList({ type: "news", id: "1" });
  for (const hearer of hearers) {
    const [observer, callback] = "onEvent" in hearer ? [hearer, undefined] : [undefined, hearer];
    list.add({ list, observer, callback, capture: false, once: false, release: undefined, ready: false });
  }
  return list;
}

function remove(listener: Listener): void {
  listener.list?.remove(listener);
}

Deno.test("a snapshot holds the entries of the lists that there are, in the order given", () => {
  const [first, second] = [listOf(() => {}), listOf(() => {}, () => {})];
  const snapshots = snapshotOf([undefined, second, undefined, first]);
  assertEquals(snapshots.map(({ length }) => length), [2, 1]);
  assertStrictEquals(snapshots[0]?.entries, second.entries);
  assertStrictEquals(snapshots[1]?.entries, first.entries);
});

Deno.test("a snapshot does not grow with its list", () => {
  const list = listOf(() => {});
  const [snapshot] = snapshotOf([list]);
  list.add({
    list,
    observer: undefined,
    callback() {},
    capture: false,
    once: false,
    release: undefined,
    ready: false,
  });
  assertEquals(snapshot?.length, 1);
});

Deno.test("an envelope is delivered to as many entries as are told, without the removed ones", () => {
  const owner = new Owner();
  const heard: string[] = [];
  const list = listOf(...["a", "b", "c", "d"].map((label) => ({ onEvent: () => void heard.push(label) })));
  const [, second] = list.entries;
  if (second !== undefined) remove(second);
  deliverEnvelope(owner, list.entries, 3, ENVELOPE);
  assertEquals([heard, owner.faults], [["a", "c"], []]);
});

Deno.test("an event is delivered to both kinds of listeners, list by list, until it is stopped", () => {
  const owner = new Owner();
  const heard: unknown[] = [];
  const dispatch = { stopped: false };
  const event = new CustomEvent("news:1", { detail: ENVELOPE });
  const first = listOf(
    function (this: unknown, given) {
      heard.push("function", this === owner, given === event);
    },
    {
      handleEvent(given) {
        heard.push("object", given === event);
      },
    },
  );
  const second = listOf(
    {
      onEvent(envelope) {
        heard.push("observer", envelope === ENVELOPE);
        dispatch.stopped = true;
      },
    },
    () => heard.push("stopped"),
  );
  const third = listOf({ onEvent: () => void heard.push("stopped") });
  deliverEvent(owner, snapshotOf([first, second, third]), event, ENVELOPE, dispatch, remove);
  assertEquals(heard, ["function", true, true, "object", true, "observer", true]);
  assertEquals(owner.faults, []);
});

Deno.test("an event without an envelope is reported once, however many lists there are", () => {
  const owner = new Owner();
  const heard: unknown[] = [];
  const ignore = { onEvent: () => assert(false) };
  const event = new CustomEvent("news:1", { detail: "text" });
  const lists = [listOf(ignore, ignore), listOf(() => heard.push("callback"), ignore)];
  deliverEvent(owner, snapshotOf(lists), event, undefined, { stopped: false }, remove);
  assertEquals(heard, ["callback"]);
  assertEquals(owner.faults.map(([stage, error, topic]) => [stage, String(error), topic]), [[
    "decode",
    'TypeError: Cannot deliver "text" on "news:1": it is not an envelope of that topic',
    "news:1",
  ]]);
});

Deno.test("a once listener is removed by the given function, before its call", () => {
  const owner = new Owner();
  const list = listOf();
  const labels: string[] = [];
  const callback = () => labels.push("called");
  list.add({
    list,
    observer: undefined,
    callback,
    capture: false,
    once: true,
    release: undefined,
    ready: false,
  });
  deliverEvent(owner, snapshotOf([list]), new Event("news:1"), undefined, { stopped: false }, (listener) => {
    labels.push("removed");
    remove(listener);
  });
  assertEquals([labels, list.size], [["removed", "called"], 0]);
});

Deno.test("what cannot be delivered is reported with where it arrived", () => {
  const owner = new Owner();
  reportUndeliverable(owner, "news", { text: "x" });
  const [fault] = owner.faults;
  assertEquals([fault?.[0], fault?.[2], owner.faults.length], ["decode", "news", 1]);
  assertEquals(
    String(fault?.[1]),
    'TypeError: Cannot deliver {"text":"x"} on "news": it is not an envelope of that topic',
  );
});
