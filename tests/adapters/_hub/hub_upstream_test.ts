import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  createInProcessEventTarget,
  createPubSub,
  type EnvelopeListener,
  type EventEnvelope,
  type PubSubEventTarget,
} from "@alkdev/pubsub";
import { FarEndEventTarget } from "../../../core/far_end_event_target.ts";
import { acknowledge, endTopic, topicsToAsk } from "../../../core/topic_answers.ts";
import { ConnectionLostError, RefusedError } from "../../../core/errors.ts";
import type { Readiness } from "../../../core/listener_table.ts";
import { FakeSocket } from "../../support/fake_socket.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { answer, controlsOf, eventsOf, open } from "../../support/wire_hub.ts";

/** An upstream that says only what the test has it say, as one with a network in between may take its time. */
class ManualUpstream extends FarEndEventTarget {
  /** The topics that were wanted (+) and given back (-). */
  readonly log: string[] = [];
  readonly published: EventEnvelope[] = [];
  flushed = 0;

  constructor() {
    super("ManualUpstream", { onError: () => {} }, "open");
  }

  override onFirstListener(topic: string): Readiness {
    this.log.push(`+${topic}`);
    return "pending";
  }

  override onLastListener(topic: string): void {
    this.log.push(`-${topic}`);
  }

  override flush(): Promise<void> {
    this.flushed++;
    return Promise.resolve();
  }

  protected override send(envelope: EventEnvelope): void {
    this.published.push(envelope);
  }

  /** The topics that have listeners. */
  get topics(): string[] {
    return topicsToAsk(this.listeners).toSorted();
  }

  acknowledge(topic: string): void {
    acknowledge(this.listeners, topic);
  }

  refuse(topic: string, reason: string): void {
    endTopic(this.listeners, topic, new RefusedError("refused", { topic, reason }));
  }

  /** Tells the listeners of each of these topics by a message of its own, as Redis does. */
  deliver(envelope: EventEnvelope, ...topics: string[]): void {
    for (const topic of topics) {
      this.dispatcher.emitOn(topic, `${envelope.type}:${envelope.id}`, { ...envelope });
    }
  }

  /** Loses its connection: later listeners are acknowledged when it is back. */
  suspend(): void {
    this.setStatus({ state: "reconnecting" });
    const listen = this.listen.bind(this);
    const late: EnvelopeListener[] = [];
    this.listen = (type, id, listener) => {
      late.push(listener);
      return listen(type, id, {
        onEvent: (envelope) => listener.onEvent(envelope),
        onGap: () => listener.onGap?.(),
      });
    };
    this.resume = () => {
      this.listen = listen;
      this.setStatus({ state: "open", gap: true });
      for (const listener of late) listener.onReady?.();
    };
  }

  /** Is back. */
  resume(): void {}

  tellOfGap(): void {
    this.setStatus({ state: "open", gap: true });
  }

  lose(error: Error): void {
    this.end(error);
  }
}

/** An envelope of the test's. */
const event = (type: string, id: string, payload: unknown = null): EventEnvelope => ({ type, id, payload });

/** An upstream in the process, which acknowledges each topic at once. */
class CountedUpstream extends ManualUpstream {
  override onFirstListener(topic: string): Readiness {
    super.onFirstListener(topic);
    return "ready";
  }

  protected override send(envelope: EventEnvelope): void {
    this.dispatcher.emit(envelope);
  }
}

Deno.test("the upstream has one listener for each topic that any spoke wants, from the first to the last", async () => {
  const upstream = new CountedUpstream();
  const { hub, add, end } = open({ upstream });
  const one = add(["n:1", "n"]).socket;
  const two = add(["n:1", "*"]).socket;
  one.receive("__subscribe", "2", { topics: ["n:1"] });
  assertEquals(upstream.log, ["+n:1", "+n", "+*"]);
  one.receive("__unsubscribe", "3", { topics: ["n:1", "n:1", "m"] });
  assertEquals(upstream.log.splice(0), ["+n:1", "+n", "+*"]);
  two.receive("__unsubscribe", "2", { topics: ["n:1"] });
  assertEquals(upstream.log.splice(0), ["-n:1"]);
  hub.removeConnection(one);
  two.fire("close");
  assertEquals([upstream.log.splice(0), upstream.topics], [["-n", "-*"], []]);
  await end(one);
});

Deno.test("an event of a spoke reaches every subscribed spoke and listener once, whatever covers it", async () => {
  const upstream = createInProcessEventTarget();
  const { hub, add, end } = open({ upstream });
  const every = [[], ["n:1"], ["n"], ["*"], ["n:1", "n"], ["n:1", "*"], ["n", "*"], ["n:1", "n", "*"], [
    "n:2",
    "m",
  ]];
  const sockets = every.map((topics) => add(topics, { batch: true }).socket);
  const heard: string[] = [];
  for (const [type, id] of [["n", "1"], ["n", undefined], ["*", undefined]] as const) {
    hub.listen(type, id, { onEvent: () => void heard.push(`${type} ${id}`) });
  }
  const [publisher] = sockets;
  publisher?.receive("n", "1");
  upstream.publish(event("n", "1"));
  hub.publish(event("n", "1"));
  await microtasks();
  assertEquals(sockets.map((socket) => eventsOf(socket).length), [0, 3, 3, 3, 3, 3, 3, 3, 0]);
  assertEquals(heard, Array.from({ length: 3 }, () => ["n 1", "n undefined", "* undefined"]).flat());
  await end(...sockets);
});

Deno.test("an event is delivered once even if the upstream delivers it to topic, type and everything by separate messages", async () => {
  const upstream = new ManualUpstream();
  const { hub, add, end } = open({ upstream });
  const every = [["n:1"], ["n"], ["*"], ["n:1", "n"], ["n:1", "*"], ["n", "*"], ["n:1", "n", "*"]];
  const sockets = every.map((topics) => add(topics, { batch: true }).socket);
  const heard: string[] = [];
  for (const [type, id] of [["n", "1"], ["n", undefined], ["*", undefined]] as const) {
    hub.listen(type, id, { onEvent: () => void heard.push(`${type} ${id}`) });
  }
  for (const topic of ["n:1", "n", "*"]) upstream.acknowledge(topic);
  for (const order of [["n:1", "n", "*"], ["*", "n", "n:1"], ["n", "n:1", "*"]]) {
    heard.length = 0;
    upstream.deliver(event("n", "1"), ...order);
    await microtasks();
    assertEquals(sockets.map((socket) => eventsOf(socket).length), sockets.map(() => 1), order.join());
    assertEquals(heard.length, 3, order.join());
    for (const { sent } of sockets) sent.length = 0;
  }
  await end(...sockets);
});

Deno.test("the hub's own listeners of topics that spokes have already receive each event once too", async () => {
  const upstream = new ManualUpstream();
  const { hub, add, end } = open({ upstream });
  const { socket } = add(["n:1", "n"]);
  for (const topic of ["n:1", "n"]) upstream.acknowledge(topic);
  const heard: string[] = [];
  for (const id of ["1", undefined]) hub.listen("n", id, { onEvent: () => void heard.push(`n ${id}`) });
  upstream.deliver(event("n", "1"), "n:1", "n");
  assertEquals(heard, ["n 1", "n undefined"]);
  await end(socket);
});

Deno.test("a topic that the upstream has not acknowledged keeps no event from subscribers of its type", async () => {
  const upstream = new ManualUpstream();
  const { hub, add, end } = open({ upstream });
  const { socket } = add(["n"]);
  const heard: string[] = [];
  hub.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
  upstream.acknowledge("n");
  socket.receive("__subscribe", "2", { topics: ["n:1"] });
  hub.listen("n", "1", { onEvent: ({ id }) => void heard.push(`topic ${id}`) });
  upstream.deliver(event("n", "1"), "n");
  await microtasks();
  assertEquals([eventsOf(socket), heard], [["n:1"], ["topic 1", "1"]]);
  await end(socket);
});

Deno.test("an envelope that is published again is another event, even if the subscriptions have changed", async () => {
  const upstream = new CountedUpstream();
  const { add, end } = open({ upstream });
  const { socket } = add(["n:1", "n"], { batch: true });
  const tick = event("n", "1");
  upstream.publish(tick);
  upstream.publish(tick);
  await microtasks();
  assertEquals(eventsOf(socket).length, 2);
  socket.receive("__unsubscribe", "2", { topics: ["n:1"] });
  upstream.publish(tick);
  await microtasks();
  assertEquals(eventsOf(socket).length, 3);
  await end(socket);
});

Deno.test("an envelope that is published again at once is another event to the remaining listeners", async () => {
  const upstream = new CountedUpstream();
  const { add, end } = open({ upstream });
  const [one, two] = [add(["n:1"]).socket, add(["n"], { batch: true }).socket];
  const envelope = event("n", "1");
  upstream.publish(envelope);
  one.receive("__unsubscribe", "2", { topics: ["n:1"] });
  upstream.publish(envelope);
  await microtasks();
  assertEquals([eventsOf(one), eventsOf(two)], [["n:1"], ["n:1", "n:1"]]);
  await end(one, two);
});

Deno.test("the hub's own listeners receive events before the acknowledgement, and a topic that they left keeps none from them", async () => {
  const upstream = new ManualUpstream();
  const { hub, end } = open({ upstream });
  const heard: unknown[] = [];
  const stop = hub.listen("n", "1", { onEvent() {} });
  hub.listen("n", undefined, { onEvent: ({ payload }) => void heard.push(payload) });
  upstream.deliver(event("n", "1", "early"), "n");
  upstream.acknowledge("n:1");
  upstream.acknowledge("n");
  stop();
  upstream.deliver(event("n", "1", "late"), "n");
  assertEquals(heard, ["early", "late"]);
  await end();
});

Deno.test("a spoke that loses its topic during the delivery of its event still receives it once", async () => {
  const upstream = new CountedUpstream();
  const { hub, add, end } = open({ upstream });
  const { socket, spoke } = add(["n:1", "n"], { batch: true });
  const other = add(["n:1", "n", "*"], { batch: true }).socket;
  // Registered after the hub's own listener of the topic, and before the one of the type is called.
  upstream.listen("n", "1", { onEvent: () => socket.receive("__unsubscribe", "2", { topics: ["n:1"] }) });
  upstream.publish(event("n", "1"));
  await microtasks();
  assertEquals([eventsOf(socket).length, eventsOf(other).length, [...spoke.topics]], [1, 1, ["n"]]);
  await end(socket, other);
  assertEquals(hub.topicCount, 0);
});

for (const topics of [["n:1", "n"], ["n:1", "*"], ["n", "*"]]) {
  Deno.test(`a spoke that loses ${topics[0]} during the delivery of its event receives it once, though it has ${topics[1]}`, async () => {
    const upstream = new CountedUpstream();
    const { add, end } = open({ upstream });
    const { socket } = add(topics, { batch: true });
    const [type = "", id] = topics[0]?.split(":") ?? [];
    upstream.listen(type, id, {
      onEvent: () => socket.receive("__unsubscribe", "2", { topics: topics.slice(0, 1) }),
    });
    upstream.publish(event("n", "1"));
    await microtasks();
    assertEquals(eventsOf(socket), ["n:1"]);
    await end(socket);
  });
}

Deno.test("events published before a connection is open wait for it, unless they come from an upstream", async () => {
  for (const upstream of [undefined, createInProcessEventTarget()]) {
    const { add, end, hub } = open(upstream === undefined ? {} : { upstream }, { exclusive: true });
    const socket = new FakeSocket();
    socket.readyState = 0;
    add(undefined, undefined, socket);
    hub.publish(event("n", "1"));
    // Nothing waits for it there, and so neither does this.
    if (upstream !== undefined) await hub.flush();
    socket.fire("open");
    await microtasks();
    assertEquals(eventsOf(socket), upstream === undefined ? ["n:1"] : []);
    await end(socket);
  }
});

Deno.test("an event that is published during the delivery of another one reaches each spoke once, and so does the other", async () => {
  const upstream = new CountedUpstream();
  const { hub, add, end } = open({ upstream });
  const all = ["n:1", "n", "*"];
  const sockets = [add(all, { batch: true }).socket, add(all, { batch: true }).socket];
  hub.listen("n", "1", {
    onEvent: ({ payload }) => {
      if (payload === 0) hub.publish(event("n", "1", 1));
    },
  });
  hub.publish(event("n", "1", 0));
  await microtasks();
  for (const socket of sockets) {
    const payloads = socket.envelopes.filter(({ type }) => type === "n").map(({ payload }) => payload);
    assertEquals(payloads.toSorted(), [0, 1]);
  }
  await end(...sockets);
});

Deno.test("a spoke that loses its topic during two nested deliveries receives both events once", async () => {
  const upstream = new CountedUpstream();
  const { add, end } = open({ upstream });
  const { socket } = add(["n:1", "n", "m"], { batch: true });
  upstream.listen("n", "1", {
    onEvent() {
      upstream.publish(event("m", "1"));
      socket.receive("__unsubscribe", "2", { topics: ["n:1"] });
    },
  });
  upstream.publish(event("n", "1"));
  await microtasks();
  assertEquals(eventsOf(socket), ["n:1", "m:1"]);
  await end(socket);
});

Deno.test("a spoke that says echo: false receives all events but its own, and all others receive its events", async () => {
  const upstream = createInProcessEventTarget();
  const first = open({ upstream });
  const second = open({ upstream });
  const quiet = first.add(["n:1", "n"], { echo: false }).socket;
  const loud = first.add(["n"], { echo: true }).socket;
  const silent = first.add(["n"]).socket;
  const far = second.add(["n", "*"], { echo: false }).socket;
  for (const socket of [quiet, loud, silent, far]) socket.receive("n", "1");
  await microtasks();
  assertEquals([quiet, loud, silent, far].map((socket) => eventsOf(socket).length), [3, 4, 4, 3]);
  await first.end(quiet, loud, silent);
  await second.end(far);
});

Deno.test("an event that the program publishes again is the program's, even to the spoke that sent it", async () => {
  const upstream = createInProcessEventTarget();
  const { hub, add, end } = open({ upstream });
  const { socket } = add(["n"], { echo: false });
  let again = true;
  upstream.listen("n", undefined, {
    onEvent(envelope) {
      if (again) {
        again = false;
        hub.publish(envelope);
      }
    },
  });
  socket.receive("n", "1");
  await microtasks();
  assertEquals(eventsOf(socket), ["n:1"]);
  await end(socket);
});

Deno.test("an event is encoded once for all spokes, whichever of their topics covers it", async () => {
  let encoded = 0;
  const payload = { toJSON: () => ++encoded };
  const upstream = createInProcessEventTarget();
  const { add, end } = open({ upstream });
  const sockets = [["n:1"], ["n"], ["*"], ["n:1", "*"]].map((topics) => add(topics).socket);
  upstream.publish(event("n", "1", payload));
  await microtasks();
  assertEquals([encoded, sockets.map((socket) => eventsOf(socket).length)], [1, [1, 1, 1, 1]]);
  await end(...sockets);
});

Deno.test("an event that cannot be encoded is reported once, however many listeners the upstream has", async () => {
  const upstream = createInProcessEventTarget();
  const { add, end, reports } = open({ upstream });
  const sockets = [["n:1"], ["n"], ["*"], ["n:1", "*"]].map((topics) => add(topics).socket);
  upstream.publish(event("n", "1", 1n));
  upstream.publish(event("n", "1", 1));
  await microtasks();
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), [["encode", "n:1"]]);
  assertEquals(sockets.map((socket) => eventsOf(socket).length), [1, 1, 1, 1]);
  await end(...sockets);
});

Deno.test("the via that a peer claims is not trusted, and is sent to no other peer", async () => {
  const upstream = createInProcessEventTarget();
  const heard: EventEnvelope[] = [];
  upstream.listen("n", undefined, { onEvent: (envelope) => void heard.push(envelope) });
  const { hub, add, end } = open({ upstream });
  const own: EventEnvelope[] = [];
  hub.listen("n", undefined, { onEvent: (envelope) => void own.push(envelope) });
  const victim = add(["n"], { echo: false }).socket;
  const forger = add(["n"], { echo: true }).socket;
  victim.receive("n", "own");
  // Every mark that the hub may have made, as far as anybody could guess or has seen it.
  const claims = ["1", hub.spokes[0]?.hopId ?? "", "x".repeat(64)];
  for (const via of [claims, [hub.spokes[0]?.hopId], claims.toReversed()]) {
    forger.fire("message", { data: JSON.stringify({ type: "n", id: "forged", payload: null, via }) });
  }
  await microtasks();
  assertEquals(eventsOf(victim), ["n:forged", "n:forged", "n:forged"]);
  assertEquals(victim.sent.some((frame) => frame.includes("via")), false);
  assertEquals(eventsOf(forger).length, 4);
  assertEquals([heard, own], [[
    { type: "n", id: "own", payload: undefined },
    ...Array(3).fill(event("n", "forged")),
  ], heard]);
  await end(victim, forger);
});

Deno.test("a malformed via is ignored, and the event is not", async () => {
  const upstream = createInProcessEventTarget();
  const { add, end } = open({ upstream });
  const { socket } = add(["n"], { batch: true });
  const ways = ["x", 1, {}, [], [1], [["x"]], ["x".repeat(65)], null, { length: 9 }];
  for (const via of ways) socket.fire("message", { data: JSON.stringify({ type: "n", id: "1", via }) });
  await microtasks();
  assertEquals([eventsOf(socket).length, socket.sent.join().includes("via")], [ways.length, false]);
  await end(socket);
});

Deno.test("an event that has passed through eight hubs is not relayed, and is reported", async () => {
  const upstream = createInProcessEventTarget();
  const { add, end, reports } = open({ upstream });
  const { socket, spoke } = add(["n"], { batch: true });
  const marks = (count: number) => Array.from({ length: count }, (_, i) => `hub.${i}`);
  for (const via of [marks(7), marks(8), marks(1000)]) {
    socket.fire("message", { data: JSON.stringify({ type: "n", id: String(via.length), via }) });
  }
  await microtasks();
  assertEquals(eventsOf(socket), ["n:7"]);
  assertEquals(reports.map(({ stage, topic, target }) => [stage, topic, target]), [
    ["publish", "n:8", spoke],
    ["publish", "n:1000", spoke],
  ]);
  await end(socket);
});

Deno.test("a spoke is answered once the upstream has acknowledged every topic, and receives no event before", async () => {
  const upstream = new ManualUpstream();
  const { add, end, hub } = open({ upstream });
  const { socket, spoke } = add(["n:1", "m"]);
  socket.receive("__ping", "flush");
  socket.receive("__ping", "");
  upstream.deliver(event("m", "1"), "m");
  upstream.acknowledge("n:1");
  upstream.deliver(event("n", "1"), "n:1");
  await microtasks();
  assertEquals([controlsOf(socket), eventsOf(socket), spoke.topics.size, hub.topicCount], [
    [["__pong", "", undefined]],
    [],
    0,
    0,
  ]);
  upstream.acknowledge("m");
  upstream.deliver(event("n", "1"), "n:1");
  await microtasks();
  assertEquals(socket.envelopes.map(({ type, id }) => type + id), [
    "__pong",
    "__subscribed1",
    "__pongflush",
    "n1",
  ]);
  await end(socket);
  assertEquals(upstream.log, ["+n:1", "+m", "-n:1", "-m"]);
});

Deno.test("a flush waits for the requests before it, and for none after it", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream });
  const { socket } = add(["a"]);
  socket.receive("__ping", "1");
  socket.receive("__subscribe", "2", { topics: ["b"] });
  socket.receive("__ping", "2");
  upstream.acknowledge("b");
  await microtasks();
  assertEquals(controlsOf(socket), [answer("2", ["b"])]);
  upstream.acknowledge("a");
  await microtasks();
  assertEquals(controlsOf(socket).slice(1), [
    answer("1", ["a"]),
    ["__pong", "1", undefined],
    ["__pong", "2", undefined],
  ]);
  await end(socket);
});

Deno.test("published events do not wait for the upstream's acknowledgements", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream });
  const { socket } = add(["a"]);
  socket.receive("n", "1", 1);
  assertEquals(upstream.published, [event("n", "1", 1)]);
  await end(socket);
});

Deno.test("rapid subscribing and unsubscribing while the upstream is silent ends in the last request", async () => {
  const upstream = new ManualUpstream();
  const { add, end, hub } = open({ upstream });
  const { socket, spoke } = add(["n:1", "n:2"]);
  socket.receive("__unsubscribe", "2", { topics: ["n:1"] });
  assertEquals(upstream.log.splice(0), ["+n:1", "+n:2", "-n:1"]);
  socket.receive("__subscribe", "3", { topics: ["n:1"] });
  socket.receive("__subscribe", "4", { topics: ["n:1"] });
  socket.receive("__unsubscribe", "5", { topics: ["n:2"] });
  assertEquals(upstream.log.splice(0), ["+n:1", "-n:2"]);
  upstream.acknowledge("n:1");
  await microtasks();
  const unsubscribed = "unsubscribed before it was answered";
  assertEquals(controlsOf(socket), [
    answer("1", [], { "n:1": unsubscribed, "n:2": unsubscribed }),
    answer("3", ["n:1"]),
    answer("4", ["n:1"]),
  ]);
  upstream.deliver(event("n", "1"), "n:1");
  await microtasks();
  assertEquals([eventsOf(socket), [...spoke.topics]], [["n:1"], ["n:1"]]);
  socket.receive("__unsubscribe", "6", { topics: ["n:1"] });
  assertEquals([upstream.log.splice(0), hub.topicCount], [["-n:1"], 0]);
  await end(socket);
});

Deno.test("a request that is answered late does not undo later answers", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream });
  const { socket, spoke } = add(["slow", "n:1"]);
  upstream.acknowledge("n:1");
  socket.receive("__unsubscribe", "2", { topics: ["n:1"] });
  socket.receive("__subscribe", "3", { topics: ["n:1"] });
  upstream.acknowledge("n:1");
  assertEquals([...spoke.topics], ["n:1"]);
  upstream.acknowledge("slow");
  assertEquals([...spoke.topics], ["n:1", "slow"]);
  await end(socket);
  assertEquals(upstream.topics, []);
});

Deno.test("unsubscribing a topic refuses it in the one of two requests that is still open", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream });
  const { socket, spoke } = add(["n:1"]);
  socket.receive("__subscribe", "2", { topics: ["n:1", "slow"] });
  upstream.acknowledge("n:1");
  socket.receive("__unsubscribe", "3", { topics: ["n:1"] });
  upstream.acknowledge("slow");
  await microtasks();
  assertEquals(controlsOf(socket), [
    answer("1", ["n:1"]),
    answer("2", ["slow"], { "n:1": "unsubscribed before it was answered" }),
  ]);
  assertEquals([[...spoke.topics], upstream.topics], [["slow"], ["slow"]]);
  await end(socket);
});

Deno.test("a topic that the upstream refuses is refused in open requests, and revoked from subscribers", async () => {
  const upstream = new ManualUpstream();
  const { add, end, hub, reports } = open({ upstream });
  const early = add(["n:1"]).socket;
  upstream.acknowledge("n:1");
  const late = add(["n:1", "n:2"]).socket;
  upstream.refuse("n:2", "no rights");
  upstream.refuse("n:1", "not any more");
  await microtasks();
  assertEquals(controlsOf(early), [
    answer("1", ["n:1"]),
    ["__revoked", "", { refused: [{ topic: "n:1", reason: "not any more" }] }],
  ]);
  // It was acknowledged already when the second spoke asked; the answer waited for the other topic.
  assertEquals(controlsOf(late), [
    answer("1", ["n:1"], { "n:2": "no rights" }),
    ["__revoked", "", { refused: [{ topic: "n:1", reason: "not any more" }] }],
  ]);
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), [["subscribe", "n:2"], [
    "subscribe",
    "n:1",
  ]]);
  assertEquals(hub.topicCount, 0);
  // It can be asked for again.
  late.receive("__subscribe", "2", { topics: ["n:1"] });
  upstream.acknowledge("n:1");
  await microtasks();
  assertEquals(controlsOf(late).at(-1), answer("2", ["n:1"]));
  await end(early, late);
});

Deno.test("an upstream that throws at listen refuses the topic", async () => {
  const upstream = new ManualUpstream();
  const inner = upstream.listen.bind(upstream);
  upstream.listen = (type: string, id: string | undefined, listener: EnvelopeListener) => {
    if (id === undefined) throw new TypeError("Cannot listen to every id");
    return inner(type, id, listener);
  };
  const { add, end, hub } = open({ upstream });
  const { socket } = add(["n", "n:1"]);
  upstream.acknowledge("n:1");
  const { ready } = createPubSub<{ n: null }>({ eventTarget: hub }).subscribe("n");
  await microtasks();
  assertEquals(controlsOf(socket), [answer("1", ["n:1"], { n: "Cannot listen to every id" })]);
  await assertRejects(() => ready, RefusedError, "Cannot listen to every id");
  await end(socket);
});

Deno.test("a spoke that is removed in the report of a refusal is subscribed to nothing", async () => {
  const upstream = new CountedUpstream();
  const inner = upstream.listen.bind(upstream);
  upstream.listen = (type: string, id: string | undefined, listener: EnvelopeListener) => {
    if (id === undefined) throw new TypeError("Cannot listen to every id");
    return inner(type, id, listener);
  };
  const parts = open({ upstream, onError: () => void parts.hub.removeConnection(socket) });
  const socket = new FakeSocket();
  parts.add(["n:1", "n", "n:2"], undefined, socket);
  await microtasks();
  assertEquals([parts.hub.topicCount, upstream.topics, socket.sent], [0, [], []]);
  await parts.end();
});

Deno.test("revoke refuses topics that the upstream has not acknowledged yet, and releases them", async () => {
  const upstream = new ManualUpstream();
  const { add, end, hub } = open({ upstream });
  const { socket, spoke } = add(["n:1", "n:2"]);
  hub.revoke(spoke, "n:1");
  upstream.acknowledge("n:2");
  await microtasks();
  assertEquals(controlsOf(socket), [answer("1", ["n:2"], { "n:1": "revoked" })]);
  assertEquals(upstream.log, ["+n:1", "+n:2", "-n:1"]);
  await end(socket);
});

Deno.test("a spoke that goes while the upstream is silent leaves no listener there", async () => {
  const upstream = new ManualUpstream();
  const { add, end, hub } = open({ upstream });
  const { socket } = add(["n:1", "n"]);
  socket.receive("__ping", "flush");
  socket.receive("__subscribe", "2", { topics: ["n:1"] });
  socket.fire("close");
  assertEquals(upstream.log.toSorted(), ["+n", "+n:1", "-n", "-n:1"]);
  upstream.acknowledge("n:1");
  assertEquals([hub.topicCount, socket.sent], [0, []]);
  await end();
});

Deno.test("a spoke that keeps asking while the upstream is silent is dropped (4429)", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream, maxPending: 5 });
  const { socket } = add();
  for (let i = 0; i < 5; i++) {
    socket.receive("__subscribe", String(i), { topics: ["n:1"] });
    socket.receive("__unsubscribe", "", { topics: ["n:1"] });
  }
  assertEquals(socket.closes, [], "what was unsubscribed is answered");
  for (let i = 0; i < 4; i++) socket.receive("__subscribe", String(i), { topics: [`m:${i}`] });
  socket.receive("__ping", "flush");
  assertEquals(socket.closes, []);
  socket.receive("__ping", "flush");
  assertEquals(socket.closes.map(({ code }) => code), [4429]);
  assertEquals(upstream.topics, []);
  await end(socket);
});

Deno.test("a spoke that asks as fast as the upstream answers is never dropped", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream, maxPending: 5 });
  const { socket } = add(["slow"]);
  for (let i = 0; i < 10; i++) {
    socket.receive("__subscribe", String(i), { topics: [`n:${i}`, "next"] });
    for (let flush = 0; flush < 2; flush++) socket.receive("__ping", `${i}.${flush}`);
    upstream.acknowledge(i === 0 ? "slow" : "next");
    socket.receive("__unsubscribe", "", { topics: ["next", `n:${i}`] });
    socket.receive("__subscribe", "", { topics: ["next"] });
    upstream.acknowledge(`n:${i}`);
    upstream.acknowledge("next");
    socket.receive("__unsubscribe", "", { topics: ["next"] });
  }
  await microtasks();
  assertEquals(socket.closes, []);
  assertEquals(controlsOf(socket).filter(([type]) => type === "__pong").length, 20);
  await end(socket);
});

Deno.test("open requests of a spoke that has gone leave room for the events of others", async () => {
  const upstream = new ManualUpstream();
  const answers: ((allowed: boolean) => void)[] = [];
  const { add, end } = open({
    upstream,
    maxPending: 3,
    authorize: ({ action }) => action === "subscribe" || new Promise((resolve) => answers.push(resolve)),
  });
  for (let i = 0; i < 3; i++) {
    const { socket } = add(["n:1", "n:2"]);
    socket.receive("__subscribe", "2", { topics: ["n:3"] });
    socket.receive("n", String(i));
    socket.fire("close", { code: 1000 });
  }
  for (const answer of answers) answer(true);
  await microtasks();
  assertEquals(upstream.published.map(({ id }) => id), ["0", "1", "2"]);
  await end();
});

Deno.test("a gap of the upstream is sent once to each affected spoke, and reported to the hub's program", async () => {
  const upstream = new ManualUpstream();
  const statuses: unknown[] = [];
  const { add, end, hub } = open({ upstream, onStatus: (status) => void statuses.push(status) });
  let gaps = 0;
  hub.listen("n", "1", { onEvent() {}, onGap: () => void gaps++ });
  const some = add(["n:1", "n:2"]).socket;
  const none = add().socket;
  for (const topic of ["n:1", "n:2"]) upstream.acknowledge(topic);
  const later = add(["n:1", "n:3"]).socket;
  upstream.tellOfGap();
  await microtasks();
  upstream.tellOfGap();
  await microtasks();
  assertEquals(controlsOf(some).slice(1), [["__gap", "", {}], ["__gap", "", {}]]);
  assertEquals(
    [controlsOf(none), controlsOf(later)],
    [[], []],
    "neither has a subscription that could have missed",
  );
  assertEquals([statuses, gaps], [[{ state: "open", gap: true }, { state: "open", gap: true }], 2]);
  await end(some, none, later);
});

Deno.test("a gap of some topics names them, split into controls that the spoke accepts", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream });
  const { socket } = add(["a"], { maxFrameBytes: 65_536 });
  upstream.acknowledge("a");
  // A custom upstream can report a gap of single topics.
  const topics = Array.from({ length: 100 }, (_, i) => `n:${i} ${"x".repeat(1000)}`);
  const told = new Set<EnvelopeListener>();
  const inner = upstream.listen.bind(upstream);
  upstream.listen = (type: string, id: string | undefined, listener: EnvelopeListener) => {
    told.add(listener);
    return inner(type, id, listener);
  };
  socket.receive("__subscribe", "2", { topics });
  for (const topic of topics) upstream.acknowledge(topic);
  for (const listener of told) listener.onGap?.();
  await microtasks();
  const gaps = socket.envelopes.filter(({ type }) => type === "__gap");
  assert(gaps.length > 1);
  assert(socket.sent.every(({ length }) => length <= 65_536));
  assertEquals(gaps.flatMap(({ payload }) => (payload as { topics: string[] }).topics), topics);
  await end(socket);
});

Deno.test("a request made while the upstream has lost its connection is answered when the connection is back", async () => {
  const upstream = new ManualUpstream();
  const { add, end } = open({ upstream });
  const early = add(["n:1"]).socket;
  upstream.acknowledge("n:1");
  upstream.suspend();
  const late = add(["n:1"]).socket;
  const later = add(["n:1"]).socket;
  await microtasks();
  assertEquals([controlsOf(early), controlsOf(late)], [[answer("1", ["n:1"])], []]);
  upstream.resume();
  upstream.deliver(event("n", "1"), "n:1");
  await microtasks();
  assertEquals([late, later].map((socket) => controlsOf(socket)[0]), Array(2).fill(answer("1", ["n:1"])));
  assertEquals([early, late, later].map(eventsOf), [["n:1"], ["n:1"], ["n:1"]]);
  assertEquals(controlsOf(early).map(([type]) => type), ["__subscribed", "__gap"]);
  await end(early, late, later);
  assertEquals(upstream.log, ["+n:1", "-n:1"]);
});

Deno.test("the hub's own listeners are acknowledged and refused by the upstream, and release it", async () => {
  const upstream = new ManualUpstream();
  const { hub, end } = open({ upstream });
  const pubsub = createPubSub<{ n: null }>({ eventTarget: hub });
  const one = pubsub.subscribe("n", "1");
  const two = pubsub.subscribe("n", "2");
  let ready = false;
  void one.ready.then(() => ready = true);
  await microtasks();
  assertEquals(ready, false);
  upstream.acknowledge("n:1");
  await one.ready;
  upstream.refuse("n:2", "no rights");
  await assertRejects(() => two.ready, RefusedError, "no rights");
  await assertRejects(() => two.next(), RefusedError);
  await one.return();
  assertEquals(upstream.log, ["+n:1", "+n:2", "-n:1"]);
  await end();
});

Deno.test("a listener that is added before the last one is notified of a refusal gets an answer of its own", async () => {
  const upstream = new ManualUpstream();
  const { hub, end } = open({ upstream });
  const stop = hub.listen("n", "1", { onEvent() {} });
  upstream.refuse("n:1", "no rights");
  stop();
  const log: unknown[] = [];
  const stopAgain = hub.listen("n", "1", {
    onEvent: ({ type, id }) => void log.push(`${type}:${id}`),
    onReady: () => void log.push("ready"),
    onEnd: (error) => void log.push(error),
  });
  await microtasks();
  upstream.acknowledge("n:1");
  upstream.deliver(event("n", "1"), "n:1");
  assertEquals(log, ["ready", "n:1"]);
  stopAgain();
  assertEquals([upstream.topics, upstream.log], [[], ["+n:1", "+n:1", "-n:1"]]);
  await end();
});

Deno.test("flush of a hub waits for its upstream, and rejects with it", async () => {
  const upstream = new ManualUpstream();
  const { hub, end } = open({ upstream });
  await hub.flush();
  assertEquals(upstream.flushed, 1);
  upstream.flush = () => Promise.reject(new ConnectionLostError("lost"));
  await assertRejects(() => hub.flush(), ConnectionLostError);
  await end();
});

Deno.test("a lost upstream ends the hub: its listeners with the error, its spokes with a code that makes them return (1013)", () =>
  withClock(async ({ pass }) => {
    const upstream = new ManualUpstream();
    const { hub, add, end, reports, counts } = open({ upstream });
    const { socket } = add(["n:1"]);
    const waiting = add(["n:2"]).socket;
    upstream.acknowledge("n:1");
    const subscription = createPubSub<{ n: null }>({ eventTarget: hub }).subscribe("n");
    const error = new ConnectionLostError("Redis is gone");
    upstream.lose(error);
    await pass(2000);
    assertEquals(await hub.closed, error);
    await assertRejects(() => subscription.next(), ConnectionLostError, "Redis is gone");
    for (const { closes } of [socket, waiting]) {
      assertEquals(closes, [{ code: 1013, reason: "the upstream has ended" }]);
    }
    // A subscription that is refused would end for good, and one of a link that reconnects must not.
    assertEquals(controlsOf(socket).map(([type]) => type), ["__subscribed"]);
    assertEquals(controlsOf(waiting), []);
    assertEquals([counts(), reports.map(({ stage }) => stage)], [[0, 2, 0], ["connect"]]);
    assertEquals(hub.addConnection(add().socket).status.state, "closed");
    await end();
  }));

Deno.test("an upstream that the program closes closes the hub (1001)", () =>
  withClock(async ({ pass }) => {
    const upstream = createInProcessEventTarget();
    const { hub, add, end, reports } = open({ upstream });
    const { socket } = add(["n:1"]);
    await upstream.close();
    await pass(2000);
    assertEquals([await hub.closed, socket.closes], [undefined, [{
      code: 1001,
      reason: "the hub is closed",
    }]]);
    assertEquals(reports, []);
    await end();
  }));

Deno.test("a closing hub relays nothing more from the upstream", () =>
  withClock(async ({ pass }) => {
    const upstream = new CountedUpstream();
    const { hub, add } = open({ upstream });
    const { socket } = add(["n"]);
    await microtasks();
    const closed = hub.close();
    const sent = socket.sent.length;
    upstream.publish(event("n", "1"));
    await pass(2000);
    await closed;
    assertEquals([socket.sent.length - sent, upstream.topics], [0, []]);
  }));

Deno.test("a hub over an upstream that has ended ends as well", async () => {
  const upstream = new ManualUpstream();
  const error = new ConnectionLostError("Redis is gone");
  upstream.lose(error);
  const { hub, end } = open({ upstream });
  assertInstanceOf(await hub.closed, ConnectionLostError);
  await end();
});

Deno.test("a hub that closes leaves its upstream open and without listeners, and ignores its end", async () => {
  const upstream = new CountedUpstream();
  const { hub, end, reports } = open({ upstream });
  hub.listen("n", undefined, { onEvent() {} });
  hub.addEventListener("m", () => {});
  assertEquals(upstream.topics, ["m", "n"]);
  await end();
  assertEquals([upstream.topics, upstream.status.state], [[], "open"]);
  upstream.lose(new Error("late"));
  await microtasks();
  assertEquals(reports, []);
  hub.publish(event("n", "1"));
  assertEquals(reports.map(({ stage }) => stage), ["publish"]);
});

Deno.test("an event that the upstream throws at is reported, and the spoke stays", async () => {
  const upstream = new ManualUpstream();
  upstream.publish = () => {
    throw new Error("full");
  };
  const { add, end, reports, hub } = open({ upstream });
  const { socket } = add();
  socket.receive("n", "1");
  hub.publish(event("n", "2"));
  assertEquals(reports.map(({ stage, topic }) => [stage, topic]), [["publish", "n:1"], ["publish", "n:2"]]);
  await end(socket);
});

Deno.test("an object that is not an event target of this kind cannot be an upstream", () => {
  for (const upstream of [{}, new EventTarget(), "x", null]) {
    // The type does not allow them; at run time anybody can give anything.
    assertThrows(() => open({ upstream: upstream as unknown as PubSubEventTarget }), TypeError, "upstream");
  }
});

Deno.test("authorize is called before anything reaches the upstream", async () => {
  const upstream = new CountedUpstream();
  const heard: string[] = [];
  const { add, end } = open({ upstream, authorize: ({ id }) => id === "1" });
  upstream.listen("n", undefined, { onEvent: ({ id }) => void heard.push(id) });
  upstream.log.length = 0;
  const { socket } = add(["n:1", "n:2", "n", "*"]);
  for (const id of ["1", "2"]) socket.receive("n", id);
  assertEquals([heard, upstream.log], [["1"], ["+n:1"]]);
  await end(socket);
});

Deno.test("an event that the upstream delivers while a closing hub stops its listeners reaches nobody", async () => {
  /** An upstream that delivers one more event to a listener that is removed. */
  class LateUpstream extends ManualUpstream {
    override listen(type: string, id: string | undefined, listener: EnvelopeListener): () => void {
      const stop = super.listen(type, id, listener);
      return () => {
        listener.onEvent({ type, id: id ?? "late", payload: undefined });
        stop();
      };
    }
  }
  const upstream = new LateUpstream();
  const { hub, add, reports } = open({ upstream });
  const received: string[] = [];
  hub.listen("news", undefined, { onEvent: ({ id }) => void received.push(id) });
  const { socket } = add(["news:1"]);
  upstream.acknowledge("news:1");
  const closed = hub.close();
  socket.fire("close", { code: 1001 });
  await closed;
  assertEquals([received, eventsOf(socket), reports], [[], [], []]);
  await upstream.close();
});

Deno.test("a flush that arrives while an earlier one is answered is answered after it", async () => {
  /** A socket whose peer answers each flush with another one, inside of `send`. */
  class EagerSocket extends FakeSocket {
    override send(data: string): void {
      super.send(data);
      if (data.includes('"id":"first"')) this.receive("__ping", "third");
    }
  }
  const upstream = new ManualUpstream();
  const { hub, add, end } = open({ upstream });
  const { socket } = add(["news"], undefined, new EagerSocket());
  for (const ref of ["first", "second"]) socket.receive("__ping", ref);
  upstream.acknowledge("news");
  await microtasks();
  const answered = controlsOf(socket).filter(([type]) => type === "__pong").map(([, ref]) => ref);
  assertEquals(answered, ["first", "second", "third"]);
  await end(socket);
  await hub.close();
  await upstream.close();
});
