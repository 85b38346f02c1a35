import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { microtasks } from "../../../support/clock.ts";
import { open } from "../../../support/wire_hub.ts";
import { createInProcessEventTarget, type EventEnvelope } from "@alkdev/pubsub";

/** The ids of the events that a socket was sent. */
function heard({ envelopes }: FakeSocket): string[] {
  return envelopes.filter(({ type }) => !type.startsWith("__")).map(({ type, payload }) =>
    `${type}${payload}`
  );
}

Deno.test("the events of a turn reach equal spokes in equal frames, each encoded once", async () => {
  const { publish, add, end } = open();
  const sockets = Array.from({ length: 5 }, () => add(["n"], { batch: true }).socket);
  await microtasks();
  for (const socket of sockets) socket.sent.length = 0;
  for (let i = 0; i < 1200; i++) publish("n", `${i % 3}`, i);
  await microtasks();
  const [first] = sockets;
  assert(first !== undefined);
  assertEquals(first.sent.map((frame) => JSON.parse(frame).length), [512, 512, 176]);
  for (const { sent } of sockets) assertEquals(sent, first.sent);
  await end(...sockets);
});

Deno.test("an event for one spoke amid a burst reaches it alone, in its place", async () => {
  const { publish, add, end } = open();
  const [one, other, bare] = [add(["n"], { batch: true }), add(["n"], { batch: true }), add(["n"])];
  await microtasks();
  for (let i = 0; i < 4; i++) publish("n", "1", i);
  one.spoke.publish({ type: "own", id: "1", payload: "" });
  for (let i = 4; i < 8; i++) publish("n", "1", i);
  await microtasks();
  const all = Array.from({ length: 8 }, (_, i) => `n${i}`);
  assertEquals(heard(other.socket), all);
  assertEquals(heard(bare.socket), all);
  assertEquals(heard(one.socket), [...all.slice(0, 4), "own", ...all.slice(4)]);
  await end(one.socket, other.socket, bare.socket);
});

Deno.test("over an upstream, the events of one spoke reach the others in equal frames, and the spoke as it wants", async () => {
  for (const [hello, via] of [[{ echo: false }, undefined], [{}, undefined], [{}, ["hop"]]] as const) {
    const { add, end } = open({ upstream: createInProcessEventTarget() });
    const sender = add(["n:1"], { batch: true, ...hello }).socket;
    const others = Array.from({ length: 3 }, () => add(["n:1"], { batch: true }).socket);
    await microtasks();
    for (const { sent } of others) sent.length = 0;
    sender.sent.length = 0;
    const frame = Array.from({ length: 100 }, (_, i) => ({ type: "n", id: "1", payload: i, via }));
    sender.fire("message", { data: JSON.stringify(frame) });
    await microtasks();
    const [first] = others;
    assertEquals(first?.sent.map((text) => JSON.parse(text).length), [100]);
    for (const { sent } of others) assertEquals(sent, first?.sent);
    assertEquals(heard(sender), "echo" in hello ? [] : Array.from({ length: 100 }, (_, i) => `n${i}`));
    assertEquals(sender.sent.some((text) => text.includes("via")), via !== undefined);
    await end(sender, ...others);
  }
});

Deno.test("over any course, every spoke is sent what it was subscribed to, once and in order", async () => {
  const spoke = fc.nat({ max: 4 });
  const topic = fc.constantFrom("n", "n:1", "n:2", "m", "*");
  const aStep = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ publish: fc.constantFrom("n:1", "n:2", "m:1"), times: fc.nat({ max: 5 }) }),
    },
    { weight: 1, arbitrary: fc.record({ publish: fc.constantFrom("n:1", "m:1"), times: fc.constant(700) }) },
    {
      weight: 2,
      arbitrary: fc.record({ publish: fc.constantFrom("n:1", "m:1"), bytes: fc.nat({ max: 70_000 }) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        from: spoke,
        publish: fc.constantFrom("n:1", "n:2", "m:1"),
        times: fc.nat({ max: 5 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ from: spoke, publish: fc.constant("n:1"), times: fc.constant(700) }),
    },
    { weight: 3, arbitrary: fc.record({ only: spoke }) },
    { weight: 3, arbitrary: fc.record({ subscribe: spoke, topic }) },
    { weight: 2, arbitrary: fc.record({ unsubscribe: spoke, topic }) },
    { weight: 1, arbitrary: fc.record({ remove: spoke }) },
    { weight: 1, arbitrary: fc.record({ hello: spoke }) },
    { weight: 5, arbitrary: fc.constant("turn") },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(aStep, { maxLength: 60, size: "max" }),
      fc.boolean(),
      async (steps, isRelay) => {
        const upstream = isRelay ? createInProcessEventTarget() : undefined;
        const { hub, add, end } = open(upstream === undefined ? {} : { upstream });
        const spokes = Array.from({ length: 5 }, (_, i) => ({
          ...add(i < 4 ? ["n:1"] : [], i < 3 ? { batch: true, echo: i > 0 } : undefined),
          topics: new Set<string>(i < 4 ? ["n:1"] : []),
          expected: [] as string[],
          isThere: true,
          wantsEcho: i > 0,
          // A hub, which gets back what it has sent.
          via: i === 1 ? ["hop"] : undefined,
        }));
        let count = 0;
        const expect = (name: string, extra: string, from?: typeof spokes[number]): EventEnvelope => {
          const [type = "", id = ""] = name.split(":");
          const payload = `${count++}${extra}`;
          for (const each of spokes) {
            const wants = ["*", type, name].some((topic) => each.topics.has(topic));
            const isSilent = each === from && !each.wantsEcho;
            if (each.isThere && wants && !isSilent) each.expected.push(type + payload);
          }
          return { type, id, payload };
        };
        const publish = (name: string, extra = ""): void => (upstream ?? hub).publish(expect(name, extra));
        for (const step of steps) {
          if (step === "turn") await microtasks();
          else if ("from" in step) {
            const from = spokes[step.from];
            // Without an upstream, a spoke publishes for the program.
            if (!isRelay || from === undefined || !from.isThere) continue;
            const events = Array.from({ length: step.times }, () => expect(step.publish, "", from));
            const frame = events.map((event) => ({ ...event, via: from.via }));
            from.socket.fire("message", { data: JSON.stringify(frame) });
          } else if ("times" in step) { for (let i = 0; i < step.times; i++) publish(step.publish); }
          else if ("bytes" in step) publish(step.publish, "x".repeat(step.bytes));
          else {
            const [each] = spokes.slice(Object.values(step).find((value) => typeof value === "number"));
            if (each === undefined || !each.isThere) continue;
            if ("only" in step) {
              each.spoke.publish({ type: "only", id: "", payload: count });
              each.expected.push(`only${count++}`);
            } else if ("hello" in step) {
              each.socket.receive("__hello", "", { version: 1, batch: true });
              each.wantsEcho = true;
            } else if ("remove" in step) {
              await microtasks();
              hub.removeConnection(each.socket);
              each.isThere = false;
            } else {
              const kind = "subscribe" in step ? "subscribe" : "unsubscribe";
              each.socket.receive(`__${kind}`, "1", { topics: [step.topic] });
              if (kind === "subscribe") each.topics.add(step.topic);
              else each.topics.delete(step.topic);
            }
          }
        }
        await microtasks();
        for (const { socket, expected, via } of spokes) {
          assertEquals(heard(socket), expected);
          assert(via !== undefined || !socket.sent.some((frame) => frame.includes("via")));
        }
        await end(...spokes.map(({ socket }) => socket));
      },
    ),
    { numRuns: 300 },
  );
});
