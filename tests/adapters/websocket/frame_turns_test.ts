import { assert, assertEquals } from "@std/assert";
import { createInProcessEventTarget } from "@alkdev/pubsub";
import { eventually } from "../../support/eventually.ts";
import { serveNodeHub } from "../../support/hubs.ts";

const BARE = 40;
const EVENTS = 400;

/** A client that says no hello, and notes the numbers that it hears. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  const heard: number[] = [];
  const answers: string[] = [];
  socket.onmessage = ({ data }) => {
    for (const { type, id, payload } of [JSON.parse(data)].flat()) {
      if (type === "n") heard.push(payload);
      else answers.push(`${type} ${id}`);
    }
  };
  await new Promise((resolve) => socket.onopen = resolve);
  const send = (...envelopes: readonly object[]) => socket.send(JSON.stringify(envelopes));
  return { socket, heard, answers, send };
}

/** A hub on `npm:ws`, whose spokes are relayed to bare ones. */
async function open() {
  const served = await serveNodeHub({ upstream: createInProcessEventTarget(), maxPending: 100 });
  const readers = await Promise.all(Array.from({ length: BARE }, () => connect(served.url)));
  for (const { send } of readers) send({ type: "__subscribe", id: "s", payload: { topics: ["*"] } });
  await eventually(() => assert(readers.every(({ answers }) => answers.includes("__subscribed s"))));
  return {
    ...served,
    readers,
    async [Symbol.asyncDispose]() {
      for (const { socket } of readers) socket.close();
      await served[Symbol.asyncDispose]();
    },
  };
}

const frame = (from: number, count: number): object[] =>
  Array.from({ length: count }, (_, n) => ({ type: "n", id: "", payload: from + n }));

const numbers = Array.from({ length: EVENTS }, (_, n) => n);

Deno.test("one frame for many bare spokes lets others have their turns, loses nothing, and keeps its order", async () => {
  await using open_ = await open();
  const { hub, url, readers, faults } = open_;
  const { send, answers, socket } = await connect(url);
  const before = hub.stats().subscribers.handedOver;
  send(...frame(0, EVENTS - 10));
  send(...frame(EVENTS - 10, 10), { type: "__ping", id: "end" });
  const sent = new Set<number>();
  const deadline = Date.now() + 30_000;
  while (answers.length === 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    sent.add(hub.stats().subscribers.handedOver - before);
  }
  assertEquals(answers, ["__pong end"]);
  // Others had turns in between.
  assert(sent.size >= BARE * EVENTS / 2500, `${[...sent]}`);
  const steps = [...sent].map((each, i, all) => each - (all[i - 1] ?? 0));
  assert(Math.max(...steps) <= 2000 + 2 * BARE, `${steps}`);
  await eventually(() => assert(readers.every(({ heard }) => heard.length === EVENTS)), {
    timeoutMs: 30_000,
  });
  for (const { heard } of readers) assertEquals(heard, numbers);
  assertEquals(faults, []);
  socket.close();
});

Deno.test("what a spoke has sent before it left is heard, however many turns that takes", async () => {
  await using open_ = await open();
  const { url, readers } = open_;
  const { send, socket } = await connect(url);
  send(...frame(0, EVENTS));
  socket.close();
  await eventually(() => assert(readers.every(({ heard }) => heard.length === EVENTS)), {
    timeoutMs: 30_000,
  });
  for (const { heard } of readers) assertEquals(heard, numbers);
});
