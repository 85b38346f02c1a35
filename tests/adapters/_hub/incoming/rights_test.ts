import { assert, assertEquals } from "@std/assert";
import type { EnvelopeListener } from "@alkdev/pubsub";
import { processorMs } from "../../../support/processor_time.ts";
import { microtasks } from "../../../support/clock.ts";
import { ManualEventTarget } from "../../../support/manual_event_target.ts";
import { answer, controlsOf, eventsOf, open } from "../../../support/wire_hub.ts";

const NOT_AUTHORIZED = "not authorized";

/** An upstream that acknowledges topics of the type "now" at once, and others when the test says. */
class PartlyPromptUpstream extends ManualEventTarget {
  override onFirstListener(topic: string): "ready" | "pending" {
    super.onFirstListener(topic);
    return topic.startsWith("now") ? "ready" : "pending";
  }
}

for (const [name, topic] of [["a spoke", undefined], ["a type", "now"], ["everything", "*"]] as const) {
  Deno.test(`revoking ${name} while a question waits for the upstream grants none of its topics`, async () => {
    const upstream = new PartlyPromptUpstream();
    const { hub, add, end } = open({ upstream });
    const { socket, spoke } = add(["late:1", "now:1", "now:2", "now"]);
    socket.receive("__subscribe", "2", { topics: ["now:3", "late:2", "now:2"] });
    hub.revoke(spoke, topic);
    assertEquals([...spoke.topics], []);
    for (const id of ["1", "2", "3"]) upstream.deliver("now", id);
    upstream.acknowledge("late:1");
    upstream.acknowledge("late:2");
    await microtasks();
    assertEquals([eventsOf(socket), [...spoke.topics].filter((each) => each.startsWith("now"))], [[], []]);
    const refused = controlsOf(socket).flatMap(([, , payload]) =>
      (payload as { refused: unknown[] }).refused
    );
    assertEquals(refused.length, topic === "now" ? 5 : 7);
    await end(socket);
  });
}

Deno.test("unsubscribing topics of a question that waits grants none of them, whatever their order", async () => {
  const upstream = new PartlyPromptUpstream();
  const { add, end } = open({ upstream });
  const { socket, spoke } = add(["late:1", "now:1", "now:2"]);
  socket.receive("__unsubscribe", "2", { topics: ["late:1", "now:1", "now:2"] });
  upstream.deliver("now", "1");
  await microtasks();
  assertEquals([[...spoke.topics], eventsOf(socket)], [[], []]);
  assertEquals(upstream.told.filter((each) => each.startsWith("unwant")).length, 3);
  await end(socket);
});

Deno.test("a refusal holds for an earlier question that is still open", async () => {
  const upstream = new PartlyPromptUpstream();
  let allowed = true;
  const { add, end } = open({ upstream, authorize: () => allowed });
  const { socket, spoke } = add(["late:1", "now:1"]);
  allowed = false;
  socket.receive("__subscribe", "2", { topics: ["now:1"] });
  upstream.acknowledge("late:1");
  upstream.deliver("now", "1");
  await microtasks();
  assertEquals([[...spoke.topics], eventsOf(socket)], [["late:1"], []]);
  assertEquals(controlsOf(socket), [
    answer("2", [], { "now:1": NOT_AUTHORIZED }),
    answer("1", ["late:1"], { "now:1": NOT_AUTHORIZED }),
  ]);
  await end(socket);
});

for (const isLate of [false, true]) {
  const when = isLate ? "later" : "at once";
  Deno.test(`a refusal that is decided ${when} holds for earlier questions that wait for authorize, and not for later ones`, async () => {
    const decisions: ((allowed: boolean) => void)[] = [];
    let verdict: boolean | undefined;
    const { add, end, publish } = open({
      authorize: () => verdict ?? new Promise<boolean>((decide) => decisions.push(decide)),
    });
    const { socket, spoke } = add(["n:1"]);
    if (!isLate) verdict = false;
    socket.receive("__subscribe", "2", { topics: ["n:1"] });
    verdict = undefined;
    socket.receive("n", "held up");
    socket.receive("__subscribe", "3", { topics: ["n:1"] });
    if (isLate) decisions[1]?.(false);
    await microtasks();
    decisions[0]?.(true);
    await microtasks();
    publish("n", "1");
    await microtasks();
    assertEquals([[...spoke.topics], eventsOf(socket)], [[], []]);
    for (const decide of decisions.slice(isLate ? 2 : 1)) decide(true);
    await microtasks();
    publish("n", "1");
    await microtasks();
    assertEquals([[...spoke.topics], eventsOf(socket)], [["n:1"], ["n:1"]]);
    assertEquals(controlsOf(socket), [
      answer("1", [], { "n:1": NOT_AUTHORIZED }),
      answer("2", [], { "n:1": NOT_AUTHORIZED }),
      answer("3", ["n:1"]),
    ]);
    await end(socket);
  });
}

Deno.test("a subscription ends as soon as authorize refuses it again, even behind a decision that is pending", async () => {
  const decisions: ((allowed: boolean) => void)[] = [];
  let verdict: boolean | undefined = true;
  const { add, end, publish } = open({
    authorize: () => verdict ?? new Promise<boolean>((decide) => decisions.push(decide)),
  });
  const { socket } = add(["n:1"]);
  verdict = undefined;
  socket.receive("n", "held up");
  verdict = false;
  socket.receive("__subscribe", "2", { topics: ["n:1"] });
  publish("n", "1");
  await microtasks();
  assertEquals(eventsOf(socket), []);
  decisions[0]?.(true);
  await microtasks();
  assertEquals(controlsOf(socket).at(-1), answer("2", [], { "n:1": NOT_AUTHORIZED }));
  await end(socket);
});

Deno.test("a revocation from inside of authorize holds for the topics that it has allowed before", async () => {
  for (const late of [false, true]) {
    const parts = open({
      authorize: ({ spoke, id }) => {
        if (id === "last") parts.hub.revoke(spoke);
        return late ? Promise.resolve(true) : true;
      },
    });
    const { socket, spoke } = parts.add(["n:1", "n:2", "n:last"]);
    await microtasks();
    assertEquals([...spoke.topics], []);
    parts.publish("n", "1");
    await microtasks();
    assertEquals(eventsOf(socket), []);
    await parts.end(socket);
  }
});

Deno.test("a revocation from inside of the upstream's listen holds for the topics before and after", async () => {
  class CallingUpstream extends PartlyPromptUpstream {
    onListen = (_topic: string): void => {};
    override listen(type: string, id: string | undefined, listener: EnvelopeListener): () => void {
      const stop = super.listen(type, id, listener);
      this.onListen(`${type}:${id}`);
      return stop;
    }
  }
  const upstream = new CallingUpstream();
  const { hub, add, end } = open({ upstream });
  const { socket, spoke } = add();
  upstream.onListen = (topic) => {
    if (topic === "now:2") hub.revoke(spoke);
  };
  socket.receive("__subscribe", "1", { topics: ["now:1", "now:2", "now:3"] });
  await microtasks();
  assertEquals([[...spoke.topics], controlsOf(socket).length], [[], 1]);
  assertEquals(upstream.told.filter((each) => each.startsWith("want")).length, 2, "the third is not wanted");
  assertEquals(upstream.told.filter((each) => each.startsWith("unwant")).length, 2);
  await end(socket);
});

Deno.test("a revocation from inside of the upstream's stop holds for the question whose refusal ended a listener", async () => {
  class StoppingUpstream extends PartlyPromptUpstream {
    onStop = (): void => {};
    override listen(type: string, id: string | undefined, listener: EnvelopeListener): () => void {
      const stop = super.listen(type, id, listener);
      return () => {
        stop();
        this.onStop();
      };
    }
  }
  const upstream = new StoppingUpstream();
  let isAllowed = true;
  const { hub, add, end } = open({ upstream, authorize: ({ id }) => isAllowed || id === "2" });
  const { socket, spoke } = add(["now:1"]);
  isAllowed = false;
  upstream.onStop = () => hub.revoke(spoke);
  socket.receive("__subscribe", "2", { topics: ["now:1", "now:2"] });
  upstream.onStop = () => {};
  await microtasks();
  assertEquals([...spoke.topics], []);
  await end(socket);
});

Deno.test("a spoke that ends over the report of its refusal leaves no listener on the upstream", async () => {
  const upstream = new PartlyPromptUpstream();
  const parts = open({ upstream, onError: () => void parts.hub.removeConnection(socket) });
  const { socket } = parts.add();
  socket.receive("__subscribe", "1", { topics: ["late:1", "now:1", "__invalid"] });
  await microtasks();
  assertEquals(parts.counts(), [0, 0, 0]);
  assertEquals(upstream.told.filter((each) => each.startsWith("unwant")).length, 2);
  await parts.end();
});

Deno.test("questions of one topic are refused and answered in linear time, however many are open", async () => {
  const upstream = new ManualEventTarget();
  const { add, end } = open({ upstream, maxPending: 100_000, maxEventsPerSecond: Infinity });
  const { socket, spoke } = add();
  const data = JSON.stringify([
    ...Array.from({ length: 990 }, () => ({ type: "__subscribe", id: "", payload: { topics: ["a", "b"] } })),
    { type: "__unsubscribe", id: "", payload: { topics: Array(200_000).fill("a") } },
    ...Array.from({ length: 2000 }, () => ({ type: "__unsubscribe", id: "", payload: { topics: ["a"] } })),
  ]);
  const start = processorMs();
  socket.fire("message", { data });
  upstream.acknowledge("b");
  const ms = processorMs() - start;
  await microtasks();
  assertEquals([[...spoke.topics], controlsOf(socket).length], [["b"], 990]);
  assert(ms < 500, `${ms} ms`);
  await end(socket);
});
