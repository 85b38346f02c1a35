import { assert, assertEquals, assertThrows } from "@std/assert";
import type { EnvelopeListener } from "@alkdev/pubsub";
import type { AuthorizeRequest, HubOptions } from "../../../adapters/_hub/types.ts";
import type { FakeSocket } from "../../support/fake_socket.ts";
import { ManualEventTarget } from "../../support/manual_event_target.ts";
import { microtasks, withClock } from "../../support/clock.ts";
import { answer, controlsOf, eventsOf, open, type OpenHub } from "../../support/wire_hub.ts";

const NOT_AUTHORIZED = "not authorized";

/** A question that the test answers. */
interface Asked extends Omit<AuthorizeRequest, "spoke"> {
  readonly answer: (verdict: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** A hub whose program is asked, and answers when the test says. */
function openAsking(options: HubOptions<FakeSocket> = {}): OpenHub & { asked: Asked[]; heard: string[] } {
  const asked: Asked[] = [];
  const heard: string[] = [];
  const parts = open({
    authorize: ({ action, type, id }) =>
      new Promise<boolean>((answer, fail) => asked.push({ action, type, id, answer, fail })),
    ...options,
  });
  parts.hub.listen("*", undefined, { onEvent: ({ type, id }) => void heard.push(`${type}:${id}`) });
  return { ...parts, asked, heard };
}

Deno.test("authorize is called for each topic, in its parts, and for each event, with the spoke and its context", async () => {
  const asked: unknown[] = [];
  const { add, end } = open({
    authorize: ({ spoke, action, type, id }) => asked.push([spoke.context, action, type, id]) > 0,
  });
  const { socket, spoke } = add(["a:b:c", "a:", "a", "*"], undefined, undefined, { user: "ada" });
  socket.receive("a", "", 1);
  assertEquals(asked, [
    [{ user: "ada" }, "subscribe", "a", "b:c"],
    [{ user: "ada" }, "subscribe", "a", ""],
    [{ user: "ada" }, "subscribe", "a", undefined],
    [{ user: "ada" }, "subscribe", undefined, undefined],
    [{ user: "ada" }, "publish", "a", ""],
  ]);
  assertEquals([...spoke.topics], ["a:b:c", "a:", "a", "*"]);
  await end(socket);
});

Deno.test("a refused topic is answered, reported once for its request, and not subscribed; the others are", async () => {
  const { add, end, publish, reports } = open({ authorize: ({ id }) => id === "mine" });
  const { socket, spoke } = add(["n:mine", "n:theirs", "n", "*", "", "n:mine"]);
  publish("n", "theirs");
  publish("n", "mine");
  await microtasks();
  assertEquals(controlsOf(socket), [
    answer("1", ["n:mine"], {
      "": "the event type is empty",
      "n:theirs": NOT_AUTHORIZED,
      n: NOT_AUTHORIZED,
      "*": NOT_AUTHORIZED,
    }),
  ]);
  assertEquals([eventsOf(socket), [...spoke.topics]], [["n:mine"], ["n:mine"]]);
  assertEquals(reports.map(({ stage, topic, target }) => [stage, topic, target]), [["subscribe", "", spoke]]);
  await end(socket);
});

Deno.test("a refused event reaches no listener, and is reported on its spoke", async () => {
  const { hub, add, end, reports } = open({
    authorize: ({ action, id }) => action === "publish" && id === "1",
  });
  const heard: string[] = [];
  const onEvent = ({ id }: { id: string }) => void heard.push(id);
  hub.listen("n", undefined, { onEvent });
  const { socket, spoke } = add();
  spoke.listen("n", undefined, { onEvent });
  for (const id of ["1", "2", "1"]) socket.receive("n", id);
  assertEquals(heard, ["1", "1", "1", "1"]);
  assertEquals(reports.map(({ stage, topic, target }) => [stage, topic, target]), [[
    "publish",
    "n:2",
    spoke,
  ]]);
  await end(socket);
});

for (
  const [what, verdict] of [
    ["1", () => 1],
    ['"true"', () => "true"],
    ["an object", () => ({ ok: true })],
    ["undefined", () => undefined],
    ["a Boolean", () => Object(true)],
    ["a promise of 1", () => Promise.resolve(1)],
    ["a promise that rejects", () => Promise.reject(new Error("no"))],
    ["a thenable that throws", () => ({
      get then() {
        throw new Error("no");
      },
    })],
    ["a function", () => () => true],
    ["a throw", () => {
      throw new Error("no");
    }],
  ] as const
) {
  Deno.test(`anything but exactly true refuses: ${what}`, async () => {
    const { hub, add, end, stages } = open({
      // The type does not allow them; at run time a program can return anything.
      authorize: verdict as unknown as () => boolean,
    });
    const heard: string[] = [];
    hub.listen("*", undefined, { onEvent: ({ id }) => void heard.push(id) });
    const { socket, spoke } = add(["n:1"]);
    socket.receive("n", "1");
    await microtasks();
    assertEquals(controlsOf(socket), [answer("1", [], { "n:1": NOT_AUTHORIZED })]);
    assertEquals([heard, spoke.topics.size, stages()], [[], 0, ["subscribe", "publish"]]);
    await end(socket);
  });
}

Deno.test("the error that authorize threw is the cause of the report, and does not reach the spoke", async () => {
  const causes: unknown[] = [];
  const fault = new Error("the database says secret");
  const { add, end } = open({
    authorize: () => Promise.reject(fault),
    onError: (error) => void causes.push(error instanceof Error && error.cause),
  });
  const { socket } = add(["n:1"]);
  socket.receive("n", "1");
  await microtasks();
  assertEquals([causes, socket.sent.join().includes("secret")], [[fault, fault], false]);
  await end(socket);
});

Deno.test("the error that authorize threw at one of several topics is the cause of their report", async () => {
  const fault = new Error("the database is down");
  const refusing = (type: string | undefined): boolean => {
    if (type === "thrown") throw fault;
    return false;
  };
  for (const topics of [["thrown", "refused"], ["refused", "thrown"], ["__invalid", "thrown"]]) {
    const told: unknown[] = [];
    const { add, end } = open({
      authorize: ({ type }) => refusing(type),
      onError: (error, { topic }) => void told.push([topic, error instanceof Error && error.cause]),
    });
    const { socket } = add(topics);
    assertEquals(told, [["thrown", fault]]);
    await end(socket);
  }
});

Deno.test("a spoke that asks again for a topic, and is refused, is not subscribed to it any more", async () => {
  let allowed = true;
  const { add, end, publish } = open({ authorize: () => allowed });
  const { socket } = add(["n:1"]);
  allowed = false;
  socket.receive("__subscribe", "2", { topics: ["n:1"] });
  publish("n", "1");
  await microtasks();
  assertEquals(controlsOf(socket), [answer("1", ["n:1"]), answer("2", [], { "n:1": NOT_AUTHORIZED })]);
  assertEquals(eventsOf(socket), []);
  await end(socket);
});

Deno.test("while a decision is pending, everything that the spoke sends takes effect in order", async () => {
  const { add, end, asked, heard, publish } = openAsking();
  const { socket, spoke } = add(["n:1"]);
  socket.receive("n", "a");
  socket.receive("__unsubscribe", "2", { topics: ["n:1"] });
  socket.receive("n", "b");
  socket.receive("__ping", "flush");
  // All of them are asked at once, and answered from the last to the first.
  assertEquals(asked.map(({ action, id }) => [action, id]), [
    ["subscribe", "1"],
    ["publish", "a"],
    ["publish", "b"],
  ]);
  asked[2]?.answer(true);
  asked[1]?.answer(true);
  await microtasks();
  publish("n", "1");
  assertEquals([heard, spoke.topics.size, socket.sent], [[], 0, []]);
  asked[0]?.answer(true);
  await microtasks();
  publish("n", "1");
  await microtasks();
  assertEquals([heard, spoke.topics.size, eventsOf(socket)], [["n:a", "n:b"], 0, []]);
  assertEquals(controlsOf(socket), [answer("1", ["n:1"]), ["__pong", "flush", undefined]]);
  await end(socket);
});

Deno.test("the order is per spoke, and signs of life and hellos do not wait", async () => {
  const { add, end, asked, heard } = openAsking();
  const slow = add().socket;
  const quick = add().socket;
  slow.receive("n", "slow");
  quick.receive("n", "quick");
  asked[1]?.answer(true);
  slow.receive("__ping", "");
  slow.receive("__hello", "", { version: 1 });
  await microtasks();
  assertEquals(heard, ["n:quick"]);
  assertEquals(controlsOf(slow).map(([type, id]) => [type, id]), [["__pong", ""], ["__hello", ""]]);
  asked[0]?.answer(true);
  await microtasks();
  assertEquals(heard, ["n:quick", "n:slow"]);
  await end(slow, quick);
});

Deno.test("a request for several topics waits for all decisions, and can be refused in part", async () => {
  const { add, end, asked } = openAsking();
  const { socket, spoke } = add(["n:1", "n:2", "n:3"]);
  asked[0]?.answer(true);
  asked[1]?.fail(new Error("no"));
  await microtasks();
  assertEquals([socket.sent, spoke.topics.size], [[], 0]);
  asked[2]?.answer(true);
  await microtasks();
  assertEquals(controlsOf(socket), [answer("1", ["n:1", "n:3"], { "n:2": NOT_AUTHORIZED })]);
  await end(socket);
});

Deno.test("a spoke with more than maxPending is dropped (4429), and its waiting events are reported", async () => {
  const { add, end, asked, heard, reports, counts } = openAsking({ maxPending: 3 });
  const { socket, spoke } = add();
  for (const id of ["1", "2", "3"]) socket.receive("n", id);
  assertEquals(socket.closes, []);
  socket.receive("n", "4");
  const reason = "more than 3 events or 16777216 bytes wait to be handled";
  assertEquals(socket.closes, [{ code: 4429, reason }]);
  assertEquals(reports.map(({ stage, target, error }) => [stage, target === spoke, error]), [
    ["backpressure", true, `RangeError: The spoke is dropped: ${reason}`],
    ["publish", true, "Error: 4 events of the spoke were not handled"],
  ]);
  for (const { answer } of asked) answer(true);
  await microtasks();
  assertEquals([heard, counts()], [[], [0, 1, 0]]);
  await end(socket);
});

Deno.test("the pending work of a spoke is bounded in bytes too, and an answer makes room", async () => {
  const { add, end, asked } = openAsking({ maxBufferedBytes: 10_000 });
  const { socket } = add();
  const payload = "x".repeat(4000);
  socket.receive("n", "1", payload);
  assertEquals(socket.closes, []);
  asked[0]?.answer(true);
  await microtasks();
  socket.receive("n", "2", payload);
  assertEquals(socket.closes, []);
  socket.receive("n", "3", payload);
  assertEquals(socket.closes.map(({ code }) => code), [4429]);
  await end(socket);
});

Deno.test("topics that wait for an answer count, so that a spoke cannot exceed its bound", async () => {
  const { add, end, counts } = openAsking({ maxTopicsPerConnection: 3 });
  const { socket } = add(["n:1", "n:2"]);
  socket.receive("__subscribe", "2", { topics: ["n:3"] });
  assertEquals(socket.closes, []);
  socket.receive("__subscribe", "3", { topics: ["n:4"] });
  assertEquals([socket.closes, counts()[0]], [[{ code: 1008, reason: "more than 3 topics" }], 0]);
  await end(socket);
});

Deno.test("a topic that a spoke is subscribed to does not count again when it asks again", async () => {
  const { add, end, hub } = open({ maxTopicsPerConnection: 3 });
  const { socket } = add(["n:1", "n:2", "n:3"]);
  socket.receive("__subscribe", "2", { topics: ["n:1", "n:2", "n:3", "n:3"] });
  assertEquals([socket.closes, hub.topicCount], [[], 3]);
  await end(socket);
});

Deno.test("a spoke that is removed while its first waiting event is handled has no further effect", async () => {
  const { add, end, hub, asked, heard } = openAsking();
  const { socket } = add();
  hub.listen("n", "a", { onEvent: () => void hub.removeConnection(socket) });
  for (const id of ["a", "b", "c"]) socket.receive("n", id);
  for (const { answer } of asked.toReversed()) answer(true);
  await microtasks();
  assertEquals(heard, ["n:a"]);
  await end();
});

Deno.test("events of a spoke that has gone take effect once they are allowed, and its subscriptions do not", async () => {
  const { add, end, asked, heard, hub } = openAsking();
  const { socket } = add(["n:1"]);
  socket.receive("n", "a");
  socket.fire("close", { code: 1000 });
  for (const { answer } of asked) answer(true);
  await microtasks();
  assertEquals([heard, hub.topicCount, socket.sent], [["n:a"], 0, []]);
  await end();
});

Deno.test("the waiting events of all spokes that have gone are bounded as those of one spoke", async () => {
  const { add, end, asked, heard, reports } = openAsking({ maxPending: 3 });
  for (const spoke of ["a", "b", "c"]) {
    const { socket } = add();
    for (const id of ["1", "2"]) socket.receive("n", spoke + id);
    socket.fire("close", { code: 1000 });
  }
  assertEquals(reports.map(({ stage, error }) => [stage, error]), [
    ["publish", "Error: 2 events of the spoke were not handled"],
    ["publish", "Error: 2 events of the spoke were not handled"],
  ]);
  for (const { answer } of asked) answer(true);
  await microtasks();
  assertEquals(heard, ["n:a1", "n:a2"]);
  // The events that were left behind have been handled, so that there is room again, each time.
  for (let i = 0; i < 10; i++) {
    const { socket } = add();
    for (const id of ["d", "e", "f"]) socket.receive("n", `${id}${i}`);
    socket.fire("close", { code: 1000 });
    for (const { answer } of asked.slice(-3)) answer(true);
    await microtasks();
    assertEquals(heard.at(-1), `n:f${i}`);
  }
  await end();
});

Deno.test("the waiting events of a spoke that has gone are bounded together with those of others that have gone, not with those of connected ones", async () => {
  const { add, end, asked, heard } = openAsking({ maxPending: 3 });
  const here = add().socket;
  const gone = add().socket;
  for (const socket of [here, gone]) for (const id of ["1", "2", "3"]) socket.receive("n", id);
  gone.fire("close", { code: 1000 });
  for (const { answer } of asked) answer(true);
  await microtasks();
  assertEquals(heard.length, 6);
  await end(here);
});

for (const way of ["removed", "dropped", "closed with its hub"] as const) {
  Deno.test(`the waiting events of a spoke that is ${way} are reported, and take no effect`, () =>
    withClock(async ({ pass }) => {
      const { add, end, hub, asked, heard, reports } = openAsking({ maxFrameBytes: 65_536 });
      const { socket } = add();
      socket.receive("n", "a");
      if (way === "removed") hub.removeConnection(socket);
      if (way === "dropped") socket.receive("n", "b", "x".repeat(70_000));
      if (way === "closed with its hub") {
        const closed = hub.close();
        await pass(2000);
        await closed;
      }
      for (const { answer } of asked) answer(true);
      await microtasks();
      assertEquals(heard, []);
      assertEquals(reports.at(-1)?.error, "Error: 1 events of the spoke were not handled");
      await end();
    }));
}

Deno.test("a decision that never comes holds up its spoke alone, and nothing once the spoke has gone", async () => {
  const { add, end, heard, asked } = openAsking();
  const stuck = add(["n:1"]).socket;
  stuck.receive("__ping", "flush");
  const other = add().socket;
  other.receive("n", "1");
  asked[1]?.answer(true);
  await microtasks();
  assertEquals([heard, stuck.sent], [["n:1"], []]);
  await end(stuck, other);
});

Deno.test("revoke ends every subscription that could bring an event of the topic, with a reason, and no other", async () => {
  const cases: [revoked: string | undefined, ended: string[]][] = [
    ["n:1", ["n:1", "n", "*"]],
    ["n:9", ["n", "*"]],
    ["n", ["n:1", "n:2", "n", "*"]],
    ["*", ["n:1", "n:2", "n", "m:1", "*"]],
    ["x", ["*"]],
    [undefined, ["n:1", "n:2", "n", "m:1", "*"]],
  ];
  for (const [revoked, ended] of cases) {
    const { hub, add, end, publish } = open();
    const all = ["n:1", "n:2", "n", "m:1", "*"];
    const { socket, spoke } = add(all);
    const other = add(all).socket;
    hub.revoke(spoke, revoked);
    await microtasks();
    assertEquals([...spoke.topics], all.filter((topic) => !ended.includes(topic)), `${revoked}`);
    const refused = ended.map((topic) => ({ topic, reason: "revoked" }));
    assertEquals(controlsOf(socket).slice(1), [["__revoked", "", { refused }]]);
    publish("n", "1");
    await microtasks();
    assertEquals(eventsOf(other), ["n:1"]);
    assertEquals(eventsOf(socket).length, ended.includes("n:1") ? 0 : 1);
    await end(socket, other);
  }
});

Deno.test("a revoked topic can be asked for again, and revoking nothing sends nothing", async () => {
  const { hub, add, end, publish } = open();
  const { socket, spoke } = add(["n:1"]);
  hub.revoke(spoke, "m");
  hub.revoke(spoke, "n:1");
  socket.receive("__subscribe", "2", { topics: ["n:1"] });
  publish("n", "1");
  await microtasks();
  assertEquals(controlsOf(socket).map(([type]) => type), ["__subscribed", "__revoked", "__subscribed"]);
  assertEquals(eventsOf(socket), ["n:1"]);
  await end(socket);
});

Deno.test("an unanswered request is revoked too, whatever authorize answers afterwards", async () => {
  const { hub, add, end, asked } = openAsking();
  const { socket, spoke } = add(["n:1", "m:1"]);
  hub.revoke(spoke, "n:1");
  socket.receive("__subscribe", "2", { topics: ["n:1"] });
  for (const { answer } of asked) answer(true);
  await microtasks();
  assertEquals(controlsOf(socket), [
    answer("1", ["m:1"], { "n:1": "revoked" }),
    // Asked after it was revoked.
    answer("2", ["n:1"]),
  ]);
  await end(socket);
});

Deno.test("revoke checks its topic, and does nothing to a spoke that has ended", async () => {
  const { hub, add, end } = open();
  const { socket, spoke } = add(["n:1"]);
  assertThrows(() => hub.revoke(spoke, "__n"), TypeError);
  assertEquals(spoke.topics.size, 1);
  hub.removeConnection(socket);
  hub.revoke(spoke, "n:1");
  await end();
});

Deno.test("an answer that would be larger than the spoke accepts is split into several answers", async () => {
  const { hub, add, end } = open({ authorize: ({ id }) => Number(id?.split(" ")[0]) % 2 === 0 });
  const topics = Array.from({ length: 1000 }, (_, i) => `some.longer.type:${i} ${"x".repeat(900)}`);
  const { socket, spoke } = add(topics, { maxFrameBytes: 65_536, batch: true });
  await microtasks();
  const answers = socket.envelopes.filter(({ type }) => type === "__subscribed");
  assert(answers.length > 10, `${answers.length} answers`);
  assert(socket.sent.every(({ length }) => length <= 65_536));
  const payloads = answers.map(({ payload }) =>
    payload as { topics: string[]; refused: { topic: string }[] }
  );
  const told = payloads.flatMap(({ topics, refused }) => [...topics, ...refused.map(({ topic }) => topic)]);
  assertEquals([told.toSorted(), answers.every(({ id }) => id === "1")], [topics.toSorted(), true]);
  assertEquals(payloads.flatMap(({ topics }) => topics).length, 500);
  const sent = socket.sent.length;
  hub.revoke(spoke);
  await microtasks();
  assert(socket.sent.slice(sent).every(({ length }) => length <= 65_536));
  assertEquals(socket.envelopes.filter(({ type }) => type === "__revoked").length > 5, true);
  await end(socket);
});

Deno.test("a spoke that sends more than maxEventsPerSecond frames is dropped (4429), whatever is in them", async () => {
  const { add, end, hub, reports } = open({ maxEventsPerSecond: 1, maxEventBurst: 5 });
  let heard = 0;
  hub.listen("n", undefined, { onEvent: () => void heard++ });
  const { socket, spoke } = add(["n:1"], {});
  for (let i = 0; i < 3; i++) socket.receive("n", "1");
  assertEquals(socket.closes, []);
  socket.receive("__ping", "");
  socket.receive("n", "1");
  assertEquals([heard, socket.closes], [3, [{ code: 4429, reason: "more than 1 events a second" }]]);
  assertEquals(reports.map(({ stage, target }) => [stage, target === spoke]), [["publish", true]]);
  await end(socket);
});

Deno.test("a flush counts towards the rate like an event, and without a rate nothing counts", async () => {
  for (const limited of [true, false]) {
    const { add, end } = open(limited ? { maxEventsPerSecond: 5 } : {});
    const { socket } = add();
    for (let i = 0; i < 6; i++) socket.receive("__ping", "flush");
    assertEquals(socket.closes.length, limited ? 1 : 0);
    await end(socket);
  }
});

Deno.test("a malformed frame counts towards the rate like an event", async () => {
  for (const limited of [true, false]) {
    const { add, end, stages } = open(limited ? { maxEventsPerSecond: 5 } : {});
    const { socket } = add();
    for (let i = 0; i < 3; i++) {
      socket.receive("no:type", "1");
      socket.fire("message", { data: "{" });
    }
    assertEquals(socket.closes.length, limited ? 1 : 0);
    assertEquals(stages(), [...Array(5).fill("decode"), limited ? "publish" : "decode"]);
    await end(socket);
  }
});

Deno.test("the context of a spoke is the one that its connection was first added with", async () => {
  const { hub, add, end } = open();
  const context = { user: "ada" };
  const { socket, spoke } = add(undefined, undefined, undefined, context);
  assert(spoke.context === context);
  assert(hub.addConnection(socket, { context: { user: "eve" } }).context === context);
  assertEquals(add().spoke.context, undefined);
  await end(socket);
  for (const { connection } of hub.spokes) hub.removeConnection(connection);
});

for (const name of ["backpressureGraceMs", "maxEventsPerSecond", "maxEventBurst", "maxPending"] as const) {
  Deno.test(`an invalid ${name} throws a RangeError`, () => {
    for (const value of [NaN, -1, "1"]) {
      // The type does not allow the string; at run time anybody can give one.
      assertThrows(() => open({ [name]: value as number }), RangeError, name);
    }
  });
}

Deno.test("an answered request does not count any more, however many are unanswered", async () => {
  const { add, end, asked, heard, counts } = openAsking({
    maxTopicsPerConnection: 3,
    maxBufferedBytes: 2500,
    maxPending: 5,
  });
  const { socket, spoke } = add();
  // One question is open all the time.
  socket.receive("n", "first");
  for (let i = 1; i <= 10; i++) {
    socket.receive("__subscribe", String(i), { topics: [`n:${i}`, `m:${i}`] });
    socket.receive("n", String(i), "x".repeat(100));
    for (const { answer } of asked.splice(0, 4)) answer(true);
    await microtasks();
    socket.receive("__unsubscribe", "", { topics: [...spoke.topics] });
    socket.receive("n", "next");
  }
  for (const { answer } of asked) answer(true);
  await microtasks();
  assertEquals(counts(), [1, 0, 0]);
  assertEquals(heard.length, 21);
  await end(socket);
});

Deno.test("an upstream that throws as a listener is removed is reported, and does not hold up the spoke", async () => {
  /** An upstream whose listeners cannot be removed. */
  class FaultyUpstream extends ManualEventTarget {
    override listen(type: string, id: string | undefined, listener: EnvelopeListener): () => void {
      super.listen(type, id, listener);
      return () => {
        throw new Error("fault");
      };
    }
  }
  const decisions: ((allowed: boolean) => void)[] = [];
  const upstream = new FaultyUpstream();
  const { add, end, reports } = open({
    upstream,
    authorize: ({ action }) => action === "subscribe" || new Promise((decide) => decisions.push(decide)),
  });
  const { socket } = add(["n:1", "n:2"]);
  for (const topic of ["n:1", "n:2"]) upstream.acknowledge(topic);
  socket.receive("n", "1", "first");
  socket.receive("__unsubscribe", "2", { topics: ["n:1"] });
  socket.receive("n", "1", "second");
  for (const decide of decisions.splice(0)) decide(true);
  await microtasks();
  socket.receive("n", "1", "third");
  for (const decide of decisions.splice(0)) decide(true);
  await microtasks();
  assertEquals(upstream.sent.map(({ payload }) => payload), ["first", "second", "third"]);
  await end(socket);
  assertEquals(reports.map(({ stage, error, topic }) => [stage, error, topic]), [
    ["subscribe", "Error: fault", "n:1"],
    ["subscribe", "Error: fault", "n:2"],
  ]);
});

for (
  const [what, frame] of [
    ["an empty frame", "[]"],
    ["a sign of life", '{"type":"__ping","id":""}'],
    ["an answer to nothing", '{"type":"__pong","id":"1"}'],
    ["an unknown control", '{"type":"__later","id":""}'],
    ["a hello", '{"type":"__hello","id":"","payload":{"version":1}}'],
    ["an unsubscription from nothing", '{"type":"__unsubscribe","id":"","payload":{"topics":[]}}'],
    ["text that is not JSON", "x"],
    ["a binary message", new Uint8Array(1)],
  ] as const
) {
  Deno.test(`each frame takes a token of the rate: ${what}`, async () => {
    const { add, end } = open({ maxEventsPerSecond: 1, maxEventBurst: 5 });
    const { socket } = add();
    for (let i = 0; i < 5; i++) socket.fire("message", { data: frame });
    assertEquals(socket.closes, []);
    socket.fire("message", { data: frame });
    assertEquals(socket.closes, [{ code: 4429, reason: "more than 1 events a second" }]);
    await end(socket);
  });
}

Deno.test("a frame takes one more token for each 512 elements, and for each event after its first", async () => {
  for (
    const [element, count, tokens] of [
      ["7", 511, 1],
      ["7", 512, 2],
      ['{"type":"__later","id":""}', 2048, 5],
      ['{"type":"__ping","id":""}', 2048, 5],
      ['{"type":"n","id":"1"}', 5, 5],
      ['{"type":"__ping","id":"1"}', 5, 5],
      ['{"type":"__subscribe","id":"1","payload":{"topics":["n"]}}', 5, 5],
    ] as const
  ) {
    const data = `[${Array(count).fill(element).join(",")}]`;
    for (const [burst, closes] of [[tokens, 0], [tokens - 1, 1]] as const) {
      if (burst === 0) continue;
      const { add, end } = open({ maxEventsPerSecond: 1, maxEventBurst: burst });
      const { socket } = add();
      socket.fire("message", { data });
      assertEquals(socket.closes.length, closes, `${count} of ${element} at ${burst}`);
      await end(socket);
    }
  }
});

Deno.test("without an own limit a spoke is dropped beyond 100,000 frames a second, and events of a frame do not count", async () => {
  const { hub, add, end } = open();
  let heard = 0;
  hub.listen("n", undefined, { onEvent: () => void heard++ });
  const { socket } = add();
  const events = `[${Array(511).fill('{"type":"n","id":"1"}').join(",")}]`;
  for (let i = 0; i < 100; i++) socket.fire("message", { data: events });
  assertEquals([heard, socket.closes], [51_100, []]);
  for (let i = 0; i < 200_000 && socket.closes.length === 0; i++) socket.fire("message", { data: "[]" });
  assertEquals(socket.closes, [{ code: 4429, reason: "more than 100000 frames a second" }]);
  await end(socket);
  const unlimited = open({ maxEventsPerSecond: Infinity });
  const spoke = unlimited.add();
  for (let i = 0; i < 200_000; i++) spoke.socket.fire("message", { data: "[]" });
  assertEquals(spoke.socket.closes, []);
  await unlimited.end(spoke.socket);
});
