import { assertEquals } from "@std/assert";
import { microtasks, withClock } from "../../../support/clock.ts";
import { open } from "../../../support/wire_hub.ts";

const FRAMES_OF_NO_USE = {
  "text that is not JSON": "x",
  "an unfinished envelope": '{"type":"n","id":"1"',
  "an empty text": "",
  "a number": "7",
  "a string": '"n"',
  "null": "null",
  "an empty object": "{}",
  "an empty array": "[]",
  "an array in an array": "[[]]",
  "an event without an id": '{"type":"n"}',
  "an event whose type is reserved": '{"type":"__","id":7}',
  "a binary message": new Uint8Array(1),
  "an unknown control": '{"type":"__later","id":""}',
  "a malformed request": '{"type":"__subscribe","id":"1","payload":{"topics":[1]}}',
  "a control that only a hub sends": '{"type":"__gap","id":""}',
  "a request for a sign of life": '{"type":"__ping","id":""}',
  "an answer to nothing": '{"type":"__pong","id":"1"}',
  "another hello": '{"type":"__hello","id":"","payload":{"version":1}}',
};

const FRAMES_OF_USE = {
  "an event": '{"type":"n","id":"1"}',
  "an event among others that are malformed": '[7,{"type":"n","id":"1"},{"type":"n"}]',
  "a subscription": '{"type":"__subscribe","id":"1","payload":{"topics":["m"]}}',
  "a subscription that is refused": '{"type":"__subscribe","id":"1","payload":{"topics":["no"]}}',
  "an unsubscription": '{"type":"__unsubscribe","id":"","payload":{"topics":["m"]}}',
  "a flush": '{"type":"__ping","id":"1"}',
  "an event that is refused": '{"type":"no","id":"1"}',
};

/** How many of a frame a hub takes at once before it drops the spoke. */
async function countTaken(
  data: unknown,
  options: { maxEventsPerSecond?: number; maxEventBurst?: number; maxTopicsPerConnection?: number },
  most: number,
): Promise<number> {
  const { add, end } = open({ authorize: ({ type }) => type !== "no", ...options });
  const { socket } = add(undefined, {});
  let count = 0;
  while (count < most) {
    socket.fire("message", { data });
    if (socket.closes.length > 0) break;
    count++;
  }
  assertEquals(socket.closes.every(({ code }) => code === 4429), true);
  await end(socket);
  return count;
}

for (const [what, frame] of Object.entries(FRAMES_OF_NO_USE)) {
  Deno.test(`a spoke can send a thousand frames of no use in a second, or as many as its rate: ${what}`, async () => {
    await withClock(async () => {
      // The hello has taken a token.
      assertEquals(await countTaken(frame, {}, 1200), 999);
      assertEquals(await countTaken(frame, { maxEventsPerSecond: 10_000, maxEventBurst: 501 }, 2000), 50);
      assertEquals(await countTaken(frame, { maxEventsPerSecond: 51 }, 2000), 50);
      assertEquals(await countTaken(frame, { maxEventsPerSecond: 1e6, maxEventBurst: 5 }, 2000), 0);
    });
  });
}

for (const [what, frame] of Object.entries(FRAMES_OF_USE)) {
  Deno.test(`a frame of use takes one token of the default rate: ${what}`, async () => {
    assertEquals(await countTaken(frame, {}, 2000), 2000);
  });
}

/** A request for so many topics. */
const subscribeTo = (count: number) =>
  JSON.stringify({
    type: "__subscribe",
    id: "",
    payload: { topics: Array.from({ length: count }, (_, n) => `m:${n}`) },
  });

Deno.test("a spoke can ask twice a second for as many topics as it can have, or more often for fewer", async () => {
  await withClock(async () => {
    assertEquals(await countTaken(subscribeTo(10_000), {}, 10), 2);
    assertEquals(await countTaken(subscribeTo(1000), {}, 100), 20);
    assertEquals(await countTaken(subscribeTo(5000), { maxTopicsPerConnection: 100_000 }, 100), 39);
    // A page that changes a hundred topics sixty times a second is far from it.
    assertEquals(await countTaken(subscribeTo(100), {}, 60), 60);
  });
});

Deno.test("with a low rate, a spoke can still ask for all its topics", async () => {
  await withClock(async () => {
    assertEquals(await countTaken(subscribeTo(10_000), { maxEventsPerSecond: 100 }, 10), 1);
    assertEquals(await countTaken(subscribeTo(10_000), { maxEventsPerSecond: 3 }, 10), 1);
    assertEquals(await countTaken(subscribeTo(10_000), { maxEventsPerSecond: 1, maxEventBurst: 2 }, 10), 1);
  });
});

Deno.test("a frame of no use takes as much again for each 2,048 characters, and the largest one does not end its spoke", async () => {
  await withClock(async () => {
    const deep = "[".repeat(5000) + "]".repeat(5000);
    assertEquals(await countTaken(deep, {}, 2000), 201);
    assertEquals(await countTaken(deep, { maxEventsPerSecond: 51 }, 2000), 50);
    // Signs of life are answered together.
    const signs = `[${Array(37_000).fill('{"type":"__ping","id":""}').join(",")}]`;
    assertEquals(await countTaken(signs, {}, 5), 5);
    for (
      const largest of [
        `"${"x".repeat(2 ** 20 - 2)}"`,
        new Uint8Array(2 ** 20),
        new Blob([new Uint8Array(2 ** 20)]),
        `[${Array(2 ** 19).fill(7).join(",")}]`.slice(0, 2 ** 20),
      ]
    ) {
      assertEquals(await countTaken(largest, {}, 20), 1);
    }
  });
});

Deno.test("answers to the flushes of a hub are of use", async () => {
  await withClock(async () => {
    const { hub, add, end } = open();
    const { socket } = add(undefined, {});
    for (let i = 0; i < 1100; i++) {
      const flushed = hub.flush();
      await microtasks();
      const ref = socket.envelopes.at(-1)?.id ?? "";
      socket.sent.length = 0;
      socket.receive("__pong", ref);
      await flushed;
    }
    assertEquals(socket.closes, []);
    await end(socket);
  });
});

Deno.test("what a spoke sent that was of no use is forgiven at the same rate", async () => {
  await withClock(async ({ pass }) => {
    const { add, end } = open();
    const { socket } = add(undefined, {});
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 999; i++) socket.fire("message", { data: "[]" });
      await pass(1000);
    }
    assertEquals(socket.closes, []);
    for (let i = 0; i < 1001; i++) socket.fire("message", { data: "[]" });
    assertEquals(socket.closes, [{ code: 4429, reason: "more than 100000 frames a second" }]);
    await end(socket);
  });
});
