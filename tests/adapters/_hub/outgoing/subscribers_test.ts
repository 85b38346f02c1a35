import { assertEquals } from "@std/assert";
import { hubBounds } from "../../../../adapters/_hub/bounds.ts";
import { SpokeTraffic } from "../../../../adapters/_hub/hub_counters.ts";
import { NamedTopic } from "../../../../adapters/_hub/named_topic.ts";
import { Subscribers } from "../../../../adapters/_hub/outgoing/subscribers.ts";
import { Spoke } from "../../../../adapters/_hub/spoke.ts";
import type { SpokeHost } from "../../../../adapters/_hub/spoke_parts.ts";
import { jsonCodec } from "../../../../adapters/_wire/json_codec.ts";
import { FakeWire } from "../../../support/fake_wire.ts";

function subscriber(name: string): Spoke {
  const host: SpokeHost<Spoke> = {
    incoming: { onEvent() {}, onDropped() {}, onControl() {} },
    links: { welcome() {} },
    onSpokeFrame() {},
    onSpokeOpen() {},
    onSpokeSlow() {},
    onSpokeEnd() {},
    onSpokeReleased() {},
  };
  const wire = new FakeWire();
  const bounds = hubBounds({ backpressureThreshold: 0 });
  return new Spoke(
    { tag: name, connection: wire, wire, codec: jsonCodec, bounds, traffic: new SpokeTraffic() },
    {},
    host,
  );
}

function nameOf(spoke: Spoke): string {
  return spoke[Symbol.toStringTag];
}

function add(subscribers: Subscribers, spoke: Spoke, topic: string): boolean {
  return subscribers.add(spoke, new NamedTopic(topic));
}

function remove(subscribers: Subscribers, spoke: Spoke, topic: string): boolean {
  return subscribers.delete(spoke, topic)?.wasLast === true;
}

function deleteAll(subscribers: Subscribers, spoke: Spoke): void {
  for (const topic of [...spoke.topics]) remove(subscribers, spoke, topic);
}

/** The names of the spokes that an event matches. */
function given(subscribers: Subscribers, type: string, id: string): string[] {
  return subscribers.matching({ type, id, payload: null }).map(nameOf);
}

Deno.test("an event matches the subscribers of its topic, then of its type, then of everything", () => {
  const subscribers = new Subscribers();
  const [a, b, c, d] = ["a", "b", "c", "d"].map(subscriber) as [
    Spoke,
    Spoke,
    Spoke,
    Spoke,
  ];
  add(subscribers, c, "*");
  add(subscribers, b, "n");
  add(subscribers, a, "n:1");
  add(subscribers, d, "n:2");
  assertEquals(given(subscribers, "n", "1"), ["a", "b", "c"]);
  assertEquals(given(subscribers, "n", "2"), ["d", "b", "c"]);
  assertEquals(given(subscribers, "n", "3"), ["b", "c"]);
  assertEquals(given(subscribers, "other", "1"), ["c"]);
  assertEquals(subscribers.size, 4);
});

Deno.test("an event matches a subscriber once, whichever of its topics cover it", () => {
  const subscribers = new Subscribers();
  const a = subscriber("a");
  for (const topic of ["n:1", "n", "*", "n:1"]) add(subscribers, a, topic);
  assertEquals(given(subscribers, "n", "1"), ["a"]);
  assertEquals(given(subscribers, "n", "1"), ["a"]);
  assertEquals([subscribers.size, a.topics.size], [3, 3]);
});

Deno.test("subscribing twice is one subscription, which one deletion ends", () => {
  const subscribers = new Subscribers();
  const [a, b] = ["a", "b"].map(subscriber) as [Spoke, Spoke];
  const added = [a, a, b].map((each) => add(subscribers, each, "n:"));
  assertEquals(added, [true, false, false], "whether it is the first");
  const deleted = [
    remove(subscribers, a, "n:"),
    remove(subscribers, a, "n:"),
    remove(subscribers, a, "never"),
  ];
  assertEquals([given(subscribers, "n", ""), subscribers.size], [["b"], 1]);
  deleted.push(remove(subscribers, b, "n:"));
  assertEquals(deleted, [false, false, false, true], "whether it was the last");
  assertEquals([given(subscribers, "n", ""), subscribers.size], [[], 0]);
});

Deno.test("the end of a subscriber leaves none of its topics, and all of others", () => {
  const subscribers = new Subscribers();
  const [a, b] = ["a", "b"].map(subscriber) as [Spoke, Spoke];
  for (const topic of ["n:1", "n", "*", "m:1"]) add(subscribers, a, topic);
  add(subscribers, b, "n");
  deleteAll(subscribers, a);
  assertEquals([[...a.topics], subscribers.size, given(subscribers, "n", "1")], [[], 1, ["b"]]);
});

Deno.test("the matching subscribers follow every change, and a list in use does not change", () => {
  const subscribers = new Subscribers();
  const [a, b, c] = ["a", "b", "c"].map(subscriber) as [Spoke, Spoke, Spoke];
  add(subscribers, a, "n:1");
  assertEquals(given(subscribers, "n", "1"), ["a"]);
  add(subscribers, b, "n:1");
  const both = subscribers.matching({ type: "n", id: "1", payload: null });
  remove(subscribers, a, "n:1");
  add(subscribers, c, "*");
  assertEquals([both.map(nameOf), given(subscribers, "n", "1")], [["a", "b"], ["b", "c"]]);
  assertEquals([given(subscribers, "n", "2"), given(subscribers, "n", "1")], [["c"], ["b", "c"]]);
  deleteAll(subscribers, b);
  deleteAll(subscribers, c);
  assertEquals(given(subscribers, "n", "1"), []);
});
