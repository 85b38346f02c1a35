import { assertEquals } from "@std/assert";
import { Subscribers } from "../../../../adapters/_hub/outgoing/subscribers.ts";

interface Subscriber {
  readonly name: string;
  readonly topics: Set<string>;
}

function subscriber(name: string): Subscriber {
  return { name, topics: new Set() };
}

/** Whom an event is given to. */
function given(subscribers: Subscribers<Subscriber>, type: string, id: string): string[] {
  return subscribers.concerned({ type, id, payload: null }).map(({ name }) => name);
}

Deno.test("an event is given to the subscribers of its topic, then of its type, then of everything", () => {
  const subscribers = new Subscribers<Subscriber>();
  const [a, b, c, d] = ["a", "b", "c", "d"].map(subscriber) as [
    Subscriber,
    Subscriber,
    Subscriber,
    Subscriber,
  ];
  subscribers.add(c, "*");
  subscribers.add(b, "n");
  subscribers.add(a, "n:1");
  subscribers.add(d, "n:2");
  assertEquals(given(subscribers, "n", "1"), ["a", "b", "c"]);
  assertEquals(given(subscribers, "n", "2"), ["d", "b", "c"]);
  assertEquals(given(subscribers, "n", "3"), ["b", "c"]);
  assertEquals(given(subscribers, "other", "1"), ["c"]);
  assertEquals(subscribers.size, 4);
});

Deno.test("a subscriber is given an event once, whichever of its topics cover it", () => {
  const subscribers = new Subscribers<Subscriber>();
  const a = subscriber("a");
  for (const topic of ["n:1", "n", "*", "n:1"]) subscribers.add(a, topic);
  assertEquals(given(subscribers, "n", "1"), ["a"]);
  assertEquals(given(subscribers, "n", "1"), ["a"]);
  assertEquals([subscribers.size, a.topics.size], [3, 3]);
});

Deno.test("subscribing twice is one subscription, which one deletion ends", () => {
  const subscribers = new Subscribers<Subscriber>();
  const [a, b] = ["a", "b"].map(subscriber) as [Subscriber, Subscriber];
  const added = [a, a, b].map((each) => subscribers.add(each, "n:"));
  assertEquals(added, [true, false, false], "whether it is the first");
  const deleted = [subscribers.delete(a, "n:"), subscribers.delete(a, "n:"), subscribers.delete(a, "never")];
  assertEquals([given(subscribers, "n", ""), subscribers.size], [["b"], 1]);
  deleted.push(subscribers.delete(b, "n:"));
  assertEquals(deleted, [false, false, false, true], "whether it was the last");
  assertEquals([given(subscribers, "n", ""), subscribers.size], [[], 0]);
});

Deno.test("the end of a subscriber leaves no topic of its own behind, and those of others", () => {
  const subscribers = new Subscribers<Subscriber>();
  const [a, b] = ["a", "b"].map(subscriber) as [Subscriber, Subscriber];
  for (const topic of ["n:1", "n", "*", "m:1"]) subscribers.add(a, topic);
  subscribers.add(b, "n");
  subscribers.deleteAll(a);
  assertEquals([[...a.topics], subscribers.size, given(subscribers, "n", "1")], [[], 1, ["b"]]);
});

Deno.test("whom an event concerns follows every change, also while another event is given", () => {
  const subscribers = new Subscribers<Subscriber>();
  const [a, b, c] = ["a", "b", "c"].map(subscriber) as [Subscriber, Subscriber, Subscriber];
  subscribers.add(a, "n:1");
  assertEquals(given(subscribers, "n", "1"), ["a"]);
  subscribers.add(b, "n:1");
  const both = subscribers.concerned({ type: "n", id: "1", payload: null });
  subscribers.delete(a, "n:1");
  subscribers.add(c, "*");
  assertEquals([both.map(({ name }) => name), given(subscribers, "n", "1")], [["a", "b"], ["b", "c"]]);
  assertEquals([given(subscribers, "n", "2"), given(subscribers, "n", "1")], [["c"], ["b", "c"]]);
  subscribers.deleteAll(b);
  subscribers.deleteAll(c);
  assertEquals(given(subscribers, "n", "1"), []);
});
