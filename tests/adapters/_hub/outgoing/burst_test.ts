import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FakeSocket } from "../../../support/fake_socket.ts";
import { microtasks } from "../../../support/clock.ts";
import { open } from "../../../support/wire_hub.ts";
import { createInProcessEventTarget } from "@alkdev/pubsub";

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
    { weight: 3, arbitrary: fc.record({ only: spoke }) },
    { weight: 3, arbitrary: fc.record({ subscribe: spoke, topic }) },
    { weight: 2, arbitrary: fc.record({ unsubscribe: spoke, topic }) },
    { weight: 1, arbitrary: fc.record({ remove: spoke }) },
    { weight: 1, arbitrary: fc.record({ hello: spoke }) },
    { weight: 5, arbitrary: fc.constant("turn") },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(aStep, { maxLength: 60 }), fc.boolean(), async (steps, isRelay) => {
      const upstream = isRelay ? createInProcessEventTarget() : undefined;
      const { hub, add, end } = open(upstream === undefined ? {} : { upstream });
      const spokes = Array.from({ length: 5 }, (_, i) => ({
        ...add([], i < 3 ? { batch: true } : undefined),
        topics: new Set<string>(),
        expected: [] as string[],
        isThere: true,
      }));
      let count = 0;
      const publish = (name: string, extra = ""): void => {
        const [type = "", id = ""] = name.split(":");
        const payload = `${count++}${extra}`;
        (upstream ?? hub).publish({ type, id, payload });
        for (const each of spokes) {
          const wants = ["*", type, name].some((topic) => each.topics.has(topic));
          if (each.isThere && wants) each.expected.push(type + payload);
        }
      };
      for (const step of steps) {
        if (step === "turn") await microtasks();
        else if ("times" in step) { for (let i = 0; i < step.times; i++) publish(step.publish); }
        else if ("bytes" in step) publish(step.publish, "x".repeat(step.bytes));
        else {
          const [each] = spokes.slice(Object.values(step).find((value) => typeof value === "number"));
          if (each === undefined || !each.isThere) continue;
          if ("only" in step) {
            each.spoke.publish({ type: "only", id: "", payload: count });
            each.expected.push(`only${count++}`);
          } else if ("hello" in step) each.socket.receive("__hello", "", { version: 1, batch: true });
          else if ("remove" in step) {
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
      for (const { socket, expected } of spokes) assertEquals(heard(socket), expected);
      await end(...spokes.map(({ socket }) => socket));
    }),
    { numRuns: 300 },
  );
});
